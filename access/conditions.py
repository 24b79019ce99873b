"""The condition of the access policy in SQL: the ways into reach, told apart, so that a page can be read way by way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        if isinstance(self.rhs, Expression):
            sql, values = compiler.compile(self.rhs)
            return f"{left} = ANY(ARRAY({sql}))", (*parameters, *values)
        keys = sorted(self.rhs)
        if len(keys) == 1:  # in the order of an index that goes on, and of the column's own type: to a GIN index another one says nothing
            return f"{left} = %s::bigint", (*parameters, keys[0])
        return f"{left} = ANY(%s::bigint[])", (*parameters, keys)


class AnyOfSeveral(Expression):
    """True for rows for which at least one of several conditions is.

    It is one node of a query's condition, so that `take_out` can find it there again.
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


class ReachCondition(AnyOfSeveral):
    """True for rows that lie in reach by at least one of several ways."""


class Outside(AnyOfSeveral):
    """True for rows that no one of several ways reaches, where a column is empty too."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The ways, none of which is true."""
        sql, parameters = super().as_sql(compiler, connection)
        return f"{sql} IS NOT TRUE", parameters


def passed_values(query: Query) -> tuple[Any, ...]:
    """The values at the place after which a page begins; none on the first page."""
    places = [child for child in query.where.children if isinstance(child, TupleGreaterThan | TupleLessThan)]
    return tuple(places[0].rhs) if places else ()


def take_place(query: Query) -> tuple[Any, ...]:
    """Take the place after which a page begins out of `query`, and return its values; none on the first page."""
    values = passed_values(query)
    query.where.children = [child for child in query.where.children if not isinstance(child, TupleGreaterThan | TupleLessThan)]
    return values


def take_out(query: Query, kind: type[AnyOfSeveral]) -> bool:
    """Take the one condition of `kind` out of `query`, a copy of the caller's; False when it does not hold exactly one."""
    found: list[Any] = [child for child in query.where.children if isinstance(getattr(child, "lhs", None), kind)]
    if query.where.connector != "AND" or query.where.negated or len(found) != 1:
        return False
    _leave_joins(query, found[0].lhs)
    where = WhereNode(connector="AND")
    where.children = [child for child in query.where.children if child is not found[0]]
    query.where = where
    return True


def _leave_joins(query: Query, condition: AnyOfSeveral) -> None:
    """Count down the tables that the condition reads, each as often as it names one; where nothing else does, no join is left."""
    for part in _flat(condition):
        if isinstance(part, Lookup) and (alias := getattr(part.lhs, "alias", None)) in query.alias_refcount and alias != query.base_table:
            query.unref_alias(alias)


def _flat(part: Any) -> Iterator[Any]:
    yield part
    for child in part.children if isinstance(part, WhereNode) else part.get_source_expressions():
        yield from _flat(child)
