"""Load the demo data."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from members.demo.loader import DatabaseInUseError, load_demo
from members.demo.sign_ins import demo_sign_ins


class Command(BaseCommand):
    """Fills an empty database with an invented operator.

    The rows follow from the seed, the sizes and today's date: the same three give the same rows on any machine. Where these very demo data
    are there already, it says so and ends well; where other data are, it changes nothing and fails.
    """

    help = "Fill an empty database with an invented operator: staff, customers, products, offers and number lists."

    def add_arguments(self, parser: CommandParser) -> None:
        """The seed and the sizes."""
        parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same rows on the same day (default 7)")
        parser.add_argument("--customers", type=int, default=3_000, help="group customers (default 3000, made for up to 1250000)")
        parser.add_argument("--members", type=int, default=60_000, help="memberships of numbers (default 60000, made for up to 10000000)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load, then print the sign-ins and one JSON object."""
        self._loud = options["verbosity"] > 0
        try:
            summary = load_demo(seed=options["seed"], customers=options["customers"], members=options["members"], progress=self._report)
        except ValueError as error:
            raise CommandError(str(error)) from error
        except DatabaseInUseError as error:
            advice = "Point DATABASE_URL (or VAR_DIR, for the embedded servers) at an empty database, run `migrate`, and try again."
            raise CommandError(f"{error} Nothing was changed. {advice}") from error
        if not summary.created:
            self._report(f"The demo data of seed {summary.seed} are there already.")
        for sign_in in demo_sign_ins():
            self._report(f"  {sign_in.login:<14} {sign_in.password}   {sign_in.role}")
        self.stdout.write(json.dumps(summary.as_dict()))

    def _report(self, line: str) -> None:
        if self._loud:
            self.stderr.write(line, style_func=str)
