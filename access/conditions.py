"""The condition of the access policy in SQL: the ways into reach, told apart, so that a page can be read way by way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.expressions import Expression
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.db.models.lookups import Lookup
from django.db.models.sql.query import Query
from django.db.models.sql.where import WhereNode


@models.ForeignKey.register_lookup
@models.Field.register_lookup
class AnyOf(Lookup):
    """`path__any_of=ids`: one of whole numbers that stand in the statement as one array, however many there are, or that a query finds."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The column and the array."""
        left, parameters = self.process_lhs(compiler, connection)
        if isinstance(self.rhs, Query):  # read once, before the rows, whose index then gives them in its order
            sql, values = self.rhs.get_compiler(connection=connection).as_sql()
            return f"{left} = ANY(ARRAY({sql}))", (*parameters, *values)
        return f"{left} = ANY(%s::bigint[])", (*parameters, sorted(self.rhs))


class ReachCondition(Expression):
    """True for rows that lie in reach by at least one of several ways.

    It is one node of a query's condition, so that `without_reach` can find it there again.
    """

    conditional = True
    output_field = models.BooleanField()

    def __init__(self, ways: Sequence[Q]) -> None:
        super().__init__()
        self.ways: list[Any] = list(ways)

    def get_source_expressions(self) -> list[Any]:
        """The ways."""
        return self.ways

    def set_source_expressions(self, expressions: Sequence[Any]) -> None:
        """Put other ways in place of these."""
        self.ways = list(expressions)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:  # noqa: ARG002  # the signature is Django's
        """The ways, joined by OR."""
        parts: list[str] = []
        parameters: list[Any] = []
        for way in self.ways:
            sql, values = compiler.compile(way)
            parts.append(f"({sql})")
            parameters += values
        return f"({' OR '.join(parts)})", tuple(parameters)


class Outside(ReachCondition):
    """True for rows that no one of several ways reaches, where a column is empty too."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The ways, none of which is true."""
        sql, parameters = super().as_sql(compiler, connection)
        return f"{sql} IS NOT TRUE", parameters


def passed_value(query: Query) -> Any:
    """The value of the first column at the place after which a page begins; None on the first page."""
    places = [child for child in query.where.children if isinstance(child, TupleGreaterThan | TupleLessThan)]
    return places[0].rhs[0] if places else None


def without_reach(query: Query) -> bool:
    """Take the one condition of reach out of `query`, a copy of the caller's; False when it does not hold exactly one."""
    found = [child for child in query.where.children if _is_reach(child)]
    if query.where.connector != "AND" or query.where.negated or len(found) != 1:
        return False
    where = WhereNode(connector="AND")
    where.children = [child for child in query.where.children if child is not found[0]]
    query.where = where
    return True


def _is_reach(child: Any) -> bool:
    return isinstance(getattr(child, "lhs", None), ReachCondition)
