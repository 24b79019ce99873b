"""Keyset paging: the page after (or before) a row is found by that row's sort values, never by counting rows off.

Null values sort last in both directions. Where all sort columns run the same way and none may be null, the position is one row
comparison, `(name, id) > (…)`, which one index range serves; else it is spelled out column by column.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import OrderBy
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from common.encryption import BrokenCiphertext, UnknownFieldKey, keyring

RowT = TypeVar("RowT", bound=models.Model)

FORWARD: Final = "after"
BACKWARD: Final = "before"
_MARK: Final = "_key{}"


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column of an order.

    Attributes:
        path: a field path or annotation, such as `manager__name`.
        descending: largest first.
        nullable: whether the value may be null; asked of the model when None. Annotations count as nullable unless stated.
    """

    path: str
    descending: bool = False
    nullable: bool | None = None

    @classmethod
    def parse(cls, text: str) -> SortKey:
        """Read `name` or `-name`."""
        return cls(text.removeprefix("-"), text.startswith("-"))

    def reversed(self) -> SortKey:
        """The same column, the other way."""
        return replace(self, descending=not self.descending)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an ordered list.

    Attributes:
        direction: `FORWARD` for the rows after the place, `BACKWARD` for those before it.
        values: the sort values of the row at the place.
        start: how many rows were passed before the page, for display only.
    """

    direction: str
    values: tuple[Any, ...]
    start: int = 0


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[RowT]):
    """A page of rows with the cursors of its neighbours (None: there is none)."""

    rows: list[RowT]
    start: int
    previous: Cursor | None
    following: Cursor | None


@dataclass(slots=True)
class Keyset:
    """An order over a model, ending in columns that no two rows share.

    Attributes:
        model: the model of the rows.
        keys: the columns, the tie-break included; see `build`.
    """

    model: type[models.Model]
    keys: list[SortKey] = field(default_factory=list)

    @classmethod
    def build(cls, model: type[models.Model], keys: Sequence[SortKey], tie_break: Sequence[str] = ()) -> Keyset:
        """Complete `keys` by `tie_break` (default: the primary key, composite ones too), in the direction of the last key."""
        primary = [item.name for item in model._meta.pk_fields]
        taken = {primary[0] if key.path == "pk" and len(primary) == 1 else key.path for key in keys}
        descending = keys[-1].descending if keys else False
        ends = [SortKey(path, descending, nullable=False) for path in (tie_break or primary) if path not in taken]
        known = [replace(key, nullable=_is_nullable(model, key.path) if key.nullable is None else key.nullable) for key in keys]
        return cls(model, known + ends)

    def page(
        self, queryset: models.QuerySet[RowT], cursor: Cursor | None, size: int, read: Callable[[models.QuerySet[RowT]], list[RowT]] = list
    ) -> KeysetPage[RowT]:
        """Read the page of `size` rows at `cursor` (None: the first) by one query.

        A second one reads the first page where there is no full page before the cursor, or nothing any more after it. `read` fetches
        the rows of a queryset that is ordered and cut.
        """
        if cursor is not None and cursor.direction == BACKWARD:
            rows = read(self._cut(queryset, cursor, size + 1))
            if len(rows) > size:
                return self._framed(list(reversed(rows[:size])), max(cursor.start - size, 0), before=True, after=True)
            cursor = None
        rows = read(self._cut(queryset, cursor, size + 1))
        if cursor is not None and not rows:
            return self.page(queryset, None, size, read)
        return self._framed(rows[:size], cursor.start if cursor else 0, before=cursor is not None, after=len(rows) > size)

    def _framed(self, rows: list[RowT], start: int, *, before: bool, after: bool) -> KeysetPage[RowT]:
        return KeysetPage(
            rows,
            start,
            Cursor(BACKWARD, self.values_of(rows[0]), start) if before and rows else None,
            Cursor(FORWARD, self.values_of(rows[-1]), start + len(rows)) if after and rows else None,
        )

    def _cut(self, queryset: models.QuerySet[RowT], cursor: Cursor | None, limit: int) -> models.QuerySet[RowT]:
        backward = cursor is not None and cursor.direction == BACKWARD
        marked = queryset.annotate(**{_MARK.format(index): F(key.path) for index, key in enumerate(self.keys)})
        if cursor is not None:
            marked = marked.filter(self._beyond(cursor.values, backward=backward))
        cut: models.QuerySet[RowT] = marked.order_by(*self._order(backward=backward))[:limit]
        return cut

    def ordered(self, queryset: models.QuerySet[RowT]) -> models.QuerySet[RowT]:
        """All rows in this order."""
        marked = queryset.annotate(**{_MARK.format(index): F(key.path) for index, key in enumerate(self.keys)})
        ordered: models.QuerySet[RowT] = marked.order_by(*self._order(backward=False))
        return ordered

    def _order(self, *, backward: bool) -> list[OrderBy]:
        return [
            OrderBy(
                F(_MARK.format(index)),
                descending=key.descending != backward,
                nulls_last=True if key.nullable and not backward else None,
                nulls_first=True if key.nullable and backward else None,
            )
            for index, key in enumerate(self.keys)
        ]

    def _beyond(self, values: tuple[Any, ...], *, backward: bool) -> Any:
        if not any(key.nullable for key in self.keys) and len({key.descending for key in self.keys}) == 1:
            columns = Tuple(*(F(_MARK.format(index)) for index in range(len(self.keys))))
            return TupleLessThan(columns, values) if self.keys[0].descending != backward else TupleGreaterThan(columns, values)
        beyond = Q(pk__in=[])
        same = Q()
        for index, (key, value) in enumerate(zip(self.keys, values, strict=True)):
            name = _MARK.format(index)
            beyond |= same & self._passed(name, key, value, backward=backward)
            same &= Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
        return beyond

    def _passed(self, name: str, key: SortKey, value: Any, *, backward: bool) -> Q:
        if value is None:
            return Q(**{f"{name}__isnull": False}) if backward else Q(pk__in=[])
        passed = Q(**{f"{name}__{'lt' if key.descending != backward else 'gt'}": value})
        return passed | Q(**{f"{name}__isnull": True}) if key.nullable and not backward else passed

    def values_of(self, row: models.Model) -> tuple[Any, ...]:
        """The sort values of a row of `ordered`, for a cursor at its place."""
        return tuple(getattr(row, _MARK.format(index)) for index in range(len(self.keys)))

    def dump(self, cursor: Cursor, purpose: str) -> str:
        """Write `cursor` as an encrypted word for a URL: its values may be numbers that the page masks.

        `purpose` is the list's name, so that cursors of other lists do not fit.
        """
        text = json.dumps([cursor.direction, cursor.start, [_plain(value) for value in cursor.values]], separators=(",", ":"))
        return base64.urlsafe_b64encode(keyring().encrypt(text, self._context(purpose))).decode().rstrip("=")

    def load(self, text: str, purpose: str) -> Cursor | None:
        """Read what `dump` wrote; None when it was tampered with or belongs to another list or order."""
        try:
            direction, start, values = json.loads(keyring().decrypt(base64.urlsafe_b64decode(text + "=="), self._context(purpose)))
            return Cursor(direction, tuple(_lively(value) for value in values), start)
        except (UnknownFieldKey, BrokenCiphertext, ValidationError, ValueError, TypeError):
            return None

    def _context(self, purpose: str) -> str:
        order = ",".join(f"{'-' if key.descending else ''}{key.path}" for key in self.keys)
        return f"list:{purpose}:{order}"


def _is_nullable(model: type[models.Model], path: str) -> bool:
    """Whether the value at `path` may be null, by any hop of the path."""
    current: Any = model
    for hop in path.split("__"):
        try:
            item = current._meta.pk if hop == "pk" else current._meta.get_field(hop)
        except (FieldDoesNotExist, AttributeError):
            return True
        if item.null:
            return True
        current = item.related_model
    return False


_READERS: Final[dict[str, Any]] = {
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "decimal": decimal.Decimal,
    "uuid": uuid.UUID,
}


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case datetime.datetime():
            return {"datetime": value.isoformat()}
        case datetime.date():
            return {"date": value.isoformat()}
        case decimal.Decimal():
            return {"decimal": str(value)}
        case uuid.UUID():
            return {"uuid": str(value)}
    return str(value)


def _lively(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    return _READERS[kind](text)
