"""Handing customers over by a fixed number of statements: the only place that does it for more than one of them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from customers.bulk.statements import count, run

Passed: TypeAlias = set[tuple[int | None, int | None]]
"""Between whom customers passed: the keys of the account managers before and after; None: nobody."""

_RECORD: Final = """
INSERT INTO customers_ownershipchange
    (customer_id, from_manager_id, to_manager_id, from_unit_id, to_unit_id, actor_id, reason, hand_over_id, changed_at)
SELECT customer.id, customer.manager_id, owner.manager_id, customer.org_unit_id, owner.org_unit_id, %(actor)s, %(reason)s,
    %(hand_over)s::bigint, now()
FROM ({owners}) AS owner JOIN customers_customer AS customer ON customer.id = owner.customer_id ORDER BY customer.id
RETURNING from_manager_id, to_manager_id
"""
_JOBS: Final = """
UPDATE jobs_job AS job SET manager_id = owner.manager_id, org_unit_id = owner.org_unit_id, updated_at = now()
FROM ({owners}) AS owner WHERE job.customer_key = owner.customer_id
"""
_OWNERS: Final = """
SELECT customer.id AS customer_id,
    CASE WHEN %(keeps_manager)s THEN customer.manager_id ELSE %(manager)s::bigint END AS manager_id,
    coalesce(%(unit)s::bigint, customer.org_unit_id) AS org_unit_id
FROM customers_customer AS customer WHERE customer.id = ANY(%(keys)s)
"""
_HAND_OVER: Final = f"""
UPDATE customers_customer AS customer SET manager_id = owner.manager_id, org_unit_id = owner.org_unit_id, updated_at = %(moment)s
FROM ({_OWNERS}) AS owner WHERE customer.id = owner.customer_id
"""


def record_hand_over(owners: str, parameters: Mapping[str, Any], *, actor_id: int, reason: str, hand_over_id: int | None = None) -> Passed:
    """Enter that customers pass to other owners, and take the jobs about them along, before the customers themselves are written.

    Arguments:
        owners: a query of the owners to be: customer_id, manager_id, org_unit_id.
        parameters: what it takes by name; "actor", "reason" and "hand_over" are ours.
        hand_over_id: the hand-over (`HandOver`) of which the changes are part.
    """
    facts = {**parameters, "actor": actor_id, "reason": reason, "hand_over": hand_over_id}
    passed = {(before, after) for before, after in run(_RECORD.format(owners=owners), facts)}
    count(_JOBS.format(owners=owners), facts)
    return passed


def hand_over(
    keys: Sequence[int],
    *,
    keeps_manager: bool,
    manager_id: int | None,
    unit_id: int | None,
    actor_id: int,
    reason: str,
    moment: datetime.datetime,
    hand_over_id: int | None = None,
) -> Passed:
    """Give the customers with these `keys`, which the caller has locked, to the manager (or, `keeps_manager`, leave them with theirs) in
    the unit (None: in theirs), with the jobs about them, and enter each change.
    """
    facts = {"keys": list(keys), "keeps_manager": keeps_manager, "manager": manager_id, "unit": unit_id, "moment": moment}
    passed = record_hand_over(_OWNERS, facts, actor_id=actor_id, reason=reason, hand_over_id=hand_over_id)
    count(_HAND_OVER, facts)
    return passed


_ITEMS: Final = """
INSERT INTO customers_handoveritem (hand_over_id, customer_id, label, updated_at)
SELECT %(hand_over)s, customer.id, customer.name || ' · ' || customer.code, now()
FROM customers_customer AS customer WHERE customer.id = ANY(%(keys)s) ORDER BY customer.pinyin, customer.id
ON CONFLICT (hand_over_id, customer_id) DO NOTHING
"""


def insert_items(hand_over_id: int, keys: Sequence[int]) -> int:
    """Put the customers with these `keys` into a hand-over, by name; returns how many were not in it."""
    return count(_ITEMS, {"hand_over": hand_over_id, "keys": list(keys)})
