"""Finding a part of a name by an index: the characters and the pairs of neighbouring characters that names consist of.

A Chinese word of two characters has nothing that a trigram index could hold, and a database without a linguistic locale sees no letters in
it. Whoever contains a text contains all of its pairs; the plain comparison stays beside them, because pairs may stand apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.array import ArrayContains  # type: ignore[attr-defined]  # the stubs leave it out
from django.db.models import Func, Q, TextField, Value
from django.db.models.functions import Concat, Upper

PAIR: Final = 2

FUNCTION: Final = """
CREATE OR REPLACE FUNCTION public.customers_grams(words text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    grams text[] := '{}';
BEGIN
    FOR place IN 1 .. char_length(words) LOOP
        grams := grams || substr(words, place, 1) || substr(words, place, 2);
    END LOOP;
    RETURN grams;
END
$body$;
"""
"""A loop takes a third of the time of a query here; the index itself holds each gram once."""


class Grams(Func):
    """The characters of a text and its pairs of neighbouring ones, without regard to case."""

    function = "customers_grams"
    arity = 1
    output_field = ArrayField(TextField())

    def __init__(self, text: Any, **extra: Any) -> None:
        super().__init__(text if isinstance(text, Upper) else Upper(text), **extra)


def grams_of_names() -> Grams:
    """What the index holds: the grams of a customer's name and short name."""
    return Grams(Concat("name", Value(" "), "short_name"))


def has_grams_of(text: str) -> Q:
    """True for customers whose name and short name hold all pairs of `text`, or the one character that it is."""
    return holds_all_grams(pairs_of(text))


def pairs_of(text: str) -> list[str]:
    """The pairs of neighbouring characters of `text`, or the one character that it is."""
    return [text[place : place + PAIR] for place in range(len(text) - 1)] or [text]


def holds_all_grams(grams: Sequence[str]) -> Q:
    """True for customers whose name and short name hold all of `grams`: characters and pairs."""
    capitals = [Upper(Value(gram, TextField())) for gram in grams]
    return Q(ArrayContains(grams_of_names(), Func(*capitals, template="ARRAY[%(expressions)s]", output_field=ArrayField(TextField()))))
