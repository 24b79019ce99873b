"""Stream rows into a table by PostgreSQL's COPY: the fastest way in, with bounded memory."""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import islice
from typing import Any, Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from common.change_context import tell

_NULL: Final = r"\N"
_BATCH_ROWS: Final = 500
_READ_BYTES: Final = 1 << 17
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_ARRAY_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\""})
_AS_TEXT: Final = (int, float, decimal.Decimal, datetime.date, datetime.time, uuid.UUID)


def copy_rows(cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Append `rows` to `table` by one COPY and return how many there were.

    Arguments:
        cursor: an open cursor of Django's connection.
        table: the table's name, unquoted; temporary tables too.
        columns: names of the columns that each row gives, unquoted, in the row's order. Columns left out take their database default.
        rows: any iterable, read once and never held as a whole. A value is None (NULL), text, a number, a bool, a date or time, a UUID,
            a mapping (JSON) or a list or tuple (an array of texts or numbers, nested where the column is).

    Keys that are given draw nothing from their sequence: set it afterwards. A deferred foreign key queues an event for each row until it
    is checked, so very large loads drop it and add it again, or split the rows among several calls under `SET CONSTRAINTS ALL IMMEDIATE`.

    Raises ValueError when a row has not as many values as there are columns and TypeError for a value of another type. What `rows` itself
    raises comes out unchanged; the database's errors come as Django's (DataError, IntegrityError and so on). The transaction is broken
    then, as after any failed statement.
    """
    quote = connection.ops.quote_name
    statement = f"COPY {quote(table)} ({', '.join(quote(column) for column in columns)}) FROM STDIN"
    stream = _RowStream(rows, len(columns))
    try:
        with nullcontext() if connection.in_atomic_block else transaction.atomic(), connection.wrap_database_errors:
            tell(cursor)
            cursor.copy_expert(statement, stream, _READ_BYTES)
    except Exception:
        if stream.failure is not None:
            raise stream.failure from None
        raise
    return int(cursor.rowcount)


class _RowStream:
    """A readable file over rows, in COPY's text format and UTF-8."""

    def __init__(self, rows: Iterable[Sequence[Any]], width: int) -> None:
        self._blocks = _blocks(rows, width)
        self._rest = b""
        self.failure: Exception | None = None

    def read(self, size: int = _READ_BYTES) -> bytes:
        """The next bytes, at most `size`; empty at the end.

        Keeps the exception of the rows' iterator, because the driver replaces it by its own.
        """
        if not self._rest:
            try:
                self._rest = next(self._blocks, b"")
            except Exception as error:
                self.failure = error
                raise
        block, self._rest = self._rest[:size], self._rest[size:]
        return block


def _blocks(rows: Iterable[Sequence[Any]], width: int) -> Iterator[bytes]:
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH_ROWS)):
        yield _encode(batch, width)


def _encode(batch: Sequence[Sequence[Any]], width: int) -> bytes:
    """Write rows as lines. Most batches need no escaping, which counting the special characters of the joined text shows at once."""
    nulls = 0
    lines: list[str] = []
    for row in batch:
        if len(row) != width:
            raise ValueError(f"A row has {len(row)} values for {width} columns.")
        nulls += row.count(None)
        lines.append("\t".join([value if value.__class__ is str else _NULL if value is None else _text(value) for value in row]))
    text = "\n".join(lines)
    if "\r" in text or text.count("\\") != nulls or text.count("\t") != len(batch) * (width - 1) or text.count("\n") != len(batch) - 1:
        text = "\n".join("\t".join([_NULL if value is None else _text(value).translate(_ESCAPES) for value in row]) for row in batch)
    return (text + "\n").encode()


def _text(value: Any) -> str:
    """A value as PostgreSQL reads it, not yet escaped for COPY."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, _AS_TEXT):
        return str(value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"{{{','.join(map(_element, value))}}}"
    raise TypeError(f"COPY cannot write a {type(value).__name__}.")


def _element(value: Any) -> str:
    """An element of an array literal."""
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return _text(value)
    return f'"{_text(value).translate(_ARRAY_ESCAPES)}"'
