"""Update or check the message catalogues."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import catalogues


class Command(BaseCommand):
    """Extracts every translatable string into the catalogue of its app; translations that exist are kept."""

    help = "Update the message catalogues from the source; with --check only say what is missing, and fail."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail when something is missing, untranslated, fuzzy or obsolete"
        )
        parser.add_argument("--prune", action="store_true", help="drop the entries of strings that are gone")
        parser.add_argument("--only", nargs="*", metavar="APP", help="only these catalogues ('project' or an app's name)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the command. Raises CommandError when `--check` finds something."""
        units = [unit for unit in catalogues.units_of(settings.BASE_DIR) if not options["only"] or unit.name in options["only"]]
        if options["check"]:
            self._check(units)
        else:
            self._update(units, prune=options["prune"])

    def _check(self, units: list[catalogues.Unit]) -> None:
        problems = [line for unit in units for line in catalogues.problems_of(unit, settings.BASE_DIR)]
        problems += [f"contradiction: {line}" for line in catalogues.contradictions(settings.BASE_DIR)]
        for line in problems:
            self.stdout.write(line)
        if problems:
            message = f"{len(problems)} problems in the message catalogues."
            raise CommandError(message)
        self.stdout.write("The message catalogues are complete.")

    def _update(self, units: list[catalogues.Unit], *, prune: bool) -> None:
        every = [catalogues.read_catalogue(unit.path) for unit in catalogues.units_of(settings.BASE_DIR)]
        memory = catalogues.translation_memory(every)
        for unit in units:
            kept = catalogues.read_catalogue(unit.path)
            catalog = catalogues.updated(kept, catalogues.extract_from(unit, settings.BASE_DIR), memory, prune=prune)
            if not len(catalog) and not unit.path.exists():
                continue
            changed = catalogues.write_catalogue(catalog, unit.path)
            still = sum(1 for message in catalog if message.id and not catalogues.is_translated(message))
            self.stdout.write(f"{unit.name}: {len(catalog)} strings, {still} untranslated{'' if changed else ', unchanged'}")
