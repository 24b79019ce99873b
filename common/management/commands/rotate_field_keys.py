"""Bring all encrypted values to the newest field key."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand

from common.bulk import remaining, rotate_batch
from common.encrypted_fields import encrypted_fields
from common.encryption import ELSEWHERE


class Command(BaseCommand):
    """`manage.py rotate_field_keys`: after a new key was put in front of `FIELD_KEYS` and every process was restarted."""

    help = "Encrypt all ID numbers, bank accounts and second-factor secrets with the first of FIELD_KEYS; may be run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much at once."""
        parser.add_argument("--batch", type=int, default=2_000, help="values written in one transaction (2000)")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  # Django passes them
        """Rotate column by column, and say what is left."""
        batch, left = max(options["batch"], 1), 0
        for model, field, hashed in encrypted_fields(apps.get_models()):
            after, written = None, 0
            while True:
                last, count = rotate_batch(model, field, hashed, after, batch)
                written += count
                if last is None:
                    break
                after = last
            left += remaining(model, field)
            self.stdout.write(f"{field.context}: {written} values rotated")
        for place, write in ELSEWHERE.items():
            self.stdout.write(f"{place}: {write()} values rotated")
        if left:
            self.stdout.write(f"{left} values were written with an older key meanwhile: restart every process, then run this again.")
        else:
            self.stdout.write("All values have the newest key: older ones may leave FIELD_KEYS.")
