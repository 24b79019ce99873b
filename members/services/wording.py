"""Batches in words: their actions, and why they do not go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from jobs.errors import describe
from members.services.plan import ActionKind, ActionSpec
from members.verdicts import LABELS
from products.models import Product, Tariff

_LISTED: Final = ", "


class ActionWords:
    """Says actions in the current language; the names of all products and tariffs involved are read by two queries."""

    def __init__(self, specs: Iterable[ActionSpec]) -> None:
        """Take the actions to be told."""
        self.specs = list(specs)
        codes = {spec.product for spec in self.specs if spec.product}
        self._products = {product.code: product.label for product in Product.objects.filter(code__in=codes)} if codes else {}
        tariffs = Tariff.objects.filter(product__code__in=codes).select_related("product") if codes else ()
        self._tariffs = {(tariff.product.code, tariff.code): tariff.label for tariff in tariffs}

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> ActionWords:
        """Of what `Job.parameters` keeps."""
        return cls(ActionSpec(**action) for action in parameters.get("actions", []))

    def short(self, spec: ActionSpec) -> str:
        """An action in one or two words: for a figure beside it."""
        product = self._products.get(spec.product, spec.product)
        match spec.kind:
            case ActionKind.JOIN:
                return _("Join")
            case ActionKind.LEAVE:
                return _("Leave")
            case ActionKind.SUBSCRIBE:
                return product
            case ActionKind.UNSUBSCRIBE:
                return _("End %(product)s") % {"product": product}
        return _("%(product)s: new tariff") % {"product": product}

    def full(self, spec: ActionSpec) -> str:
        """An action with its tariff and offer."""
        terms = _LISTED.join(filter(None, (self._tariffs.get((spec.product, spec.tariff), spec.tariff), spec.offer)))
        return _("%(action)s (%(terms)s)") % {"action": self.short(spec), "terms": terms} if terms else self.short(spec)

    @property
    def sentence(self) -> str:
        """All actions, such as "Join + V-net (10 CNY plan)"."""
        return " + ".join(self.full(spec) for spec in self.specs)


def refusal_text(code: str, figures: Mapping[str, Any]) -> str:
    """Why a job does not go on, in the current language; rules of the group by their names."""
    if code == "group_rule":
        names = [str(LABELS[rule]) if rule in LABELS else rule for rule in str(figures.get("rule", "")).split(_LISTED)]
        return describe(code, {**figures, "rule": _LISTED.join(names)})
    return describe(code, dict(figures))
