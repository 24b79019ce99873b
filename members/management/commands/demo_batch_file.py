"""Write a spreadsheet to try batch provisioning with."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.models import Customer
from members.demo.batch_file import FORMATS, NotPossibleError, write_batch_file
from members.demo.names import HOSPITAL_CODE


class Command(BaseCommand):
    """Writes a made-up roster with Chinese headings, some of it bad, and prints one JSON object with the counts of every kind."""

    help = "Write a spreadsheet of made-up members for one customer, about 3 % of its rows bad, to try batch provisioning with."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file and what shall be in it."""
        parser.add_argument("path", type=Path, help="the file to write; its ending (.xlsx, .csv) gives the format")
        parser.add_argument("--customer", default=HOSPITAL_CODE, metavar="CODE", help=f"the customer (default {HOSPITAL_CODE})")
        parser.add_argument("--rows", type=int, default=100_000, help="rows below the headings (default 100000)")
        parser.add_argument("--bad", type=float, default=0.03, help="share of bad rows (default 0.03)")
        parser.add_argument("--format", choices=FORMATS, help="the format where the ending does not say it")
        parser.add_argument("--encoding", default="utf-8-sig", help="encoding of a CSV file (default utf-8-sig; utf-8, gb18030)")
        parser.add_argument("--seed", type=int, default=7, help="the same seed and database give the same rows (default 7)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the file."""
        path: Path = options["path"]
        customer = Customer.objects.filter(code=options["customer"]).first()
        if customer is None:
            raise CommandError(f"There is no customer with the code {options['customer']}.")
        form = options["format"] or path.suffix.lstrip(".").lower()
        try:
            summary = write_batch_file(
                path=path,
                customer=customer,
                rows=options["rows"],
                bad=options["bad"],
                form=form,
                seed=options["seed"],
                encoding=options["encoding"],
            )
        except (NotPossibleError, ValueError, LookupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(asdict(summary), ensure_ascii=False))
