"""Putting one chunk of a checked batch into force, by a fixed number of statements in the caller's transaction."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from members.bulk.choices import choice_of
from members.bulk.ground import GROUND_OF_MEMBER, GROUND_OF_SUBSCRIPTIONS
from members.bulk.rows import rows_table
from members.bulk.statements import execute, fetch, literal, lock_members, unchecked_references
from members.services.plan import ActionKind, MovedCodes, Plan, PlannedAction
from members.verdict_codes import BIT


@dataclass(frozen=True, slots=True)
class ChunkRequest:
    """The rows of job `job_id` at positions `first` to `last`; the rest as in `CheckRequest`.

    Attributes:
        has_members: whether any eligible row of the job is about a number that was in the group before.
        heeds_blacklist: whether the rule about blacklisted numbers is on.
        moved_codes: tariffs and offers that no longer are what they were in the check.
    """

    job_id: int
    plan: Plan
    first: int
    last: int
    first_day: datetime.date
    filled: frozenset[str]
    has_members: bool
    heeds_blacklist: bool
    moved_codes: MovedCodes

    @property
    def scope(self) -> str:
        """The condition that picks the chunk's rows that are still to be applied, over alias `r`."""
        return f"r.position BETWEEN {self.first} AND {self.last} AND r.state = 'e'"

    @property
    def rows(self) -> str:
        """The table of the job's rows."""
        return rows_table(self.job_id)


def apply_chunk(request: ChunkRequest) -> tuple[int, int]:
    """Apply a chunk in the open transaction.

    Rows whose ground has moved since the check become conflicts and are left alone.

    Returns (applied, conflicts).
    Raises IntegrityError when the database refuses a row for another reason than that somebody else has its number or short number.
    """
    execute("SET LOCAL random_page_cost = 1")  # a chunk's rows lie together, in the order of their positions
    _lock_referenced(request)
    conflicts = _mark_moved_codes(request)
    if request.has_members:
        _lock_members(request)
        conflicts += _mark(request, _MOVED_MEMBERS)
    if request.heeds_blacklist:
        conflicts += _mark(request, _BLACKLISTED_SINCE)
    if request.plan.join:
        conflicts += _mark(request, _LEAVING_ELSEWHERE)
    conflicts += _write_free(request)
    applied = fetch(f"SELECT count(*) FROM {request.rows} r WHERE {request.scope}")[0][0]
    return int(applied), conflicts


def _write_free(request: ChunkRequest) -> int:
    """Write the chunk; as often as somebody else has taken a number meanwhile, without that one. Returns how many were taken."""
    taken = 0
    while True:
        try:
            with transaction.atomic():
                _write(request)
        except IntegrityError:
            found = _mark(request, _TAKEN_NUMBERS) + _mark(request, _TAKEN_SHORT_NUMBERS)
            if not found:
                raise
            taken += found
        else:
            return taken


# --- ground ----------------------------------------------------------------------------------------------------------------------------


def _lock_referenced(request: ChunkRequest) -> None:
    """Keep customer, products, tariffs, offers and job from being deleted until the end: once, not once a row."""
    actions = request.plan.actions
    referenced = {
        "customers_customer": {request.plan.customer_id},
        "products_product": {action.product_id for action in actions if action.product_id},
        "products_tariff": {choice.id for action in actions for choice in action.tariffs},
        "products_offer": {choice.id for action in actions for choice in action.offers},
        "jobs_job": {request.job_id},
    }
    for table, keys in referenced.items():
        if keys:
            listed = ", ".join(str(key) for key in sorted(keys))
            found = fetch(f"SELECT id FROM {table} WHERE id IN ({listed}) ORDER BY id FOR KEY SHARE")
            if len(found) != len(keys):
                raise IntegrityError(f"{table}: a referenced row is gone")


def _lock_members(request: ChunkRequest) -> None:
    """Lock the memberships the chunk changes, in number order, so that two batches on the same numbers wait instead of deadlocking."""
    lock_members(f"SELECT r.member_key FROM {request.rows} r WHERE {request.scope} AND r.todo & {_join_bit(request.plan)} = 0")


def _join_bit(plan: Plan) -> int:
    return plan.join.bit if plan.join else 0


_MOVED_MEMBERS = """
SELECT r.line FROM {rows} r
LEFT JOIN members_member m ON m.id = r.member_key AND m.left_on IS NULL
LEFT JOIN LATERAL (
    SELECT {ground_of_subscriptions} AS ground FROM members_membersubscription s WHERE s.member_id = m.id AND s.ended_on IS NULL
) g ON TRUE
WHERE {scope} AND r.todo & {join_bit} = 0 AND (m.id IS NULL OR r.ground IS DISTINCT FROM ({ground_of_member} # COALESCE(g.ground, 0)))
"""

_BLACKLISTED_SINCE = """
SELECT r.line FROM {rows} r JOIN members_blacklistednumber b ON b.msisdn = r.msisdn
WHERE {scope} AND (r.verdicts & {blacklisted}) <> {blacklisted}
"""

_LEAVING_ELSEWHERE = """
SELECT r.line FROM {rows} r
WHERE {scope} AND r.todo & {join_bit} <> 0 AND EXISTS (
    SELECT FROM members_member m
    WHERE m.msisdn = r.msisdn AND m.left_on IS NOT NULL AND m.left_on > {first_day} AND m.left_on > COALESCE(r.effective_on, {effective}))
"""

_TAKEN_NUMBERS = """
SELECT r.line FROM {rows} r
WHERE {scope} AND r.todo & {join_bit} <> 0 AND EXISTS (SELECT FROM members_member m WHERE m.msisdn = r.msisdn AND m.left_on IS NULL)
"""

_TAKEN_SHORT_NUMBERS = """
SELECT r.line FROM {rows} r
WHERE {scope} AND r.todo & {join_bit} <> 0 AND r.short_number IS NOT NULL AND EXISTS (
    SELECT FROM members_member m
    WHERE m.customer_id = {customer} AND m.short_number = r.short_number AND m.left_on IS NULL AND m.short_number <> '')
"""


def _mark(request: ChunkRequest, query: str) -> int:
    """Turn the rows that `query` finds into conflicts. Returns how many."""
    plan = request.plan
    found = fetch(
        query.format(
            rows=request.rows,
            scope=request.scope,
            join_bit=_join_bit(plan),
            blacklisted=BIT["blacklisted"],
            ground_of_member=GROUND_OF_MEMBER,
            ground_of_subscriptions=GROUND_OF_SUBSCRIPTIONS,
            first_day=literal(min(request.first_day, plan.effective_on)),
            effective=literal(plan.effective_on),
            customer=literal(plan.customer_id),
        )
    )
    return _turn(request, [line for (line,) in found])


def _mark_moved_codes(request: ChunkRequest) -> int:
    """Rows that name a tariff or an offer which has changed since would silently get another one."""
    named = []
    for column, codes in (("tariff_code", request.moved_codes.tariffs), ("offer_code", request.moved_codes.offers)):
        if codes and column in request.filled:
            named.append(f"r.{column} IN ({', '.join(literal(code) for code in sorted(codes))})")
    if not named:
        return 0
    found = fetch(f"SELECT r.line FROM {request.rows} r WHERE {request.scope} AND ({' OR '.join(named)})")
    return _turn(request, [line for (line,) in found])


def _turn(request: ChunkRequest, found: list[int]) -> int:
    """Turn rows into conflicts, by their lines. Returns how many."""
    if found:
        lines = ", ".join(str(line) for line in found)
        execute(f"UPDATE {request.rows} SET state = 'c', verdicts = verdicts | {BIT['changed_since']} WHERE line IN ({lines})")
    return len(found)


# --- writes ----------------------------------------------------------------------------------------------------------------------------


def _write(request: ChunkRequest) -> None:
    for action in request.plan.actions:
        match action.kind:
            case ActionKind.LEAVE:
                _leave(request, action)
            case ActionKind.UNSUBSCRIBE | ActionKind.CHANGE_TARIFF:
                _end_subscriptions(request, action)
            case ActionKind.SUBSCRIBE if request.has_members:
                _close_expired(request, action)
    with unchecked_references():
        for action in request.plan.actions:
            if action.kind == ActionKind.JOIN:
                _join(request, action)
            elif action.kind in (ActionKind.SUBSCRIBE, ActionKind.CHANGE_TARIFF):
                _subscribe(request, action)


def _effective(request: ChunkRequest) -> str:
    return f"COALESCE(r.effective_on, {literal(request.plan.effective_on)})"


def _join(request: ChunkRequest, action: PlannedAction) -> None:
    """Insert memberships in number order: the unique index fills far better so than in file order."""
    execute(
        f"""
        INSERT INTO members_member (id, customer_id, msisdn, kind, holder_name, employee_no, department, short_number, pay_mode, state,
            joined_on, batch_id, created_at, updated_at)
        SELECT r.member_key, {request.plan.customer_id}, r.msisdn, r.kind, COALESCE(r.holder_name, ''), COALESCE(r.employee_no, ''),
            COALESCE(r.department, ''), COALESCE(r.short_number, ''), 'group', 'active', {_effective(request)}, {request.job_id},
            now(), now()
        FROM {request.rows} r WHERE {request.scope} AND r.todo & {action.bit} <> 0 ORDER BY r.position
        """
    )


def _subscribe(request: ChunkRequest, action: PlannedAction) -> None:
    choice = choice_of(action, has_tariffs="tariff_code" in request.filled, has_offers="offer_code" in request.filled)
    execute(
        f"""
        INSERT INTO members_membersubscription (customer_id, member_id, product_id, tariff_id, offer_id, effective_on, expires_on, batch_id,
            created_at, updated_at)
        SELECT {request.plan.customer_id}, r.member_key, {action.product_id}, {choice.tariff}, {choice.offer}, {_effective(request)},
            COALESCE(r.expires_on, {literal(request.plan.expires_on)}), {request.job_id}, now(), now()
        FROM {request.rows} r {choice.joins} WHERE {request.scope} AND r.todo & {action.bit} <> 0 ORDER BY r.position
        """
    )


def _leave(request: ChunkRequest, action: PlannedAction) -> None:
    """End the membership and its subscriptions: one past its expiry on the day it expired, one that was to begin later on its first day."""
    execute(
        f"""
        UPDATE members_membersubscription s SET ended_on = GREATEST(LEAST({_effective(request)}, s.expires_on), s.effective_on),
            ended_batch_id = {request.job_id}, updated_at = now()
        FROM {request.rows} r WHERE {request.scope} AND r.todo & {action.bit} <> 0 AND s.member_id = r.member_key AND s.ended_on IS NULL
        """
    )
    execute(
        f"""
        UPDATE members_member m SET left_on = {_effective(request)}, left_batch_id = {request.job_id}, updated_at = now()
        FROM {request.rows} r WHERE {request.scope} AND r.todo & {action.bit} <> 0 AND m.id = r.member_key
        """
    )


def _end_subscriptions(request: ChunkRequest, action: PlannedAction) -> None:
    execute(
        f"""
        UPDATE members_membersubscription s SET ended_on = {_effective(request)}, ended_batch_id = {request.job_id}, updated_at = now()
        FROM {request.rows} r
        WHERE {request.scope} AND r.todo & {action.bit} <> 0 AND s.member_id = r.member_key
            AND s.product_id = {action.product_id} AND s.ended_on IS NULL
        """
    )


def _close_expired(request: ChunkRequest, action: PlannedAction) -> None:
    """A subscription past its expiry still holds the place of the one live subscription: end it on the day it expired."""
    execute(
        f"""
        UPDATE members_membersubscription s SET ended_on = GREATEST(s.expires_on, s.effective_on),
            ended_batch_id = {request.job_id}, updated_at = now()
        FROM {request.rows} r
        WHERE {request.scope} AND r.todo & {action.bit} <> 0 AND r.todo & {_join_bit(request.plan)} = 0 AND s.member_id = r.member_key
            AND s.product_id = {action.product_id} AND s.ended_on IS NULL AND s.expires_on <= {_effective(request)}
        """
    )
