"""One statement with a part for each way into reach: the same select, each time with the condition of another way.

Django makes a part once, with a mark where the way's condition belongs, and its text is repeated. Made one by one and joined by `union`,
the parts took longer to put together than the database took to run them (docs/adr/0013).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connections, models
from django.db.models import Q
from django.db.models.expressions import Expression

from access.conditions import Outside

_MARK: Final = "/*way*/"


class TheWay(Expression):
    """Where in a part the condition of a way belongs: `part.filter(TheWay())`."""

    conditional = True
    output_field = models.BooleanField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:  # noqa: ARG002  # the signature is Django's
        """The mark."""
        return _MARK, ()


class KeysByWay(Expression):
    """The keys that the parts find, for `path__any_of`."""

    output_field = models.BigIntegerField()

    def __init__(self, part: models.QuerySet[Any, Any], ways: Sequence[Q]) -> None:
        """`part` has `TheWay` in its condition and gives one column; the ways are conditions on columns of its own table."""
        super().__init__()
        self.part, self.ways = part, ways

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:  # noqa: ARG002  # the signature is Django's
        """The parts, one after the other."""
        return _parts(self.part, self.ways, connection)


def count_by_way(part: models.QuerySet[Any, Any], ways: Sequence[Q], limit: int) -> int:
    """How many rows the parts find, counted up to `limit`; each leaves out what those before it reach."""
    connection = connections[part.db]
    each = [way if not place else (way, Outside(ways[:place])) for place, way in enumerate(ways)]
    sql, parameters = _parts(part, each, connection)
    with connection.cursor() as cursor:
        text = f"SELECT count(*) FROM (SELECT 1 FROM ({sql}) part LIMIT %s) found"  # of compiled parts alone  # noqa: S608  # nosec B608
        cursor.execute(text, (*parameters, limit))
        return int(cursor.fetchone()[0])


def _parts(part: models.QuerySet[Any, Any], ways: Sequence[Q | tuple[Any, ...]], connection: Any) -> tuple[str, tuple[Any, ...]]:
    """The text of all parts, and their parameters."""
    compiler = part.query.get_compiler(connection=connection)
    text, parameters = compiler.as_sql()
    before, _mark, after = text.partition(_MARK)
    given = before.count("%s")
    texts: list[str] = []
    values: list[Any] = []
    for way in ways:
        conditions = [compiler.compile(one.resolve_expression(part.query)) for one in (way if isinstance(way, tuple) else (way,))]
        texts.append(f"({before}{' AND '.join(sql for sql, _values in conditions)}{after})")
        values += [*parameters[:given], *(value for _sql, some in conditions for value in some), *parameters[given:]]
    return " UNION ALL ".join(texts), tuple(values)
