"""What a batch is asked to do: actions as people write them, resolved against the catalogue and the customer's offers."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from products.models import Offer, OfferStatus, Product, ProductRule, ProductRuleKind, Tariff

FAR: Final = datetime.date(9999, 12, 31)


class ActionKind(models.TextChoices):
    """What can be done to a number."""

    JOIN = "join", gettext_lazy("join")
    LEAVE = "leave", gettext_lazy("leave")
    SUBSCRIBE = "subscribe", gettext_lazy("subscribe")
    UNSUBSCRIBE = "unsubscribe", gettext_lazy("unsubscribe")
    CHANGE_TARIFF = "change_tariff", gettext_lazy("change tariff")


WITH_TARIFF: Final = frozenset({ActionKind.SUBSCRIBE, ActionKind.CHANGE_TARIFF})
WITH_PRODUCT: Final = WITH_TARIFF | {ActionKind.UNSUBSCRIBE}


class PlanInvalid(Exception):
    """The actions make no sense as asked. `message` says why, in the current language; `field` names the part at fault."""

    def __init__(self, message: str, field: str = "actions") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action as asked: its kind and the codes of product, tariff and offer (empty where not given)."""

    kind: str
    product: str = ""
    tariff: str = ""
    offer: str = ""

    @classmethod
    def parse(cls, text: str) -> ActionSpec:
        """Read `join`, `leave`, `subscribe:PRODUCT:TARIFF[:OFFER]`, `unsubscribe:PRODUCT`, `change_tariff:PRODUCT:TARIFF[:OFFER]`.

        Raises PlanInvalid.
        """
        kind, *codes = text.strip().split(":")
        if kind not in ActionKind.values:
            raise PlanInvalid(
                _("“%(text)s” is not an action. Actions: %(actions)s.") % {"text": text, "actions": ", ".join(ActionKind.values)}
            )
        if len(codes) > 3:
            raise PlanInvalid(_("“%(text)s” has too many parts.") % {"text": text})
        return cls(kind, *codes)

    def __str__(self) -> str:
        return f"{self.kind}:{self.product}:{self.tariff}:{self.offer}".rstrip(":")

    def as_json(self) -> dict[str, str]:
        """What `Job.parameters` keeps."""
        return asdict(self)


@dataclass(slots=True)
class TariffChoice:
    """A tariff that the action's product may be taken under; retired from `until` on."""

    id: int
    code: str
    until: datetime.date = FAR


@dataclass(slots=True)
class OfferChoice:
    """An offer of the customer for the action's product, from `since` until the day before `until`."""

    id: int
    code: str
    tariff_id: int
    since: datetime.date
    until: datetime.date = FAR


@dataclass(slots=True)
class PlannedAction:
    """An action with everything the check needs to know of the catalogue. `index` is its bit in `BatchRow.todo`."""

    index: int
    spec: ActionSpec
    product_id: int = 0
    product_since: datetime.date = datetime.date.min
    product_until: datetime.date = FAR
    tariff: TariffChoice | None = None
    offer: OfferChoice | None = None
    tariffs: list[TariffChoice] = field(default_factory=list)
    offers: list[OfferChoice] = field(default_factory=list)
    excluded: list[int] = field(default_factory=list)
    required: list[int] = field(default_factory=list)
    dependents: list[int] = field(default_factory=list)

    def terms(self) -> dict[str, Any]:
        """What the catalogue says of the action's own product, tariff and offer, in a form that JSON keeps."""
        return {
            "product": [self.product_id, str(self.product_since), str(self.product_until)],
            "tariff": _values(self.tariff),
            "offer": _values(self.offer),
            "rules": [self.excluded, self.required, self.dependents],
            "tariffs": {choice.code: _values(choice) for choice in self.tariffs},
            "offers": {choice.code: _values(choice) for choice in self.offers},
        }

    @property
    def bit(self) -> int:
        """The action's bit in `BatchRow.todo`."""
        return 1 << self.index

    @property
    def kind(self) -> str:
        """The action's kind."""
        return self.spec.kind


def _values(choice: TariffChoice | OfferChoice | None) -> list[str] | None:
    return [str(value) for value in asdict(choice).values()] if choice else None


@dataclass(frozen=True, slots=True)
class MovedCodes:
    """Tariffs and offers that rows may name and that stand otherwise in the catalogue than they did."""

    tariffs: frozenset[str] = frozenset()
    offers: frozenset[str] = frozenset()


@dataclass(slots=True)
class Plan:
    """A batch's actions, resolved. Dates are the defaults of rows that bring none of their own."""

    customer_id: int
    actions: list[PlannedAction]
    effective_on: datetime.date
    expires_on: datetime.date | None

    def of_kind(self, *kinds: str) -> list[PlannedAction]:
        """The actions of some kinds, in order."""
        return [action for action in self.actions if action.kind in kinds]

    def terms(self) -> list[dict[str, Any]]:
        """What the catalogue says of each action, to be kept and compared with later."""
        return [action.terms() for action in self.actions]

    def moved_since(self, terms: list[dict[str, Any]]) -> MovedCodes | None:
        """What has changed in the catalogue since it gave `terms`; None when the actions' own product, tariff, offer or rules have."""
        tariffs: set[str] = set()
        offers: set[str] = set()
        for before, now in zip(terms, self.terms(), strict=True):
            if any(before[name] != now[name] for name in ("product", "tariff", "offer", "rules")):
                return None
            tariffs |= _changed(before["tariffs"], now["tariffs"])
            offers |= _changed(before["offers"], now["offers"])
        return MovedCodes(frozenset(tariffs), frozenset(offers))

    @property
    def join(self) -> PlannedAction | None:
        """The action that joins numbers to the group, if the batch has one."""
        return next(iter(self.of_kind(ActionKind.JOIN)), None)

    @property
    def leave(self) -> PlannedAction | None:
        """The action that takes numbers out of the group, if the batch has one."""
        return next(iter(self.of_kind(ActionKind.LEAVE)), None)


def _changed(before: dict[str, Any], now: dict[str, Any]) -> set[str]:
    return {code for code in before.keys() | now.keys() if before.get(code) != now.get(code)}


def plan_batch(customer: Customer, specs: Iterable[ActionSpec], *, effective_on: datetime.date, expires_on: datetime.date | None) -> Plan:
    """Resolve the actions of a batch for `customer`, by a constant number of queries.

    Raises PlanInvalid when they contradict one another, name a product, tariff or offer that is unknown, retired or not on offer for this
    customer on `effective_on`, or when the dates are reversed.
    """
    wanted = list(specs)
    _check_together(wanted)
    if expires_on is not None and expires_on <= effective_on:
        raise PlanInvalid(_("The expiry lies before the effective date."), "expires_on")
    catalogue = _Catalogue(customer, {spec.product for spec in wanted if spec.product})
    actions = [_resolve(index, spec, catalogue, effective_on) for index, spec in enumerate(wanted)]
    return Plan(customer.pk, actions, effective_on, expires_on)


def _check_together(specs: list[ActionSpec]) -> None:
    kinds = [spec.kind for spec in specs]
    if not specs:
        raise PlanInvalid(_("Choose at least one action."))
    if len(specs) > 16:
        raise PlanInvalid(_("A batch takes at most 16 actions."))
    if ActionKind.LEAVE in kinds and len(specs) > 1:
        raise PlanInvalid(_("“Leave” ends all subscriptions too, so it stands alone."))
    if len({(spec.kind, spec.product) for spec in specs}) < len(specs):
        raise PlanInvalid(_("The same action stands twice."))
    ended = {spec.product for spec in specs if spec.kind == ActionKind.UNSUBSCRIBE}
    if ended & {spec.product for spec in specs if spec.kind in WITH_TARIFF}:
        raise PlanInvalid(_("One batch cannot both end a product and put numbers on it."))


class _Catalogue:
    """The products named in a batch, with their tariffs, rules, and this customer's offers."""

    def __init__(self, customer: Customer, codes: set[str]) -> None:
        self.products = {product.code: product for product in Product.objects.filter(code__in=codes)}
        ids = [product.pk for product in self.products.values()]
        self.tariffs: dict[int, list[TariffChoice]] = defaultdict(list)
        for tariff in Tariff.objects.filter(product__in=ids).order_by("code"):
            self.tariffs[tariff.product_id].append(TariffChoice(tariff.pk, tariff.code, tariff.retired_on or FAR))
        self.offers: dict[int, list[OfferChoice]] = defaultdict(list)
        approved = Offer.objects.filter(customer=customer, product__in=ids, status=OfferStatus.APPROVED).order_by("code")
        for offer in approved:
            choice = OfferChoice(offer.pk, offer.code, offer.tariff_id, offer.effective_on, offer.expires_on or FAR)
            self.offers[offer.product_id].append(choice)
        self.rules = list(ProductRule.objects.filter(Q(product__in=ids) | Q(other__in=ids)).values_list("product_id", "kind", "other_id"))

    def related(self, product_id: int) -> tuple[list[int], list[int], list[int]]:
        """Products that `product_id` excludes (either way round), that it requires, and that require it."""
        excluded = {other for product, kind, other in self.rules if kind == ProductRuleKind.EXCLUDES and product == product_id}
        excluded |= {product for product, kind, other in self.rules if kind == ProductRuleKind.EXCLUDES and other == product_id}
        required = {other for product, kind, other in self.rules if kind == ProductRuleKind.REQUIRES and product == product_id}
        dependents = {product for product, kind, other in self.rules if kind == ProductRuleKind.REQUIRES and other == product_id}
        return sorted(excluded), sorted(required), sorted(dependents)


def _resolve(index: int, spec: ActionSpec, catalogue: _Catalogue, on: datetime.date) -> PlannedAction:
    if spec.kind not in WITH_PRODUCT:
        if spec.product:
            raise PlanInvalid(_("“%(action)s” takes no product.") % {"action": spec.kind})
        return PlannedAction(index, spec)
    product = catalogue.products.get(spec.product)
    if product is None or not product.member_level:
        raise PlanInvalid(_("Product “%(code)s” is unknown or not for members.") % {"code": spec.product})
    action = PlannedAction(index, spec, product.pk, product.available_from, product.retired_on or FAR)
    action.excluded, action.required, action.dependents = catalogue.related(product.pk)
    if spec.kind == ActionKind.UNSUBSCRIBE:
        if spec.tariff or spec.offer:
            raise PlanInvalid(_("“%(action)s” takes no tariff.") % {"action": spec.kind})
        return action
    if not product.is_available(on):
        raise PlanInvalid(_("Product “%(code)s” is not available on %(day)s.") % {"code": spec.product, "day": on.isoformat()})
    action.tariffs, action.offers = catalogue.tariffs[product.pk], catalogue.offers[product.pk]
    action.offer = _pick_offer(spec, action.offers, on)
    action.tariff = _pick_tariff(spec, action, on)
    return action


def _pick_offer(spec: ActionSpec, offers: list[OfferChoice], on: datetime.date) -> OfferChoice | None:
    if not spec.offer:
        return None
    offer = next((choice for choice in offers if choice.code == spec.offer), None)
    if offer is None or not offer.since <= on < offer.until:
        raise PlanInvalid(_("Offer “%(code)s” is not on offer for this customer on %(day)s.") % {"code": spec.offer, "day": on.isoformat()})
    return offer


def _pick_tariff(spec: ActionSpec, action: PlannedAction, on: datetime.date) -> TariffChoice:
    if not spec.tariff and action.offer is None:
        raise PlanInvalid(_("“%(action)s” of “%(code)s” needs a tariff or an offer.") % {"action": spec.kind, "code": spec.product})
    for choice in action.tariffs:
        if choice.code == spec.tariff or (not spec.tariff and action.offer is not None and choice.id == action.offer.tariff_id):
            if on >= choice.until:
                break
            if action.offer is not None and choice.id != action.offer.tariff_id:
                raise PlanInvalid(
                    _("Offer “%(offer)s” was made for another tariff than “%(code)s”.") % {"offer": spec.offer, "code": choice.code}
                )
            return choice
    raise PlanInvalid(_("Tariff “%(code)s” is unknown, retired or not of this product.") % {"code": spec.tariff})


def parameters_of(specs: Iterable[ActionSpec], effective_on: datetime.date, expires_on: datetime.date | None) -> dict[str, Any]:
    """What `Job.parameters` keeps of a batch."""
    return {
        "actions": [spec.as_json() for spec in specs],
        "effective_on": effective_on.isoformat(),
        "expires_on": expires_on.isoformat() if expires_on else None,
    }


def plan_of(customer: Customer, parameters: dict[str, Any]) -> Plan:
    """The plan that `parameters` (see `parameters_of`) describe, resolved anew against today's catalogue.

    Raises PlanInvalid when something named there is no longer on offer.
    """
    expires_on = parameters.get("expires_on")
    return plan_batch(
        customer,
        [ActionSpec(**spec) for spec in parameters["actions"]],
        effective_on=datetime.date.fromisoformat(parameters["effective_on"]),
        expires_on=datetime.date.fromisoformat(expires_on) if expires_on else None,
    )
