"""Names as the database compares them, and the nightly scan for customers that may be the same one: one statement, no pair of all with all.

Customers that have something in common stand in a block of it. In a block each is paired with the few that follow it by their key, so that
a phone that a thousand have in common makes ten thousand pairs and not half a million. Names that are alike share a block too: leaving out
one character of each in turn, two that differ in one become the same somewhere; and so do their characters in order, where words have
changed places.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction

from customers.likeness import NUMERALS, SHORTEST

if TYPE_CHECKING:
    from customers.duplicates import SignWeight

NEIGHBOURS: Final = 10
"""With so many of a block each customer is paired."""
LONGEST: Final = 60
_NAMES: Final = f"""
SELECT customer.id, public.customers_plain_name(customer.name) AS plain,
    regexp_replace(normalize(customer.name, NFKC), '[^{NUMERALS}]', '', 'g') AS numerals
FROM customers_customer customer
"""
_BLOCKS: Final = {
    "name": "SELECT 'name' AS sign, hashtextextended(plain, 0) AS key, id FROM names WHERE plain <> ''",
    # The ninth to the seventeenth character name the organisation, whichever of its offices registered it (GB 32100-2015).
    "credit": "SELECT 'credit', hashtextextended(substr(credit_code, 9, 9), 0), id FROM customers_customer WHERE length(credit_code) = 18",
    "bank": "SELECT 'bank', hashtextextended(bank_account_hash, 0), id FROM customers_customer WHERE bank_account_hash <> ''",
    "phone": "SELECT DISTINCT 'phone', hashtextextended(phone, 0), customer_id FROM customers_contactperson WHERE phone <> ''",
    "like": f"""
        SELECT 'like', hashtextextended(left(plain, place - 1) || substr(plain, place + 1) || '|' || numerals, 0), id
        FROM names, generate_series(1, char_length(plain) + 1) place WHERE char_length(plain) BETWEEN {SHORTEST} AND {LONGEST}
        UNION ALL
        SELECT 'like', hashtextextended(
            (SELECT string_agg(sign, '' ORDER BY sign) FROM regexp_split_to_table(plain, '') sign) || '|' || numerals, 1), id
        FROM names WHERE char_length(plain) BETWEEN {SHORTEST} AND {LONGEST}""",
}
_SCAN: Final = """
WITH names AS MATERIALIZED ({names}),
blocks AS ({blocks}),
paired AS (
    SELECT DISTINCT sign, first, id AS second
    FROM (SELECT sign, id, ARRAY[{before}] AS befores FROM blocks WINDOW block AS (PARTITION BY sign, key ORDER BY id)) neighbours,
        unnest(befores) first
    WHERE first <> id
),
weighed AS (
    SELECT paired.sign, paired.first, paired.second, weight.points, weight.at_least,
        CASE WHEN paired.sign <> 'like' THEN 100 WHEN one.plain = other.plain THEN 0
            ELSE floor(public.customers_likeness(public.customers_distinct_grams(one.plain), public.customers_distinct_grams(other.plain)))
        END AS share
    FROM paired JOIN names one ON one.id = paired.first JOIN names other ON other.id = paired.second
    JOIN unnest(%(signs)s::text[], %(points)s::integer[], %(at_least)s::integer[]) AS weight (sign, points, at_least) USING (sign)
),
found AS MATERIALIZED (
    SELECT first, second, jsonb_object_agg(sign, CASE WHEN sign = 'like' THEN share ELSE points END) AS signs,
        least(99, round(100 * (1 - exp(sum(ln(1 - least(points, 99) * share / 10000.0))))))::smallint AS score
    FROM weighed WHERE share >= CASE WHEN sign = 'like' THEN at_least ELSE 100 END GROUP BY first, second
),
gone AS (
    DELETE FROM customers_duplicatepair pair WHERE pair.state = 'open'
        AND NOT EXISTS (SELECT FROM found WHERE (found.first, found.second) = (pair.first_id, pair.second_id)) RETURNING 1
),
changed AS (
    UPDATE customers_duplicatepair pair SET signs = found.signs, score = found.score
    FROM found WHERE (found.first, found.second) = (pair.first_id, pair.second_id) AND pair.state = 'open'
        AND (pair.signs, pair.score) IS DISTINCT FROM (found.signs, found.score) RETURNING 1
),
entered AS (
    INSERT INTO customers_duplicatepair (first_id, second_id, signs, score, state, found_at)
    SELECT first, second, signs, score, 'open', now() FROM found
    WHERE NOT EXISTS (SELECT FROM customers_duplicatepair pair WHERE (found.first, found.second) = (pair.first_id, pair.second_id))
    ORDER BY score DESC, first, second ON CONFLICT DO NOTHING RETURNING 1
)
SELECT (SELECT count(*) FROM entered), (SELECT count(*) FROM changed), (SELECT count(*) FROM gone)
"""


def plain_name(name: str) -> str:
    """`name` without what does not tell companies apart (`customers.likeness`)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.customers_plain_name(%s)", [name])
        return str(cursor.fetchone()[0])


@transaction.atomic
def scan(signs: Mapping[str, SignWeight]) -> tuple[int, int, int]:
    """Keep the pairs of customers that have one of `signs` in common; how many were entered, changed and dropped.

    A pair that somebody has decided about stays as it is.
    """
    before = ", ".join(f"lag(id, {distance}) OVER block" for distance in range(1, NEIGHBOURS + 1))
    blocks = " UNION ALL ".join(_BLOCKS[sign] for sign in signs) or "SELECT NULL::text AS sign, NULL::bigint AS key, NULL::bigint AS id"
    weights: dict[str, Any] = {
        "signs": list(signs),
        "points": [weight.points for weight in signs.values()],
        "at_least": [weight.at_least for weight in signs.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("SET LOCAL enable_nestloop = off")  # the planner cannot know how many pairs the blocks make
        cursor.execute(_SCAN.format(names=_NAMES, blocks=blocks, before=before), weights)
        entered, changed, gone = cursor.fetchone()
    return int(entered), int(changed), int(gone)
