"""What each row of a source comes to: read, compared with what is there, and put in the form in which it is written."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, TypeAlias

from django.db import connection, models

from access.models import User
from common.encryption import keyring
from customers.imports.cells import as_bytes, as_json, tidy
from customers.imports.fields import EMPTY, REQUIRED
from customers.imports.findings import CellFault, Finding
from customers.imports.tree import FileTree
from customers.models import ImportState

CellReader: TypeAlias = Callable[[str], Any]
SourceRow: TypeAlias = tuple[int, list[str]]
_LONGEST_SEARCHED: Final = 200


@dataclass(frozen=True, slots=True)
class Options:
    """What was chosen for an import.

    Attributes:
        clears_blanks: an empty cell empties the field; else it leaves it as it is.
        takes_namesakes: a new row with the name of one that is there is entered all the same; else it is left out as a duplicate.
    """

    clears_blanks: bool = False
    takes_namesakes: bool = False


@dataclass(slots=True)
class Draft:
    """A row under way.

    Attributes:
        texts: the cell of each field that has one, tidied.
        given: what was read of it.
        findings: what is wrong with it, and where it is a duplicate.
        values, before: the columns to write, and what stands there.
        searched: what the grid of rows finds it by.
    """

    line: int
    cells: list[str]
    texts: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    state: str = ImportState.ERROR.value
    target: int | None = None
    ground: Any = None
    values: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    searched: str = ""

    def find(self, code: str, name: str = "", /, **figures: Any) -> None:
        """Note a finding."""
        self.findings.append((code, name, figures))

    def has_fault(self, name: str) -> bool:
        """Whether the cell of field `name` cannot be taken."""
        return any(place == name for _code, place, _figures in self.findings)

    def leave_out(self, code: str, name: str = "", /, **figures: Any) -> None:
        """Make it a duplicate."""
        self.find(code, name, **figures)
        self.state = ImportState.DUPLICATE.value


class RowChecker(ABC):
    """Checks the rows of one source, block by block. Subclasses know one subject."""

    subject: ClassVar[str]
    sequence_of: ClassVar[str]
    readers: dict[str, CellReader]
    tree: FileTree

    def __init__(self, actor: User, mapping: dict[str, int], options: Options) -> None:
        """Check for `actor`; `mapping` is the column of each field."""
        self.actor = actor
        self.mapping = mapping
        self.options = options
        self.empty = dict(EMPTY[self.subject])
        self.counts: Counter[str] = Counter()
        self.columns: set[str] = set()
        self._digest = hashlib.sha256()

    @property
    def fingerprint(self) -> str:
        """A hash over everything that was found; the same for the same source on the same ground."""
        return self._digest.hexdigest()

    def check(self, rows: Iterable[SourceRow]) -> list[Draft]:
        """The rows of a block with their verdicts."""
        drafts = [self._draft(line, cells) for line, cells in rows]
        self.judge(drafts)
        created = [draft for draft in drafts if draft.state == ImportState.CREATED]
        for draft, key in zip(created, self._new_keys(len(created)), strict=True):
            draft.target = key
        for draft in drafts:
            self.counts[draft.state] += 1
            if draft.state == ImportState.UPDATED:
                self.columns.update(draft.values)
            self._take_in(draft)
        return drafts

    @abstractmethod
    def judge(self, drafts: Sequence[Draft]) -> None:
        """Give each of `drafts` its state and what to write; a fixed number of queries."""

    @abstractmethod
    def made(self, job_id: int) -> dict[str, int]:
        """The lines of the rows that the file makes and others may hang from, by what the tree knows them by."""

    def settle(self, job_id: int) -> tuple[dict[int, int], dict[int, Finding]]:
        """What only the whole file tells, when all rows are stored: see `FileTree.settle`."""
        return self.tree.settle(self.made(job_id))

    def _draft(self, line: int, cells: list[str]) -> Draft:
        draft = Draft(line, cells)
        for name, column in self.mapping.items():
            text = tidy(cells[column]) if column < len(cells) else ""
            if not text:
                if self.options.clears_blanks and name in self.empty:
                    draft.given[name] = self.empty[name]
                continue
            draft.texts[name] = text
            try:
                draft.given[name] = self.readers[name](text)
            except CellFault as fault:
                draft.find(fault.code, name, **fault.figures)
        for name in REQUIRED[self.subject]:
            if name not in draft.texts:
                draft.find("missing", name)
        draft.searched = " ".join(draft.texts[name] for name in self.searched_fields if name in draft.texts)[:_LONGEST_SEARCHED]
        return draft

    searched_fields: ClassVar[Sequence[str]] = ()

    def _new_keys(self, count: int) -> list[int]:
        if not count:
            return []
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [self.sequence_of, count])
            return [int(key) for (key,) in cursor.fetchall()]

    def _take_in(self, draft: Draft) -> None:
        """Count what a row comes to for the fingerprint. Ciphertexts and new keys differ each time, so the cells stand for them."""
        ground = draft.ground.isoformat() if draft.ground else ""
        target = draft.target if draft.state != ImportState.CREATED else None
        told = [draft.line, draft.state, target, ground, draft.cells, sorted(draft.values), draft.findings]
        self._digest.update(json.dumps(told, ensure_ascii=False, default=str).encode())

    # --- values

    def columns_of(self, name: str, value: Any) -> dict[str, Any]:
        """The columns that field `name` with `value` is written to, plain."""
        return {name: value}

    def write(self, draft: Draft, names: Iterable[str], present: dict[str, Any] | None) -> None:
        """Put the fields `names` into what is written: for a new row all, else those that differ from what is `present`."""
        for name in names:
            if name not in draft.given:
                continue
            columns = self.columns_of(name, draft.given[name])
            if present is None:
                draft.values.update({column: as_json(value) for column, value in columns.items()})
                continue
            for column, value in columns.items():
                now = as_json(present[column])
                if now != value:
                    draft.values[column], draft.before[column] = value, now


def limits_of(model: type[models.Model], *names: str) -> dict[str, int]:
    """The most characters of text fields of `model`."""
    fields: Any = model._meta
    return {name: int(fields.get_field(name).max_length) for name in names}


def sealed(column: str, context: str, text: str) -> dict[str, Any]:
    """An encrypted column and its keyed hash, in the form in which they are written."""
    ring = keyring()
    return {
        column: as_bytes(ring.encrypt(text, context)) if text else "\\x",
        f"{column}_hash": (ring.hashes(text, context) or [""])[0],
    }
