"""Taking and proposing lifecycle steps for many customers, by a statement each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import connection

from customers.models import LifecycleRule

_MOVE: Final = """
WITH fits AS (SELECT * FROM unnest(%(keys)s::bigint[], %(measured)s::text[]) AS fits (key, measured)),
moved AS (
    UPDATE customers_customer customer SET lifecycle = %(after)s, updated_at = now()
    FROM fits WHERE customer.id = fits.key AND customer.lifecycle = %(before)s RETURNING customer.id
),
closed AS (
    UPDATE customers_lifecycleproposal SET state = 'withdrawn', decided_at = now()
    WHERE state = 'open' AND customer_id IN (SELECT id FROM moved)
)
INSERT INTO customers_lifecyclechange (customer_id, from_state, to_state, reason, rule_id, measured, changed_at)
SELECT moved.id, %(before)s, %(after)s, %(code)s, %(rule)s, fits.measured, now()
FROM moved JOIN fits ON fits.key = moved.id ORDER BY moved.id
"""
# Whoever declined is not asked the same again for a month.
_PROPOSE: Final = """
INSERT INTO customers_lifecycleproposal (customer_id, rule_id, from_state, to_state, measured, state, proposed_at)
SELECT customer.id, %(rule)s, %(before)s, %(after)s, fits.measured, 'open', now()
FROM unnest(%(keys)s::bigint[], %(measured)s::text[]) AS fits (key, measured)
JOIN customers_customer customer ON customer.id = fits.key AND customer.lifecycle = %(before)s
WHERE NOT EXISTS (
    SELECT FROM customers_lifecycleproposal declined WHERE declined.customer_id = fits.key AND declined.rule_id = %(rule)s
        AND declined.state = 'declined' AND declined.decided_at > now() - interval '30 days'
)
ORDER BY customer.id ON CONFLICT (customer_id) WHERE state = 'open' DO NOTHING
"""
_WITHDRAW: Final = """
UPDATE customers_lifecycleproposal proposal SET state = 'withdrawn', decided_at = now()
WHERE proposal.state = 'open' AND proposal.customer_id BETWEEN %s AND %s
    AND (proposal.customer_id, proposal.rule_id) NOT IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))
"""


def move_fitting(rule: LifecycleRule, fits: Mapping[int, str]) -> int:
    """Take the rule's step for the customers in `fits`, whose measured values it holds by key; how many moved."""
    return _run(_MOVE, rule, fits)


def propose_for_fitting(rule: LifecycleRule, fits: Mapping[int, str]) -> int:
    """Propose the rule's step for the customers in `fits`; how many proposals are new."""
    return _run(_PROPOSE, rule, fits)


def withdraw_others(first: int, last: int, fitting: Sequence[tuple[int, int]]) -> int:
    """Withdraw the open proposals of the customers from key `first` to `last` that are none of `fitting` (customer, rule); how many."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, [first, last, [customer for customer, _rule in fitting], [rule for _customer, rule in fitting]])
        return int(cursor.rowcount)


def _run(statement: str, rule: LifecycleRule, fits: Mapping[int, str]) -> int:
    parameters: dict[str, Any] = {"keys": list(fits), "measured": list(fits.values()), "rule": rule.pk, "code": rule.code}
    with connection.cursor() as cursor:
        cursor.execute(statement, {**parameters, "before": rule.from_state, "after": rule.to_state})
        return int(cursor.rowcount)
