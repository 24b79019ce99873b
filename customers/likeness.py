"""How alike names are: what remains of a name without what companies have in common, and how many characters and pairs two share.

The database does both, so that the form that warns and the nightly scan say the same of the same names.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, FloatField, Func, Q, TextField, Value

from customers.grams import holds_all_grams, pairs_of
from customers.latin import similar_to

SHORTEST: Final = 4
"""Shorter names differ by one character from too many others."""
_LATIN_WORDS: Final = "CO|LTD|LIMITED|INC|INCORPORATED|CORP|CORPORATION|COMPANY|LLC|PLC|GMBH"
_COMPANIES: Final = "股份有限公司|有限责任公司|有限公司|公司|股份"
_SIGNS: Final = "[[:space:][:punct:]、。，；：？！·•“”‘’《》〈〉「」『』【】〔〕—–]+"

NUMERALS: Final = "0-9零〇一二三四五六七八九十百千甲乙丙丁"
"""What tells the first hospital of a city from the second: names in which they differ are others, however alike they are."""

_PLAIN: Final = f"""
CREATE OR REPLACE FUNCTION public.customers_plain_name(name text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    whole text := regexp_replace(upper(normalize(name, NFKC)), '{_SIGNS}', ' ', 'g');
    plain text := replace(regexp_replace(whole, '\\m({_LATIN_WORDS})\\M', '', 'g'), ' ', '');
BEGIN
    plain := regexp_replace(plain, '({_COMPANIES})$', '');
    RETURN coalesce(nullif(plain, ''), replace(whole, ' ', ''));
END
$body$;
"""
_COMPARING: Final = """
CREATE OR REPLACE FUNCTION public.customers_distinct_grams(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT array_agg(DISTINCT gram) FROM unnest(public.customers_grams(words)) gram
$body$;

CREATE OR REPLACE FUNCTION public.customers_likeness(one text[], other text[]) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT 200.0 * (SELECT count(*) FROM unnest(one) gram WHERE gram = ANY(other)) / nullif(cardinality(one) + cardinality(other), 0)
$body$;
"""
FUNCTIONS: Final = _PLAIN + _COMPARING
"""`normalize` makes full-width letters and brackets half-width ones. Without a linguistic locale `upper` knows Latin letters alone."""
NO_FUNCTIONS: Final = """
DROP FUNCTION public.customers_likeness(text[], text[]);
DROP FUNCTION public.customers_distinct_grams(text);
DROP FUNCTION public.customers_plain_name(text);
"""


class PlainName(Func):
    """A name without brackets, spaces, case, width, and the words that say that it is a company."""

    function = "customers_plain_name"
    arity = 1
    output_field = TextField()


class DistinctGrams(Func):
    """The characters and pairs of neighbouring characters of a text, each once."""

    function = "customers_distinct_grams"
    arity = 1
    output_field = ArrayField(TextField())


class Likeness(Func):
    """How much two arrays of distinct grams have in common, from 0 to 100."""

    function = "customers_likeness"
    arity = 2
    output_field = FloatField()


def likeness_to(plain: str) -> Likeness:
    """How alike the plain name `plain` and that of a row are, from 0 to 100."""
    return Likeness(DistinctGrams(PlainName(F("name"))), DistinctGrams(Value(plain, TextField())))


def same_name(plain: str) -> Q:
    """Rows whose plain name is `plain`; an index serves it."""
    return Q(PlainNameIs(PlainName(F("name")), Value(plain, TextField())))


class PlainNameIs(Func):
    """Equality as a condition."""

    template = "%(expressions)s"
    arg_joiner = " = "
    arity = 2
    output_field = models.BooleanField()


def about_so_named(name: str, plain: str) -> Q:
    """Rows of customers that may be named about like `name`, of which `plain` is the plain name; indexes serve it.

    Whoever differs in one place holds all pairs on both sides of that place: of the whole name but a window, whichever window the place
    lies in.
    """
    found = Q()
    if len(plain) < SHORTEST:
        return found
    for start, end in windows(len(plain)):
        grams = [*_grams(plain[:start]), *_grams(plain[end:])]
        found |= holds_all_grams(grams)
    if plain.isascii():
        found |= similar_to(name, "name", "short_name", "code")
    return found


def windows(length: int) -> list[tuple[int, int]]:
    """The parts of a name of `length` characters that may differ: about a quarter of it each, and so that any two neighbours share one."""
    width = max(1, length // 4)
    step = max(1, width - 1)
    starts: list[Any] = [*range(0, length - width, step), length - width]
    return [(start, start + width) for start in starts]


def numerals_of(name: str) -> str:
    """The numerals in a name, in their order."""
    return "".join(re.findall(f"[{NUMERALS}]", unicodedata.normalize("NFKC", name)))


def _grams(part: str) -> list[str]:
    return pairs_of(part) if part else []
