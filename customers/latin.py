"""Latin names and codes with a letter wrong, left out or too much: found by the groups of three letters that words have in common.

Only rows that have a Latin word are in the index: most customers here have none.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, Final

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.lookups import TrigramWordSimilar
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q, TextField, Value
from django.db.models.functions import Concat

SHORTEST: Final = 4
"""Shorter words are alike by chance."""
_WORD: Final = "[A-Za-z]{3}"


def latin_index(name: str, *fields: str) -> GinIndex:
    """The index that `similar_to` asks."""
    return GinIndex(OpClass(_words(*fields), name="gin_trgm_ops"), name=name, condition=_has_latin_word(*fields))


def similar_to(text: str, *fields: str) -> Q:
    """Rows where the words of `text` stand in `fields`, about so written."""
    return _has_latin_word(*fields) & Q(TrigramWordSimilar(_words(*fields), Value(text)))


def likeness(text: str, *fields: str) -> TrigramWordSimilarity:
    """How alike `text` and `fields` are, from 0 to 1; the rows that `similar_to` finds are sorted by it."""
    return TrigramWordSimilarity(text, _words(*fields))


def _words(*fields: str) -> Any:
    parts: list[Any] = [fields[0]]
    for name in fields[1:]:
        parts += [Value(" "), name]
    return Concat(*parts, output_field=TextField())


def _has_latin_word(*fields: str) -> Q:
    return reduce(or_, (Q(**{f"{name}__regex": _WORD}) for name in fields))
