"""Compile the message catalogues."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from common import catalogues


class Command(BaseCommand):
    """Writes the `.mo` files that Django reads; they are not kept in the repository."""

    help = "Compile the message catalogues (set-up does it)."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run the command."""
        written = [path for unit in catalogues.units_of(settings.BASE_DIR) if (path := catalogues.compile_catalogue(unit))]
        self.stdout.write(f"{len(written)} catalogues compiled")
