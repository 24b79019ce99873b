"""Verdict codes and their bits. Free of Django, because the reader's child process sets some of them."""

from __future__ import annotations

from typing import Final

CODES: Final = (
    "number_missing",
    "number_malformed",
    "number_unassigned",
    "duplicate_in_file",
    "member_elsewhere",
    "already_member",
    "already_leaving",
    "has_product",
    "has_tariff",
    "no_product",
    "not_a_member",
    "blacklisted",
    "number_suspended",
    "number_porting",
    "product_excluded",
    "product_required",
    "below_min_members",
    "commitment_exceeded",
    "product_unknown",
    "tariff_unknown",
    "offer_unknown",
    "date_unreadable",
    "date_reversed",
    "date_outside_offer",
    "short_number_malformed",
    "short_number_taken",
    "text_too_long",
    "text_control",
    "changed_since",
    "run_failed",
)

BIT: Final[dict[str, int]] = {code: 1 << place for place, code in enumerate(CODES)}


def codes_of(mask: int) -> list[str]:
    """The codes whose bits are set in `mask`, in the order of `CODES`."""
    return [code for code in CODES if mask & BIT[code]]


def mask_of(codes: list[str] | tuple[str, ...] | frozenset[str]) -> int:
    """The bit mask of `codes`."""
    mask = 0
    for code in codes:
        mask |= BIT[code]
    return mask
