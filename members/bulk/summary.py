"""What a checked batch adds up to."""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from members.bulk.choices import choice_of
from members.bulk.rows import rows_table
from members.bulk.statements import fetch, literal
from members.models import RowState
from members.services.plan import WITH_TARIFF, ActionKind, Plan, PlannedAction
from members.verdict_codes import BIT, CODES

Pair = tuple[int, int | None]


@dataclass(slots=True)
class Summary:
    """Counts of a batch's rows.

    Attributes:
        states: rows by state.
        verdicts: rows by verdict code.
        actions: for each action in order, eligible rows on which it has something to do.
        warned: eligible rows with a warning.
        on_members: eligible rows about a number that is in the group already.
        digest: changes with any row's number, work, verdicts, ground or position.
    """

    states: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    actions: list[int] = field(default_factory=list)
    warned: int = 0
    on_members: int = 0
    digest: str = ""

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.states.values())


_GROUPS = """
SELECT verdicts, state, todo, count(*),
    bit_xor(hashint8extended(line, hashtextextended(COALESCE(msisdn, ''), ground)
        # hashint8extended(COALESCE(effective_on - DATE '2000-01-01', 0), COALESCE(expires_on - DATE '2000-01-01', 0))
        # hashtextextended(COALESCE(tariff_code, '') || ':' || COALESCE(offer_code, '') || ':' || COALESCE(short_number, ''), 1)))
FROM {rows} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def summarise(job_id: int, *, actions: int, warnings: int, join_bit: int = 0) -> Summary:
    """Count the rows of job `job_id` in one pass.

    Arguments:
        actions: how many actions the batch has.
        warnings: the mask of verdicts that are warnings.
        join_bit: the bit of the action that joins, 0 where there is none.
    """
    summary = Summary(actions=[0] * actions)
    digest = hashlib.sha256()
    for verdicts, state, todo, count, hashed in fetch(_GROUPS.format(rows=rows_table(job_id))):
        digest.update(f"{verdicts}:{state}:{todo}:{count}:{hashed};".encode())
        summary.states[state] += count
        for code in CODES:
            if verdicts & BIT[code]:
                summary.verdicts[code] += count
        if state == RowState.ELIGIBLE:
            summary.warned += count if verdicts & warnings else 0
            summary.on_members += 0 if todo & join_bit else count
            for index in range(actions):
                summary.actions[index] += count if todo >> index & 1 else 0
    summary.digest = digest.hexdigest()
    return summary


def prices_begun(job_id: int, plan: Plan, filled: frozenset[str]) -> Counter[Pair]:
    """How many eligible rows take each (tariff, offer)."""
    begun: Counter[Pair] = Counter()
    for action in plan.of_kind(*WITH_TARIFF):
        choice = choice_of(action, has_tariffs="tariff_code" in filled, has_offers="offer_code" in filled)
        found = fetch(
            f"SELECT {choice.tariff}, {choice.offer}, count(*) FROM {rows_table(job_id)} r {choice.joins}"
            f" WHERE r.state = 'e' AND r.todo & {action.bit} <> 0 GROUP BY 1, 2"
        )
        begun.update({(tariff, offer): count for tariff, offer, count in found})
    return begun


def _live(day: datetime.date) -> str:
    """The condition that subscription `s` stands on `day`: one past its expiry brings nothing and counts for nothing."""
    return f"s.ended_on IS NULL AND (s.expires_on IS NULL OR s.expires_on > {literal(day)})"


def prices_ended(job_id: int, plan: Plan) -> Counter[Pair]:
    """How many live subscriptions under each (tariff, offer) the eligible rows end."""
    ended: Counter[Pair] = Counter()
    for action in plan.of_kind(ActionKind.LEAVE, ActionKind.UNSUBSCRIBE, ActionKind.CHANGE_TARIFF):
        ended.update({(tariff, offer): count for tariff, offer, count in _ended(job_id, plan, action, "s.tariff_id, s.offer_id")})
    return ended


def ended_by_product(job_id: int, plan: Plan, action: PlannedAction) -> Counter[int]:
    """How many live subscriptions of each product the eligible rows of an action would end."""
    return Counter(dict(_ended(job_id, plan, action, "s.product_id")))


def _ended(job_id: int, plan: Plan, action: PlannedAction, columns: str) -> list[tuple[Any, ...]]:
    product = f"AND s.product_id = {action.product_id}" if action.product_id else ""
    return fetch(
        f"SELECT {columns}, count(*) FROM {rows_table(job_id)} r JOIN members_membersubscription s"
        f" ON s.member_id = r.member_key AND {_live(plan.effective_on)} {product}"
        f" WHERE r.state = 'e' AND r.todo & {action.bit} <> 0 GROUP BY {columns}"
    )


def live_by_product(plan: Plan) -> Counter[int]:
    """Live subscriptions of the group's members by product."""
    return _live_by("product_id", plan)


def live_by_offer(plan: Plan) -> Counter[int]:
    """Live subscriptions of the group's members by offer."""
    return _live_by("offer_id", plan)


def _live_by(column: str, plan: Plan) -> Counter[int]:
    found = fetch(
        f"SELECT s.{column}, count(*) FROM members_membersubscription s"
        f" WHERE s.customer_id = {plan.customer_id} AND s.{column} IS NOT NULL AND {_live(plan.effective_on)} GROUP BY 1"
    )
    return Counter(dict(found))
