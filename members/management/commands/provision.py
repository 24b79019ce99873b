"""`manage.py provision`: a batch from a file in one command."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.http import Http404
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from access.models import User
from customers.models import Customer
from jobs.errors import JobRefused
from jobs.models import Job, JobMode, JobStatus, SourceFile
from jobs.services.files import format_of, keep_source
from members.services.batch_run import run_here
from members.services.batches import BatchOptions, create_batch, settled
from members.services.error_file import XLSX_MAX_ROWS, error_rows, write_error_file
from members.services.plan import ActionSpec, PlanInvalid, plan_batch
from members.services.wording import refusal_text

DONE_WITH_ERRORS: Final = 1
USAGE_ERROR: Final = 2
XLSX: Final = ".xlsx"


class Command(BaseCommand):
    """Checks a file of numbers and puts the eligible ones on what the actions say. Prints one JSON object last."""

    help = (
        "Provision the numbers of FILE for a customer."
        " Exit code: 0 done, 1 done with errors or nothing eligible, 2 bad usage or unreadable file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path, metavar="FILE", help="an .xlsx or .csv file with a column of numbers")
        parser.add_argument("--customer", required=True, metavar="CODE", help="the customer's code")
        parser.add_argument(
            "--action",
            action="append",
            required=True,
            dest="actions",
            metavar="ACTION",
            help="join, leave, subscribe:PRODUCT:TARIFF[:OFFER], unsubscribe:PRODUCT, change_tariff:PRODUCT:TARIFF[:OFFER]; repeatable",
        )
        parser.add_argument("--effective", type=_day, metavar="DATE", help="the effective date of rows without one (default: today)")
        parser.add_argument("--expiry", type=_day, metavar="DATE", help="the expiry of rows without one (default: none)")
        parser.add_argument(
            "--mode", choices=JobMode.values, default=JobMode.VALID.value, help="all rows or none, or the good rows now (default)"
        )
        parser.add_argument("--user", metavar="LOGIN", help="whose job it is (default: the customer's account manager)")
        parser.add_argument("--dry-run", action="store_true", help="check only")
        parser.add_argument("--errors", type=Path, metavar="PATH", help="write the rows with verdicts to PATH (.xlsx or .csv)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the batch and exit with its code."""
        started = time.monotonic()
        errors: Path | None = options["errors"]
        if errors is not None:
            _ensure_writable(errors)
        try:
            job = self._create(options)
        except (JobRefused, PlanInvalid) as refused:
            raise CommandError(refused.message, returncode=USAGE_ERROR) from refused
        lanes = 1 if connection.in_atomic_block else settings.BATCH_LANES  # a lane has a connection of its own
        job = run_here(job, lanes=lanes)
        if job.status == JobStatus.FAILED and not job.fingerprint:
            raise CommandError(_reason(job), returncode=USAGE_ERROR)
        written = errors is None or self._write_errors(job, errors)
        if job.error:
            self.stderr.write(_reason(job))
        self.stdout.write(json.dumps(settled(job) | {"seconds": round(time.monotonic() - started, 3)}))
        code = _exit_code(job, dry_run=options["dry_run"])
        if code or not written:
            sys.exit(code or DONE_WITH_ERRORS)

    def _create(self, options: dict[str, Any]) -> Job:
        customer = Customer.objects.filter(code=options["customer"]).select_related("manager").first()
        if customer is None:
            raise _usage_error(_("There is no customer with the code %(code)s.") % {"code": options["customer"]})
        actor = _actor(options["user"], customer)
        path: Path = options["file"]
        batch = BatchOptions(
            actions=[ActionSpec.parse(text) for text in options["actions"]],
            effective_on=options["effective"] or timezone.localdate(),
            expires_on=options["expiry"],
            mode=options["mode"],
            run_when_checked=not options["dry_run"],
        )
        plan_batch(customer, batch.actions, effective_on=batch.effective_on, expires_on=batch.expires_on)
        source = _keep(path)
        try:
            return create_batch(customer_id=customer.pk, actor=actor, source=source, source_name=path.name, options=batch)
        except (PermissionDenied, Http404) as error:
            message = _("%(login)s may not provision the members of %(code)s.") % {"login": actor.username, "code": customer.code}
            raise _usage_error(message) from error

    def _write_errors(self, job: Job, path: Path) -> bool:
        """Write the error file in its reader's language. Returns whether all of it could be written."""
        try:
            with translation.override(job.actor.locale or translation.get_language()):
                write_error_file(job, job.actor, path)
        except OSError as error:
            self.stderr.write(f"{path}: {error.strerror}")
            return False
        if path.suffix.lower() == XLSX and error_rows(job)[XLSX_MAX_ROWS : XLSX_MAX_ROWS + 1].exists():
            self.stderr.write(
                _("The workbook holds the first %(rows)s rows only. Write a .csv file for all.") % {"rows": f"{XLSX_MAX_ROWS:,}"}
            )
            return False
        return True


def _usage_error(message: str) -> CommandError:
    return CommandError(message, returncode=USAGE_ERROR)


def _ensure_writable(path: Path) -> None:
    """Find out before anything runs whether a file can be written at `path`. Raises CommandError."""
    known = path.exists()
    try:
        path.open("ab").close()
    except OSError as error:
        raise _usage_error(_("%(path)s cannot be written: %(reason)s.") % {"path": path, "reason": error.strerror}) from error
    if not known:
        path.unlink()


def _keep(path: Path) -> SourceFile:
    try:
        with path.open("rb") as stream:
            return keep_source(stream, format_of(path.name))
    except OSError as error:
        raise _usage_error(_("%(path)s cannot be read: %(reason)s.") % {"path": path, "reason": error.strerror}) from error


def _reason(job: Job) -> str:
    error = job.error or {}
    return refusal_text(str(error.get("code", "")), error.get("figures", {}))


def _actor(login: str | None, customer: Customer) -> User:
    if login is None:
        if customer.manager is None:
            raise _usage_error(_("%(code)s has no account manager: say --user LOGIN.") % {"code": customer.code})
        return customer.manager
    user = User.objects.filter(username=login).first()
    if user is None:
        raise _usage_error(_("There is no user with the login %(login)s.") % {"login": login})
    return user


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(_("“%(text)s” is not a date like 2026-12-01") % {"text": text}) from error


def _exit_code(job: Job, *, dry_run: bool) -> int:
    if dry_run:
        return 0 if job.eligible and not job.failed else DONE_WITH_ERRORS
    return 0 if job.status == JobStatus.DONE and job.eligible else DONE_WITH_ERRORS
