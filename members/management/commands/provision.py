"""`manage.py provision`: a batch from a file in one command."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import Http404
from django.utils import timezone

from access.models import User
from customers.models import Customer
from jobs.errors import JobRefused, describe
from jobs.models import Job, JobMode, JobStatus
from jobs.services.files import format_of, keep_source
from members.services.batch_run import run_here
from members.services.batches import BatchOptions, create_batch, settled
from members.services.error_file import write_error_file
from members.services.plan import ActionSpec, PlanInvalid

USAGE_ERROR = 2


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
            help="join, leave, subscribe:PRODUCT:TARIFF[:OFFER], unsubscribe:PRODUCT or change_tariff:PRODUCT:TARIFF[:OFFER]; may be repeated",
        )
        parser.add_argument("--effective", type=_day, metavar="DATE", help="the effective date of rows without one (default: today)")
        parser.add_argument("--expiry", type=_day, metavar="DATE", help="the expiry of rows without one (default: none)")
        parser.add_argument("--mode", choices=JobMode.values, default=JobMode.VALID.value)
        parser.add_argument("--user", metavar="LOGIN", help="whose job it is (default: the customer's account manager)")
        parser.add_argument("--dry-run", action="store_true", help="check only")
        parser.add_argument("--errors", type=Path, metavar="PATH", help="write the rows with verdicts to PATH (.xlsx or .csv)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the batch and exit with its code."""
        started = time.monotonic()
        try:
            job = self._create(options)
        except (JobRefused, PlanInvalid) as refused:
            raise CommandError(refused.message, returncode=USAGE_ERROR) from refused
        job = run_here(job)
        if job.status == JobStatus.FAILED and not job.fingerprint:
            reason = job.error or {}
            raise CommandError(describe(str(reason.get("code")), reason.get("figures", {})), returncode=USAGE_ERROR)
        if options["errors"]:
            write_error_file(job, job.actor, options["errors"])
        if job.error:
            self.stderr.write(describe(job.error["code"], job.error["figures"]))
        self.stdout.write(json.dumps(settled(job) | {"seconds": round(time.monotonic() - started, 3)}))
        sys.exit(_exit_code(job, dry_run=options["dry_run"]))

    def _create(self, options: dict[str, Any]) -> Job:
        customer = Customer.objects.filter(code=options["customer"]).select_related("manager").first()
        if customer is None:
            raise CommandError(f"There is no customer with the code {options['customer']}.", returncode=USAGE_ERROR)
        actor = _actor(options["user"], customer)
        path: Path = options["file"]
        try:
            with path.open("rb") as stream:
                source = keep_source(stream, format_of(path.name))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=USAGE_ERROR) from error
        batch = BatchOptions(
            actions=[ActionSpec.parse(text) for text in options["actions"]],
            effective_on=options["effective"] or timezone.localdate(),
            expires_on=options["expiry"],
            mode=options["mode"],
            run_when_checked=not options["dry_run"],
        )
        try:
            return create_batch(customer_id=customer.pk, actor=actor, source=source, source_name=path.name, options=batch)
        except (PermissionDenied, Http404) as error:
            message = f"{actor.username} may not provision the members of {customer.code}."
            raise CommandError(message, returncode=USAGE_ERROR) from error


def _actor(login: str | None, customer: Customer) -> User:
    if login is None:
        if customer.manager is None:
            raise CommandError(f"{customer.code} has no account manager: say --user LOGIN.", returncode=USAGE_ERROR)
        return customer.manager
    user = User.objects.filter(username=login).first()
    if user is None:
        raise CommandError(f"There is no user with the login {login}.", returncode=USAGE_ERROR)
    return user


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-12-01") from error


def _exit_code(job: Job, *, dry_run: bool) -> int:
    if dry_run:
        return 0 if job.eligible and not job.failed else 1
    return 0 if job.status == JobStatus.DONE and job.eligible else 1
