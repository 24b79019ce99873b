"""All verdicts of all rows of a batch, in one statement."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Final

from members.bulk.choices import Choice, choice_of
from members.bulk.ground import GROUND_OF_MEMBER, GROUND_OF_SUBSCRIPTIONS
from members.bulk.rows import create_rows, draw_key_block, rows_table
from members.bulk.staging import stage_table
from members.bulk.statements import execute, fetch, literal
from members.services.plan import ActionKind, Plan, PlannedAction
from members.verdict_codes import BIT
from members.verdicts import Severities


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What the check of a job needs.

    Attributes:
        first_day: the earliest effective date of any row.
        filled: the optional columns in which some row has a value.
        has_members: whether any row is about a number that is in the group already.
    """

    job_id: int
    plan: Plan
    severities: Severities
    first_day: datetime.date
    filled: frozenset[str]
    has_members: bool


@dataclass(slots=True)
class _Verdicts:
    """Collects `CASE WHEN condition THEN bit ELSE 0 END` terms."""

    terms: list[str] = field(default_factory=lambda: ["r.faults"])

    def add(self, code: str, condition: str) -> None:
        if condition != "FALSE":
            self.terms.append(f"CASE WHEN {condition} THEN {BIT[code]}::bigint ELSE 0 END")

    @property
    def mask(self) -> str:
        return "\n        | ".join(self.terms)


_CHECK = """
INSERT INTO {rows}
WITH leaving AS MATERIALIZED (
    SELECT msisdn, max(left_on) FILTER (WHERE customer_id = {customer}) AS own_until,
        max(left_on) FILTER (WHERE customer_id <> {customer}) AS other_until
    FROM members_member WHERE left_on IS NOT NULL AND left_on > {first_day} GROUP BY msisdn
), held AS MATERIALIZED (
    SELECT s.id, s.member_id, s.product_id, s.tariff_id, s.offer_id, s.effective_on, s.updated_at,
        COALESCE(s.expires_on, 'infinity') AS until
    FROM members_member m JOIN members_membersubscription s ON s.member_id = m.id AND s.ended_on IS NULL
    WHERE m.customer_id = {customer} AND m.left_on IS NULL AND m.msisdn IN (SELECT msisdn FROM {stage})
), repeated AS MATERIALIZED (
    SELECT msisdn, min(line) AS first_line FROM {stage} WHERE msisdn IS NOT NULL GROUP BY msisdn HAVING count(*) > 1
){shorts_cte}
SELECT {job_id}::bigint AS job_id, line, position::integer AS position,
    (CASE WHEN verdicts & {errors} <> 0 THEN 'f' WHEN todo = 0 THEN 's' ELSE 'e' END)::varchar(1) COLLATE "C" AS state,
    verdicts, todo, msisdn, kind, CASE WHEN line > first_line THEN first_line END AS duplicate_of,
    CASE WHEN own_key IS NOT NULL THEN own_key
        WHEN todo & {join_bit} <> 0 AND verdicts & {errors} = 0 THEN {key_base} + position END AS member_key,
    ground, holder_name, employee_no, department, short_number, effective_on, expires_on, tariff_code, offer_code, raw
FROM (
    SELECT r.*, d.first_line, ({mask}) & {kept} AS verdicts, {todo} AS todo,
        CASE WHEN {own} THEN m.id END AS own_key,
        CASE WHEN {own} THEN {ground_of_member} # {held_ground} ELSE 0 END AS ground
    FROM (
        SELECT s.*, row_number() OVER (ORDER BY msisdn, line) AS position, {effective} AS eff, {expiry} AS exp FROM {stage} s
    ) r
    LEFT JOIN repeated d ON d.msisdn = r.msisdn
    LEFT JOIN members_member m ON m.msisdn = r.msisdn AND m.left_on IS NULL
    LEFT JOIN leaving l ON l.msisdn = r.msisdn AND GREATEST(l.own_until, l.other_until) > r.eff
    LEFT JOIN members_blacklistednumber b ON b.msisdn = r.msisdn
    {joins}
    OFFSET 0
) checked
"""

_HELD_GROUND = f"""
    LEFT JOIN (SELECT s.member_id, {GROUND_OF_SUBSCRIPTIONS} AS ground FROM held s GROUP BY s.member_id) g ON g.member_id = m.id"""

_SHORTS = """, shorts AS MATERIALIZED (
    SELECT line, row_number() OVER (PARTITION BY short_number ORDER BY line) AS occurrence,
        EXISTS (SELECT FROM members_member t WHERE t.customer_id = {customer} AND t.short_number = s.short_number AND t.left_on IS NULL
                AND t.short_number <> '' AND t.msisdn <> s.msisdn) AS taken
    FROM {stage} s WHERE short_number IS NOT NULL AND msisdn IS NOT NULL
)"""


def check_rows(request: CheckRequest) -> None:
    """Give every staged row its verdicts, state and work, in the table of the job's rows (not yet indexed)."""
    plan = request.plan
    customer = literal(plan.customer_id)
    own = f"m.customer_id = {customer}"
    verdicts = _Verdicts()
    joins = _number_verdicts(verdicts, plan, own, request.filled) + (_HELD_GROUND if request.has_members else "")
    todo: list[str] = []
    choices: list[Choice] = []
    for action in plan.actions:
        joins += _action_verdicts(verdicts, todo, choices, action, request, own)
    _code_verdicts(verdicts, choices, request.filled)
    statement = _CHECK.format(
        rows=rows_table(request.job_id),
        stage=stage_table(request.job_id),
        job_id=request.job_id,
        customer=customer,
        first_day=literal(min(request.first_day, plan.effective_on)),
        held_ground="COALESCE(g.ground, 0)" if request.has_members else "0",
        ground_of_member=GROUND_OF_MEMBER,
        shorts_cte=_SHORTS.format(customer=customer, stage=stage_table(request.job_id)) if "short_number" in request.filled else "",
        errors=request.severities.errors,
        kept=~request.severities.off,
        join_bit=plan.join.bit if plan.join else 0,
        key_base=draw_key_block() if plan.join else 0,
        mask=verdicts.mask,
        todo="(" + "\n        | ".join(todo) + ")",
        own=own,
        effective=_date_of("effective_on", plan.effective_on, request.filled),
        expiry=_date_of("expires_on", plan.expires_on, request.filled),
        joins=joins,
    )
    create_rows(request.job_id)
    execute(statement)


def holds_members(job_id: int, customer_id: int) -> bool:
    """Whether any staged row is about a number that is in the group of the customer already."""
    return bool(
        fetch(
            f"SELECT EXISTS (SELECT FROM {stage_table(job_id)} s JOIN members_member m ON m.msisdn = s.msisdn AND m.left_on IS NULL"
            f" WHERE m.customer_id = {customer_id:d})"
        )[0][0]
    )


def _date_of(column: str, default: datetime.date | None, filled: frozenset[str]) -> str:
    return f"COALESCE(s.{column}, {literal(default)})" if column in filled else f"{literal(default)}::date"


def _number_verdicts(verdicts: _Verdicts, plan: Plan, own: str, filled: frozenset[str]) -> str:
    """Verdicts on the number itself and on its dates. Returns the joins they need."""
    customer = literal(plan.customer_id)
    verdicts.add("duplicate_in_file", "r.line > d.first_line")
    verdicts.add("member_elsewhere", f"m.customer_id <> {customer} OR l.other_until > r.eff")
    verdicts.add("blacklisted", "b.msisdn IS NOT NULL")
    verdicts.add("number_suspended", f"{own} AND m.state = 'suspended'")
    verdicts.add("number_porting", f"{own} AND m.state = 'porting'")
    leaving = f"l.own_until > r.eff AND {own} IS NOT TRUE"
    verdicts.add("already_leaving", leaving)
    if plan.join:
        verdicts.add("already_member", own)
    else:
        absent = f"m.customer_id IS DISTINCT FROM {customer}"
        verdicts.add("not_a_member", f"r.msisdn IS NOT NULL AND {absent} AND NOT COALESCE({leaving}, FALSE)")
    verdicts.add("date_reversed", "r.exp <= r.eff")
    if "short_number" not in filled:
        return ""
    verdicts.add("short_number_taken", "n.occurrence > 1 OR n.taken")
    return " LEFT JOIN shorts n ON n.line = r.line"


def _action_verdicts(
    verdicts: _Verdicts, todo: list[str], choices: list[Choice], action: PlannedAction, request: CheckRequest, own: str
) -> str:
    """What one action finds on a row. Returns the joins it needs."""
    bit, plan, filled = action.bit, request.plan, request.filled
    if action.kind == ActionKind.JOIN:
        todo.append(f"CASE WHEN {_FREE} THEN {bit} ELSE 0 END")
        return ""
    if action.kind == ActionKind.LEAVE:
        todo.append(f"CASE WHEN {own} THEN {bit} ELSE 0 END")
        verdicts.add("date_reversed", f"{own} AND r.eff < m.joined_on")
        return ""
    x = f"x{action.index}"
    joins, has = "", "FALSE"
    if request.has_members or action.kind != ActionKind.SUBSCRIBE:
        joins = f" LEFT JOIN held {x} ON {x}.member_id = m.id AND {x}.product_id = {action.product_id}"
        has = f"COALESCE({x}.until > r.eff, FALSE)"
    present = _present(plan, own)
    if action.kind == ActionKind.UNSUBSCRIBE:
        todo.append(f"CASE WHEN {has} THEN {bit} ELSE 0 END")
        verdicts.add("no_product", f"{present} AND NOT {has}")
        verdicts.add("date_reversed", f"{has} AND r.eff < {x}.effective_on")
        return joins + _dependents(verdicts, action, plan, has)
    choice = choice_of(action, has_tariffs="tariff_code" in filled, has_offers="offer_code" in filled)
    choices.append(choice)
    joins += choice.joins
    _offer_verdicts(verdicts, action, choice)
    if action.kind == ActionKind.CHANGE_TARIFF:
        same = f"({x}.tariff_id = {choice.tariff} AND {x}.offer_id IS NOT DISTINCT FROM ({choice.offer}))"
        todo.append(f"CASE WHEN {has} AND NOT {same} THEN {bit} ELSE 0 END")
        verdicts.add("has_tariff", f"{has} AND {same}")
        verdicts.add("no_product", f"{present} AND NOT {has}")
        verdicts.add("date_reversed", f"{has} AND NOT {same} AND r.eff < {x}.effective_on")
        return joins
    begins = f"{present} AND NOT {has}"
    todo.append(f"CASE WHEN {begins} THEN {bit} ELSE 0 END")
    verdicts.add("has_product", has)
    verdicts.add("date_reversed", f"{own} AND NOT {has} AND r.eff < m.joined_on")
    return joins + _product_rules(verdicts, action, plan, begins, has_members=request.has_members)


_FREE: Final = "m.id IS NULL AND l.msisdn IS NULL AND r.msisdn IS NOT NULL"


def _present(plan: Plan, own: str) -> str:
    """Whether the number is in the group, or this batch joins it."""
    return f"({own} OR ({_FREE}))" if plan.join else f"COALESCE({own}, FALSE)"


def _offer_verdicts(verdicts: _Verdicts, action: PlannedAction, choice: Choice) -> None:
    verdicts.add("product_unknown", f"r.eff < {literal(action.product_since)} OR r.eff >= {literal(action.product_until)}")
    verdicts.add("tariff_unknown", f"{choice.tariff_until} <= r.eff OR {choice.mismatch}")
    verdicts.add("date_outside_offer", f"r.eff < {choice.offer_since} OR r.eff >= {choice.offer_until} OR r.exp > {choice.offer_until}")


def _code_verdicts(verdicts: _Verdicts, choices: list[Choice], filled: frozenset[str]) -> None:
    """A row's own tariff or offer is unknown when no action of the batch can take it."""
    if "tariff_code" in filled:
        found = " OR ".join(choice.tariff_found for choice in choices) or "FALSE"
        verdicts.add("tariff_unknown", f"r.tariff_code IS NOT NULL AND NOT ({found})")
    if "offer_code" in filled:
        found = " OR ".join(choice.offer_found for choice in choices) or "FALSE"
        verdicts.add("offer_unknown", f"r.offer_code IS NOT NULL AND NOT ({found})")


def _product_rules(verdicts: _Verdicts, action: PlannedAction, plan: Plan, begins: str, *, has_members: bool) -> str:
    """Exclusions and requirements of a product to be subscribed where `begins`, with the rest of the batch taken into account."""
    ended = {other.product_id for other in plan.of_kind(ActionKind.UNSUBSCRIBE)}
    begun = {other.product_id for other in plan.of_kind(ActionKind.SUBSCRIBE)}
    joins = ""
    clashing = [product for product in action.excluded if product not in ended]
    if begun & set(clashing):
        verdicts.add("product_excluded", begins)
    elif clashing and has_members:
        joins += _held_until(f"e{action.index}", clashing)
        verdicts.add("product_excluded", f"{begins} AND e{action.index}.until > r.eff")
    for place, product in enumerate(action.required):
        alias = f"q{action.index}_{place}"
        if product in ended or not (product in begun or has_members):
            verdicts.add("product_required", begins)
        elif product not in begun:
            joins += _held_until(alias, [product])
            verdicts.add("product_required", f"{begins} AND NOT COALESCE({alias}.until > r.eff, FALSE)")
    return joins


def _dependents(verdicts: _Verdicts, action: PlannedAction, plan: Plan, has: str) -> str:
    """Products that need the one to be ended, and stay."""
    ended = {other.product_id for other in plan.of_kind(ActionKind.UNSUBSCRIBE)}
    begun = {other.product_id for other in plan.of_kind(ActionKind.SUBSCRIBE)}
    staying = [product for product in action.dependents if product not in ended]
    if not staying:
        return ""
    if begun & set(staying):
        verdicts.add("product_required", has)
        return ""
    verdicts.add("product_required", f"{has} AND d{action.index}.until > r.eff")
    return _held_until(f"d{action.index}", staying)


def _held_until(alias: str, products: list[int]) -> str:
    listed = ", ".join(str(product) for product in products)
    last = f"SELECT member_id, max(until) AS until FROM held WHERE product_id IN ({listed}) GROUP BY member_id"
    return f" LEFT JOIN ({last}) {alias} ON {alias}.member_id = m.id"
