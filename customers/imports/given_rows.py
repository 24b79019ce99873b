"""Rows that another system sends as objects become a source like any other."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from customers.attributes import PREFIX
from customers.imports.fields import REQUIRED, labels_of
from jobs.errors import describe

FORMAT: Final = "csv"
_DELIMITER_HINT: Final = "sep=,\r\n"
"""The first line: no sign in a cell is taken for what stands between cells."""
_ATTRIBUTES: Final = "attributes"
_FIRST: Final = 0
_SHOWN: Final = 20


def source_of_rows(rows: Sequence[Mapping[str, Any]], subject: str) -> tuple[bytes, dict[str, int]]:
    """The content of a source with `rows` in their order, and which of its columns holds which field.

    The keys are the fields of `subject`; `attributes` may hold an object of what administrators defined. What a row leaves out is an empty
    cell. Raises ValidationError by the place of a row and its key (`3.colour`): unknown_field, invalid, required.
    """
    known = labels_of(subject)
    flat = [_flattened(row) for row in rows]
    columns = list(dict.fromkeys(key for row in flat for key in row))
    names = ", ".join(known)
    faults = (fault for number, row in enumerate(flat) for fault in _faults(number, row, known, names))
    if problems := dict(islice(faults, _SHOWN)):
        raise ValidationError(problems)
    if missing := [name for name in REQUIRED[subject] if name not in columns]:
        raise ValidationError({str(_FIRST): ValidationError(describe("columns_missing", {"fields": ", ".join(missing)}), "required")})
    text = io.StringIO()
    text.write(_DELIMITER_HINT)
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(key)) for key in columns] for row in flat)
    return text.getvalue().encode(errors="replace"), {key: place for place, key in enumerate(columns)}


def _flattened(row: Mapping[str, Any]) -> dict[str, Any]:
    attributes = row.get(_ATTRIBUTES)
    if not isinstance(attributes, Mapping):
        return dict(row)
    named = {f"{PREFIX}{key}": value for key, value in attributes.items()}
    return {**{key: value for key, value in row.items() if key != _ATTRIBUTES}, **named}


def _faults(number: int, row: Mapping[str, Any], known: Mapping[str, Any], names: str) -> Iterator[tuple[str, ValidationError]]:
    """What is wrong with a row, by its place; `names` are the `known` fields in words. More keys than there are fields are one fault."""
    if len(row) > len(known):
        told = {"count": len(row), "known": names}
        yield (
            str(number),
            ValidationError(_("These are %(count)s fields. There are only: %(known)s.") % told, "unknown_field"),
        )
        return
    for key, value in row.items():
        if key not in known:
            told = {"name": key, "known": names}
            yield f"{number}.{key}", ValidationError(_("There is no field “%(name)s”. There are: %(known)s.") % told, "unknown_field")
        elif isinstance(value, Mapping) or (isinstance(value, list) and not _is_list_of_codes(key, value)):
            yield f"{number}.{key}", ValidationError(_("This is of another type."), "invalid")


def _is_list_of_codes(key: str, value: Sequence[Any]) -> bool:
    return key.startswith(PREFIX) and all(isinstance(one, str) for one in value)


def _cell(value: Any) -> str:
    """A value as somebody would type it into a file."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ",".join(value)
    return str(value).replace("\0", "\ufffd")
