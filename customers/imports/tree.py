"""What hangs from what within a file: subsidiaries from their parents, people from those they report to; and where that is a circle."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from customers.imports.cells import shown
from customers.imports.findings import Finding

_DEEPEST: Final = 20
KeptAbove = Callable[[set[str]], Iterable[tuple[str, str]]]


class FileTree:
    """The rows of a file that are hung below another one. Each is known by a text: a code, or whatever else tells it from all others."""

    def __init__(self, field: str, kind: str, kept_above: KeptAbove) -> None:
        """Hang rows as their cell `field` says.

        Arguments:
            kind: the beginning of the codes of findings, such as "parent".
            kept_above: of those with given texts, each that hangs below another in the tables, with what is above it; by one query.
        """
        self._field, self._kind, self._kept_above = field, kind, kept_above
        self._rows: dict[int, tuple[str, str]] = {}
        self._typed: dict[int, str] = {}

    def hang(self, line: int, own: str, above: str, *, typed: str | None) -> None:
        """Note that `own` of row `line` shall hang from `above`: by what was `typed`, where the file must make that; else it is there."""
        self._rows[line] = (own, above)
        if typed is not None:
            self._typed[line] = typed

    def settle(self, created: dict[str, int]) -> tuple[dict[int, int], dict[int, Finding]]:
        """Decide when all rows are read.

        Arguments:
            created: the line of each text that the file makes.

        Returns the line of what is above by line, where the file makes that, and what is wrong by line.
        """
        wrong: dict[int, Finding] = {}
        created = dict(created)
        while True:
            lost = {line for line in self._typed.keys() - wrong.keys() if self._rows[line][1] not in created}
            if not lost:
                break
            for line in lost:
                wrong[line] = (f"{self._kind}_unknown", self._field, {"value": shown(self._typed[line])})
                created.pop(self._rows[line][0], None)
        for line in self._circles(wrong):
            wrong[line] = (f"{self._kind}_circle", self._field, {})
        links = {line: created[self._rows[line][1]] for line in self._typed if line not in wrong}
        return links, wrong

    def _circles(self, wrong: dict[int, Finding]) -> list[int]:
        above = {own: higher for line, (own, higher) in self._rows.items() if line not in wrong}
        kept = self._all_kept_above({higher for higher in above.values() if higher not in above})
        found = []
        for line, (own, higher) in self._rows.items():
            step: str | None = higher
            for _level in range(_DEEPEST):
                if step is None or step == own:
                    break
                step = above.get(step) or kept.get(step)
            if step is not None and line not in wrong:
                found.append(line)
        return found

    def _all_kept_above(self, wanted: set[str]) -> dict[str, str]:
        """What is above each of `wanted`, and above that; one query a level, and structures are a few levels deep."""
        known: dict[str, str] = {}
        for _level in range(_DEEPEST):
            if not wanted:
                break
            found = dict(self._kept_above(wanted))
            known |= found
            wanted = set(found.values()) - known.keys()
        return known
