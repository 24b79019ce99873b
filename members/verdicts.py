"""What each verdict says to people, and how severe it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from members.models import Severity, VerdictRule
from members.verdict_codes import BIT, CODES, mask_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise  # the stubs' name of a lazy text

LABELS: Final[dict[str, _StrPromise]] = {
    "number_missing": _("Number missing"),
    "number_malformed": _("Not a valid number"),
    "number_unassigned": _("Number segment not listed"),
    "duplicate_in_file": _("Repeated in the file"),
    "member_elsewhere": _("Member of another group"),
    "already_member": _("Already a member"),
    "already_leaving": _("Already leaving"),
    "has_product": _("Has the product"),
    "has_tariff": _("Has the tariff"),
    "no_product": _("Does not have the product"),
    "not_a_member": _("Not a member of this group"),
    "blacklisted": _("Blacklisted"),
    "number_suspended": _("Number suspended"),
    "number_porting": _("Number being ported out"),
    "product_excluded": _("Excluded by another product"),
    "product_required": _("Another product required"),
    "below_min_members": _("Below the minimum of members"),
    "commitment_exceeded": _("More than agreed"),
    "product_unknown": _("Product not available"),
    "tariff_unknown": _("Tariff unknown or retired"),
    "offer_unknown": _("Offer unknown or not usable"),
    "date_unreadable": _("Date not readable"),
    "date_reversed": _("Dates reversed"),
    "date_outside_offer": _("Date outside the offer"),
    "short_number_malformed": _("Not a valid short number"),
    "short_number_taken": _("Short number taken"),
    "text_too_long": _("Text too long"),
    "text_control": _("Control characters in the text"),
    "changed_since": _("Changed since the check"),
    "run_failed": _("Could not be run"),
}

HARD: Final = frozenset(
    {
        "number_missing", "number_malformed", "duplicate_in_file", "member_elsewhere", "not_a_member", "product_unknown",
        "tariff_unknown", "offer_unknown", "date_unreadable", "date_reversed", "short_number_malformed", "short_number_taken",
        "text_too_long", "text_control", "changed_since", "run_failed",
    }
)  # fmt: skip
"""Codes that stay errors whatever the rules say: the tables themselves forbid such rows, or there is nothing to write."""

NOTHING_TO_DO: Final = frozenset({"already_member", "already_leaving", "has_product", "has_tariff", "no_product"})
"""Codes that say an action has nothing to do; they are never errors."""

GROUP_CODES: Final = ("below_min_members", "commitment_exceeded")
"""Codes about the group as a whole; they are counted for the batch and not set on rows."""


@dataclass(frozen=True, slots=True)
class Severities:
    """The rules as bit masks over verdicts: which are errors, which warnings, which are switched off."""

    errors: int
    warnings: int
    off: int

    def of(self, code: str) -> Severity:
        """The severity of one code."""
        bit = BIT[code]
        if bit & self.errors:
            return Severity.ERROR
        if bit & self.warnings:
            return Severity.WARNING
        return Severity.OFF if bit & self.off else Severity.SKIP


DEFAULT_SEVERITIES: Final[dict[str, Severity]] = (
    dict.fromkeys(CODES, Severity.ERROR)
    | dict.fromkeys(("number_unassigned", *GROUP_CODES), Severity.WARNING)
    | dict.fromkeys(sorted(NOTHING_TO_DO), Severity.SKIP)
)
"""How severe a verdict is until an administrator says otherwise."""


def enter_missing_rules() -> None:
    """Enter a row with the default severity for each verdict that has none; rows that are there stay as they are."""
    VerdictRule.objects.bulk_create(
        (VerdictRule(code=code, severity=severity) for code, severity in DEFAULT_SEVERITIES.items() if code != "changed_since"),
        ignore_conflicts=True,
    )


def read_severities() -> Severities:
    """The rules in force, by one query. A hard code is an error whatever its row says."""
    rules = dict(VerdictRule.objects.values_list("code", "severity"))
    by_severity: dict[str, list[str]] = {severity: [] for severity in Severity.values}
    for code in CODES:
        if code in HARD:
            severity: str = Severity.ERROR
        elif code in NOTHING_TO_DO:
            severity = Severity.SKIP
        else:
            severity = rules.get(code, DEFAULT_SEVERITIES[code])
            if severity == Severity.SKIP:  # only for what has nothing to do
                severity = Severity.ERROR
        by_severity[severity].append(code)
    return Severities(mask_of(by_severity[Severity.ERROR]), mask_of(by_severity[Severity.WARNING]), mask_of(by_severity[Severity.OFF]))
