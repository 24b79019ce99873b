"""`copy_rows` writes every value as it is, streams, and lets errors through unchanged."""

from __future__ import annotations

import datetime
import tracemalloc
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from common.db_copy import copy_rows

pytestmark = pytest.mark.django_db

AWKWARD = [
    "",
    " ",
    "plain",
    "tab\there",
    "two\nlines",
    "return\rhere",
    "\r\n",
    "back\\slash",
    "\\",
    "\\N",
    "\\.",
    "\\t is no tab",
    "quote ' and \" both",
    "集团V网 · ｆｕｌｌ１２３",
    "𠮷野家 👩‍⚕️",
    "\x01\x07\x7f\u2028",
    "NULL",
    "{a,b}",
]


def table(columns: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE copied ({columns})")


def copy(columns: list[str], rows: Any) -> int:
    with connection.cursor() as cursor:
        return copy_rows(cursor, "copied", columns, rows)


def read(columns: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM copied ORDER BY line")
        return list(cursor.fetchall())


def test_texts_arrive_as_they_are() -> None:
    table("line integer, a text, b text")
    rows = [(line, text, None if line % 3 == 0 else text) for line, text in enumerate(AWKWARD)]
    assert copy(["line", "a", "b"], rows) == len(AWKWARD)
    assert read("line, a, b") == rows


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.none() | st.text("\\tnN\t\n\r")),
        max_size=20,
    )
)
def test_any_text_survives(pairs: list[tuple[str, str | None]]) -> None:
    with transaction.atomic():
        table("line integer, a text, b text")
        rows = [(line, *pair) for line, pair in enumerate(pairs)]
        copy(["line", "a", "b"], rows)
        assert read("line, a, b") == rows
        transaction.set_rollback(True)


def test_every_type_of_value() -> None:
    table("line integer, n bigint, d numeric, f float8, b boolean, day date, at timestamptz, id uuid, j jsonb, t text[], m integer[]")
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=datetime.UTC)
    key = uuid.uuid4()
    texts = ["a,b", 'say "x"', "back\\slash", "", "NULL", "多\t行\n", None]
    row = (1, 2**40, Decimal("12.50"), 0.1, True, datetime.date(2026, 1, 2), moment, key, {"名": ['"', "\\", "\n"]}, texts, [1, 2])
    empty = (2, *[None] * 10)
    copy(["line", "n", "d", "f", "b", "day", "at", "id", "j", "t", "m"], [row, empty])
    stored, nothing = read("line, n, d, f, b, day, at, id::text, j, t, m")
    assert stored[:7] == row[:7]
    assert stored[7] == str(key)
    assert stored[8] in (row[8], '{"名": ["\\"", "\\\\", "\\n"]}')
    assert stored[9:] == (texts, [1, 2])
    assert nothing == empty


def test_columns_left_out_take_their_default_and_names_are_quoted() -> None:
    table("line serial, \"order\" text, kept text DEFAULT 'kept'")
    assert copy(["order"], [("a",), ("b",)]) == 2
    assert read('"order", kept') == [("a", "kept"), ("b", "kept")]


def test_no_rows() -> None:
    table("line integer")
    assert copy(["line"], []) == 0
    assert read("line") == []


def test_rows_longer_than_a_read() -> None:
    table("line integer, a text")
    long = "长\t" * 300_000
    copy(["line", "a"], [(1, long), (2, "short"), (3, long)])
    assert [len(text) for _, text in read("line, a")] == [len(long), 5, len(long)]


def test_memory_does_not_grow_with_the_rows() -> None:
    table("line integer, a text")
    tracemalloc.start()
    try:
        assert copy(["line", "a"], ((line, "成员" * 20) for line in range(100_000))) == 100_000
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024**2
    finally:
        tracemalloc.stop()


def test_a_value_that_does_not_fit_leaves_nothing() -> None:
    table("line integer, a varchar(3)")
    with pytest.raises(DataError), transaction.atomic():
        copy(["line", "a"], [(1, "ok"), (2, "too long")])
    assert read("line") == []


def test_errors_of_the_rows_come_out_unchanged() -> None:
    table("line integer")

    class Broken(Exception):
        pass

    def rows() -> Iterator[tuple[int]]:
        yield (1,)
        raise Broken("here")

    with pytest.raises(Broken, match="here"), transaction.atomic():
        copy(["line"], rows())
    assert read("line") == []


@pytest.mark.parametrize(("row", "error"), [((1, 2), ValueError), ((), ValueError), ((b"bytes",), TypeError), ((object(),), TypeError)])
def test_wrong_rows_are_refused(row: tuple[Any, ...], error: type[Exception]) -> None:
    table("line integer")
    with pytest.raises(error), transaction.atomic():
        copy(["line"], [(1,), row])
    assert read("line") == []


def test_constraints_hold() -> None:
    table("line integer PRIMARY KEY")
    with pytest.raises(IntegrityError), transaction.atomic():
        copy(["line"], [(1,), (1,)])
    assert read("line") == []
