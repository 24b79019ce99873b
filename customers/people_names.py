"""Finding a part of a contact person's name or title by an index, as `customers.grams` does for customers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.array import ArrayContains  # type: ignore[attr-defined]  # the stubs leave it out
from django.db.models import Func, Q, TextField, Value
from django.db.models.functions import Concat, Upper

from customers.grams import PAIR, Grams


def grams_of_people() -> Grams:
    """What the index holds: the characters and pairs of a person's name and title."""
    return Grams(Concat("name", Value(" "), "title"))


def people_with_pairs_of(text: str) -> Q:
    """True for people whose name and title hold all pairs of `text`, which has two characters or more."""
    pairs = [Upper(Value(text[place : place + PAIR], TextField())) for place in range(len(text) - 1)]
    return Q(ArrayContains(grams_of_people(), Func(*pairs, template="ARRAY[%(expressions)s]", output_field=ArrayField(TextField()))))
