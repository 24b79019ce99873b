"""What the verdicts of rows say to one reader: looked up for a page of rows at once, and only what the reader may see is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from access.models import User
from common.masking import mask_digits
from customers.models import Customer
from members.models import BatchRow, Member, MemberSubscription, Severity
from members.reading.normalise import national
from members.services.plan import ActionKind
from members.verdict_codes import codes_of
from members.verdicts import LABELS, Severities, read_severities
from products.models import Product, ProductRule, ProductRuleKind


@dataclass(frozen=True, slots=True)
class Explanation:
    """One verdict of one row: its code, how severe it is, its label, and what exactly was found (may be empty)."""

    code: str
    severity: Severity
    label: str
    detail: str

    @property
    def text(self) -> str:
        """Label and detail as one sentence."""
        return _("%(label)s: %(detail)s") % {"label": self.label, "detail": self.detail} if self.detail else self.label


class Explainer:
    """Explains rows of one job to one reader; rules and products are read once."""

    def __init__(self, parameters: dict[str, object], mapping: dict[str, int], reader: User, *, in_full: bool = False) -> None:
        """Take the job's parameters, the column of each field in the source, who reads, and whether cells are quoted unmasked."""
        self.mapping = mapping
        self.in_full = in_full
        self.reader = reader
        self.severities: Severities = read_severities()
        self.labels = {code: str(label) for code, label in LABELS.items()}
        actions = parameters.get("actions")
        self.actions: list[dict[str, str]] = actions if isinstance(actions, list) else []

    def explain(self, rows: Sequence[BatchRow]) -> list[list[Explanation]]:
        """The explanations of each row, in the order of `CODES`; a constant number of queries for any number of rows."""
        groups = self._groups_elsewhere([row for row in rows if "member_elsewhere" in codes_of(row.verdicts)])
        clashes = self._clashes([row for row in rows if {"product_excluded", "product_required"} & set(codes_of(row.verdicts))])
        return [
            [
                Explanation(code, self.severities.of(code), self.labels[code], self._detail(code, row, groups, clashes))
                for code in codes_of(row.verdicts)
            ]
            for row in rows
        ]

    def _detail(self, code: str, row: BatchRow, groups: dict[str, str], clashes: dict[int, dict[str, str]]) -> str:
        match code:
            case "number_malformed":
                return self._quoted(_why_malformed(self._cell(row, "number")))
            case "duplicate_in_file":
                return _("row %(line)s comes first") % {"line": row.duplicate_of} if row.duplicate_of else ""
            case "member_elsewhere":
                return groups.get(row.msisdn or "", "")
            case "product_excluded" | "product_required":
                return clashes.get(row.line, {}).get(code, "")
            case "date_unreadable":
                return self._quoted(" · ".join(filter(None, (self._cell(row, "effective_on"), self._cell(row, "expires_on")))))
            case "tariff_unknown" | "offer_unknown":
                return self._quoted(self._cell(row, "tariff_code" if code == "tariff_unknown" else "offer_code"))
            case "short_number_malformed" | "short_number_taken":
                return self._quoted(self._cell(row, "short_number"))
        return ""

    def _quoted(self, text: str) -> str:
        """What a cell says, as the reader may see it: a wrong column may hold anything."""
        return text if self.in_full else mask_digits(text)

    def _cell(self, row: BatchRow, field: str) -> str:
        column = self.mapping.get(field)
        cells = row.cells
        return cells[column].strip()[:40] if column is not None and column < len(cells) else ""

    def _groups_elsewhere(self, rows: Sequence[BatchRow]) -> dict[str, str]:
        """Number to the name of the group that has it, for groups that the reader may see."""
        numbers = {row.msisdn for row in rows if row.msisdn}
        if not numbers:
            return {}
        visible = Customer.objects.visible_to(self.reader)
        found = Member.objects.filter(msisdn__in=numbers, left_on=None, customer__in=visible)
        return dict(found.values_list("msisdn", "customer__name"))

    def _clashes(self, rows: Sequence[BatchRow]) -> dict[int, dict[str, str]]:
        """Line to the names of the products that a row clashes with, or lacks."""
        if not rows:
            return {}
        begun = [spec["product"] for spec in self.actions if spec["kind"] == ActionKind.SUBSCRIBE]
        ended = [spec["product"] for spec in self.actions if spec["kind"] == ActionKind.UNSUBSCRIBE]
        rules = list(ProductRule.objects.values_list("product__code", "kind", "other__code"))
        excluded = {b for a, kind, b in rules if kind == ProductRuleKind.EXCLUDES and a in begun}
        excluded |= {a for a, kind, b in rules if kind == ProductRuleKind.EXCLUDES and b in begun}
        required = {b for a, kind, b in rules if kind == ProductRuleKind.REQUIRES and a in begun}
        dependent = {a for a, kind, b in rules if kind == ProductRuleKind.REQUIRES and b in ended}
        names = {product.code: product.label for product in Product.objects.filter(code__in=excluded | required | dependent)}
        held = self._held({row.member_key for row in rows if row.member_key})
        return {
            row.line: {
                "product_excluded": _listed(names, excluded & (held.get(row.member_key or 0, set()) | set(begun))),
                "product_required": _listed(
                    names, (required - held.get(row.member_key or 0, set())) | (dependent & held.get(row.member_key or 0, set()))
                ),
            }
            for row in rows
        }

    def _held(self, members: set[int]) -> dict[int, set[str]]:
        held: dict[int, set[str]] = {}
        found = MemberSubscription.objects.filter(member__in=members, ended_on=None).values_list("member_id", "product__code")
        for member, product in found:
            held.setdefault(member, set()).add(product)
        return held


def _listed(names: dict[str, str], codes: set[str]) -> str:
    return ", ".join(names[code] for code in sorted(codes) if code in names)


def _why_malformed(cell: str) -> str:
    folded = cell.upper()
    if "E+" in folded and any(character.isdigit() for character in folded):
        return _("digits were lost; format the column as text")
    digits = sum(character.isdigit() for character in cell)
    if digits and digits == len(cell):
        return _("%(count)s digits") % {"count": digits}
    return cell


def normalised_from(row: BatchRow, mapping: dict[str, int]) -> str:
    """The national form of a row's number where the cell was written otherwise; empty where nothing was changed."""
    column = mapping.get("number")
    if row.msisdn is None or column is None or column >= len(row.cells):
        return ""
    shown = national(row.msisdn)
    return shown if row.cells[column].strip() != shown else ""
