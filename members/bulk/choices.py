"""Which tariff and offer a row takes for an action: the row's own columns, else the batch's. One rule for the check and the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from members.bulk.statements import literal, values_table
from members.services.plan import PlannedAction

_NONE: Final = "NULL::bigint"


@dataclass(frozen=True, slots=True)
class Choice:
    """SQL for one action over a row alias `r`.

    Attributes:
        joins: the lookups of the row's own codes; empty where the source has no such columns.
        tariff, offer: expressions for the keys taken (bigint, offer may be NULL).
        tariff_found, offer_found: whether the row's own code, if it has one, was found for this action's product.
        tariff_until, offer_since, offer_until: the dates of what is taken (NULL: no offer).
        mismatch: whether the row names a tariff and an offer that were not made for each other.
    """

    joins: str
    tariff: str
    offer: str
    tariff_found: str
    offer_found: str
    tariff_until: str
    offer_since: str
    offer_until: str
    mismatch: str


def choice_of(action: PlannedAction, *, has_tariffs: bool, has_offers: bool) -> Choice:
    """The SQL by which rows choose tariff and offer for `action`.

    Arguments:
        has_tariffs, has_offers: whether any row of the source brings a tariff or an offer of its own.
    """
    t, o = f"t{action.index}", f"o{action.index}"
    default_tariff = action.tariff.id if action.tariff else None
    default_offer = action.offer
    untils = {choice.id: choice.until for choice in action.tariffs}
    joins = ""
    by_tariff = by_offer = _NONE
    if has_tariffs and action.tariffs:
        table = values_table([(c.code, c.id, c.until) for c in action.tariffs], t, "code, id, until")
        joins += f" LEFT JOIN {table} ON {t}.code = r.tariff_code"
        by_tariff = f"{t}.id"
    if has_offers and action.offers:
        listed = [(c.code, c.id, c.tariff_id, untils.get(c.tariff_id), c.since, c.until) for c in action.offers]
        table = values_table(listed, o, "code, id, tariff_id, tariff_until, since, until")
        joins += f" LEFT JOIN {table} ON {o}.code = r.offer_code"
        by_offer = f"{o}.id"
    own_offer_tariff = f"{o}.tariff_id" if by_offer != _NONE else _NONE
    keeps_default = f"({by_tariff} IS NULL OR {by_tariff} = {literal(default_offer.tariff_id)})" if default_offer else "FALSE"
    keeps_default = f"({by_offer} IS NULL AND {keeps_default})"
    untils_found = [f"{t}.until"] * (by_tariff != _NONE) + [f"{o}.tariff_until"] * (by_offer != _NONE)
    untils_found.append(f"{literal(untils.get(default_tariff or 0))}::date")
    return Choice(
        joins=joins,
        tariff=f"COALESCE({by_tariff}, {own_offer_tariff}, {literal(default_tariff)})",
        offer=f"CASE WHEN {keeps_default} THEN {literal(default_offer.id if default_offer else None)}::bigint ELSE {by_offer} END",
        tariff_found=f"({by_tariff} IS NOT NULL)",
        offer_found=f"({by_offer} IS NOT NULL)",
        tariff_until=f"COALESCE({', '.join(untils_found)})",
        offer_since=_offer_date("since", default_offer.since if default_offer else None, keeps_default, by_offer, o),
        offer_until=_offer_date("until", default_offer.until if default_offer else None, keeps_default, by_offer, o),
        mismatch=f"COALESCE({by_tariff} <> {own_offer_tariff}, FALSE)",
    )


def _offer_date(column: str, default: object, keeps_default: str, by_offer: str, alias: str) -> str:
    own = f"{alias}.{column}" if by_offer != _NONE else "NULL::date"
    return f"CASE WHEN {keeps_default} THEN {literal(default)}::date ELSE {own} END"  # type: ignore[arg-type]  # a date or None
