"""Parents within a file: which rows hang from which, and where that would be a circle."""

from __future__ import annotations

from typing import Final

from customers.imports.cells import shown
from customers.imports.findings import Finding
from customers.models import Customer

_DEEPEST: Final = 20
_FIELD: Final = "parent"


class FileTree:
    """The rows of a file that get a parent, in terms of customers' codes."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[str, str]] = {}
        self._unknown: set[int] = set()

    def hang(self, line: int, code: str, parent: str, *, is_known: bool) -> None:
        """Note that `code` of row `line` shall hang from `parent`, which is there already (`is_known`) or must be in the file."""
        self._rows[line] = (code, parent)
        if not is_known:
            self._unknown.add(line)

    def settle(self, created: dict[str, int]) -> tuple[dict[int, int], dict[int, Finding]]:
        """Decide when all rows are read.

        Arguments:
            created: the line of each code that the file makes.

        Returns the line of the parent by line, for parents that the file makes, and what is wrong by line.
        """
        wrong: dict[int, Finding] = {}
        created = dict(created)
        while True:
            lost = {line for line in self._unknown - wrong.keys() if self._rows[line][1] not in created}
            if not lost:
                break
            for line in lost:
                code, parent = self._rows[line]
                wrong[line] = ("parent_unknown", _FIELD, {"value": shown(parent)})
                created.pop(code, None)
        for line in self._circles(wrong):
            wrong[line] = ("parent_circle", _FIELD, {})
        links = {line: created[self._rows[line][1]] for line in self._unknown if line not in wrong}
        return links, wrong

    def _circles(self, wrong: dict[int, Finding]) -> list[int]:
        above = {code: parent for line, (code, parent) in self._rows.items() if line not in wrong}
        kept = _kept_above({parent for parent in above.values() if parent not in above})
        found = []
        for line, (code, parent) in self._rows.items():
            step: str | None = parent
            for _level in range(_DEEPEST):
                if step is None or step == code:
                    break
                step = above.get(step) or kept.get(step)
            if step is not None and line not in wrong:
                found.append(line)
        return found


def _kept_above(codes: set[str]) -> dict[str, str]:
    """The parent's code of each of `codes` and of all above them; one query a level, and structures are a few levels deep."""
    known: dict[str, str] = {}
    wanted = codes
    for _level in range(_DEEPEST):
        if not wanted:
            break
        rows = Customer._base_manager.filter(code__in=wanted).exclude(parent=None)
        found = dict(rows.values_list("code", "parent__code"))
        known |= found
        wanted = set(found.values()) - known.keys()
    return known
