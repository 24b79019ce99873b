"""Verify the audit."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from access.seals import Head, SealKeyMissing
from access.services.verifying import Verification, verify_audit


class Command(BaseCommand):
    """Recomputes every seal of the audit and prints each break, the first one first; ends with 1 when there is any."""

    help = "Verify that nobody changed, deleted or slipped in audit rows: recompute the seals over them."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to recompute and what else to compare with."""
        parser.add_argument("--since", type=_moment, metavar="DATE", help="recompute only blocks sealed on this day (or moment) or later")
        parser.add_argument(
            "--head",
            type=_head,
            action="append",
            default=[],
            metavar="NUMBER:SEAL",
            help="a seal that was noted elsewhere, from a log for instance",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify, and say what was found."""
        verification, breaks = Verification(), 0
        try:
            for line in verify_audit(verification, since=options["since"], heads=tuple(options["head"])):
                breaks += 1
                self.stdout.write(self.style.ERROR(line))
        except SealKeyMissing as missing:
            raise CommandError(str(missing)) from missing
        looked_at = f"{verification.seals} seals, {verification.rows} rows recomputed, {verification.unsealed} newer rows not sealed yet"
        if breaks:
            raise CommandError(f"The audit was tampered with: {breaks} breaks ({looked_at}).")
        newest = f"; the newest is {verification.newest.pk}:{verification.newest.seal}" if verification.newest else ""
        self.stdout.write(f"The audit is whole: {looked_at}{newest}.")


def _moment(text: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(text)
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _head(text: str) -> Head:
    number, _, seal = text.partition(":")
    return Head(int(number), seal)
