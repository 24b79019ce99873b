"""Handing many customers over by a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

_WHOM: Final = "CASE WHEN %(keeps_manager)s THEN customer.manager_id ELSE %(manager)s::bigint END"
_WHERE: Final = "coalesce(%(unit)s::bigint, customer.org_unit_id)"
_RECORD: Final = f"""
INSERT INTO customers_ownershipchange (customer_id, from_manager_id, to_manager_id, from_unit_id, to_unit_id, actor_id, reason, changed_at)
SELECT customer.id, customer.manager_id, {_WHOM}, customer.org_unit_id, {_WHERE}, %(actor)s, %(reason)s, now()
FROM customers_customer customer WHERE customer.id = ANY(%(keys)s) ORDER BY customer.id
"""
_HAND_OVER: Final = f"""
UPDATE customers_customer customer SET manager_id = {_WHOM}, org_unit_id = {_WHERE}, updated_at = %(moment)s
WHERE customer.id = ANY(%(keys)s)
"""
_JOBS: Final = """
UPDATE jobs_job job SET manager_id = customer.manager_id, org_unit_id = customer.org_unit_id, updated_at = now()
FROM customers_customer customer WHERE customer.id = ANY(%(keys)s) AND job.customer_key = customer.id
"""


def hand_over(
    keys: Sequence[int], *, keeps_manager: bool, manager_id: int | None, unit_id: int | None, actor_id: int, reason: str, moment: Any
) -> None:
    """Give the customers with these `keys`, which the caller has locked, to the manager (or, `keeps_manager`, leave them with theirs) in
    the unit (None: in theirs), with the jobs about them, and record each change.
    """
    facts = {
        "keys": list(keys),
        "keeps_manager": keeps_manager,
        "manager": manager_id,
        "unit": unit_id,
        "actor": actor_id,
        "reason": reason,
        "moment": moment,
    }
    with connection.cursor() as cursor:
        for statement in (_RECORD, _HAND_OVER, _JOBS):
            cursor.execute(statement, facts)
