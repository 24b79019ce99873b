"""Finding a part of a name by an index: the pairs of neighbouring characters that names consist of.

A Chinese word of two characters has nothing that a trigram index could hold, and a database without a linguistic locale sees no letters in
it. Whoever contains a text contains all of its pairs; the plain comparison stays beside them, because pairs may stand apart.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.array import ArrayContains  # type: ignore[attr-defined]  # the stubs leave it out
from django.db.models import Func, Q, TextField, Value
from django.db.models.functions import Concat, Upper

SHORTEST: Final = 2

FUNCTION: Final = """
CREATE FUNCTION public.customers_grams(words text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    pairs text[] := '{}';
BEGIN
    FOR place IN 1 .. char_length(words) - 1 LOOP
        pairs := pairs || substr(words, place, 2);
    END LOOP;
    RETURN pairs;
END
$body$;
"""
"""A loop takes a third of the time of a query here; the index itself holds each pair once."""


class Grams(Func):
    """The pairs of neighbouring characters of a text, without regard to case."""

    function = "customers_grams"
    arity = 1
    output_field = ArrayField(TextField())

    def __init__(self, text: Any, **extra: Any) -> None:
        super().__init__(text if isinstance(text, Upper) else Upper(text), **extra)


def grams_of_names() -> Grams:
    """What the index holds: the pairs of a customer's name and short name."""
    return Grams(Concat("name", Value(" "), "short_name"))


def has_pairs_of(text: str) -> Q:
    """True for customers whose name and short name hold all pairs of `text`; for all where it is too short to have one."""
    return Q(ArrayContains(grams_of_names(), Grams(Value(text, TextField())))) if len(text) >= SHORTEST else Q()
