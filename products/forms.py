"""Forms of the catalogue, of offers and of group subscriptions. They validate; the services write."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from itertools import groupby
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from common.lost_updates import TellsOfChanges
from common.versions import version_of
from customers.forms import ServiceForm
from customers.models import Customer
from products.models import Discount, DiscountKind, GroupSubscription, Offer, Product, ProductRuleKind, Tariff
from products.money import discount_text, yuan
from products.services.catalogue import save_entry
from products.services.group_subscriptions import add_group_subscription
from products.services.offers import clashing_groups, save_offer, suggest_code
from products.services.pricing import with_fee


def date_input() -> forms.DateInput:
    """The browser's own date field."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class ActorForm(TellsOfChanges, ServiceForm, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A form that one person fills in; a changed row carries the version that the person saw."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        if self.instance.pk:
            self.initial["version"] = version_of(self.instance)

    def write(self) -> Any:
        """Hand the valid form to its service. Raises ValidationError where the service refuses."""
        raise NotImplementedError

    def written(self) -> bool:
        """Whether the form is valid and was written; if not, its errors say why."""
        if not self.is_valid():
            return False
        try:
            self.write()
        except ValidationError as error:
            self.refuse(error)
            return False
        return True

    def opened_on(self, row: Any) -> ActorForm:
        """For the same person."""
        return type(self)(instance=row, actor=self.actor)


class ProductForm(ActorForm):
    """A product of the catalogue."""

    together = (("available_from", "retired_on"),)

    class Meta:
        model = Product
        fields: ClassVar = (
            "code",
            "kind",
            "name_zh",
            "name_en",
            "member_level",
            "min_members",
            "available_from",
            "retired_on",
            "description",
        )
        widgets: ClassVar = {"available_from": date_input(), "retired_on": date_input()}

    def write(self) -> Product:
        """Save the product."""
        saved: Product = save_entry(entry=self.instance, actor=self.actor, seen=self.cleaned_data["version"])
        return saved


class TariffForm(ActorForm):
    """A tariff of one product."""

    class Meta:
        model = Tariff
        fields: ClassVar = ("code", "name_zh", "name_en", "unit", "retired_on")
        widgets: ClassVar = {"retired_on": date_input()}

    def _get_validation_exclusions(self) -> set[str]:
        # The product is given by the page; without it the rule "one code for each product" would not be checked.
        return super()._get_validation_exclusions() - {"product"}  # type: ignore[no-any-return, misc]

    def write(self) -> Tariff:
        """Save the tariff."""
        saved: Tariff = save_entry(entry=self.instance, actor=self.actor, seen=self.cleaned_data["version"])
        return saved


class DiscountForm(ActorForm):
    """A discount that offers may carry."""

    class Meta:
        model = Discount
        fields: ClassVar = ("code", "name_zh", "name_en", "kind", "value", "stacking_group", "approval_limit", "retired_on")
        widgets: ClassVar = {"retired_on": date_input()}
        help_texts: ClassVar = {
            "value": _("Percent, CNY or months, by kind."),
            "stacking_group": _("An offer takes at most one discount of a group. Leave empty if it goes with all others."),
            "approval_limit": _("An offer whose discount has a value above this is approved by somebody other than its author."),
        }

    def clean(self) -> dict[str, Any]:
        """Percentages end at 100; months are whole."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind, value = cleaned.get("kind"), cleaned.get("value")
        if value is not None and value < 0:
            self.add_error("value", _("The value is not below zero."))
        elif value is not None and kind == DiscountKind.PERCENT and value > 100:
            self.add_error("value", _("A percentage is 100 at most."))
        elif value is not None and kind == DiscountKind.FREE_MONTHS and value % 1:
            self.add_error("value", _("Free months are whole months."))
        return cleaned

    def write(self) -> Discount:
        """Save the discount."""
        saved: Discount = save_entry(entry=self.instance, actor=self.actor, seen=self.cleaned_data["version"])
        return saved


class RuleForm(forms.Form):
    """A rule between the page's product and another one."""

    kind = forms.ChoiceField(label=_("Rule"), choices=ProductRuleKind.choices)
    other = forms.ModelChoiceField(Product.objects.none(), label=_("Other product"))

    def __init__(self, *args: Any, product: Product, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["other"].queryset = Product.objects.visible_to(actor).exclude(pk=product.pk)  # type: ignore[attr-defined]


class PriceForm(forms.Form):
    """A new dated price of a tariff."""

    fee = forms.DecimalField(label=_("Fee (CNY)"), min_value=0, max_digits=10, decimal_places=2)
    effective_on = forms.DateField(label=_("Effective"), widget=date_input())


class _ByProduct(forms.models.ModelChoiceIterator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Offers tariffs under the names of their products."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for product, tariffs in groupby(self.queryset, key=lambda tariff: tariff.product):
            yield str(product), [self.choice(tariff) for tariff in tariffs]


class TariffField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """A choice of tariffs, grouped by product, each with its present fee."""

    iterator = _ByProduct

    def label_from_instance(self, tariff: Any) -> str:
        """Name and present fee."""
        fee = "" if tariff.fee is None else f" · {yuan(tariff.fee)} {tariff.get_unit_display()}"
        return f"{tariff.label} ({tariff.code}){fee}"


class DiscountsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """A choice of discounts, each with what it does and the group of which only one may be chosen."""

    widget = forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})

    def label_from_instance(self, discount: Any) -> str:
        """Name, effect and stacking group."""
        group = f" · [{discount.stacking_group}]" if discount.stacking_group else ""
        return f"{discount.label} · {discount_text(discount)}{group}"


def tariffs_on_sale(actor: User, day: datetime.date, *, member_level: bool | None = None) -> QuerySet[Tariff]:
    """The tariffs that can be chosen on `day`, with their products and their fees of that day (`fee`)."""
    tariffs = Tariff.objects.visible_to(actor).on_sale(day).filter(product__in=Product.objects.on_sale(day))
    if member_level is not None:
        tariffs = tariffs.filter(product__member_level=member_level)
    return with_fee(tariffs.select_related("product"), day).order_by("product__code", "code")


class OfferForm(ActorForm):
    """An offer for one customer. The tariff decides the product."""

    tariff = TariffField(Tariff.objects.none(), label=_("Product and tariff"))
    discounts = DiscountsField(Discount.objects.none(), label=_("Discounts"), required=False)

    class Meta:
        model = Offer
        fields: ClassVar = ("code", "tariff", "discounts", "effective_on", "expires_on", "committed_members")
        widgets: ClassVar = {"effective_on": date_input(), "expires_on": date_input()}
        help_texts: ClassVar = {
            "expires_on": _("The first day on which the offer no longer holds. Leave empty if it has no end."),
            "committed_members": _("The most numbers that the offer was agreed for. Leave empty if any number may be on it."),
        }

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.customer = customer
        today = timezone.localdate()
        kept = self.instance.discounts.all() if self.instance.pk else Discount.objects.none()
        discounts = Discount.objects.visible_to(self.actor).filter(
            Q(retired_on=None) | Q(retired_on__gt=today) | Q(pk__in=kept.values("pk"))
        )
        self.fields["tariff"].queryset = tariffs_on_sale(self.actor, today)  # type: ignore[attr-defined]
        self.fields["discounts"].queryset = discounts  # type: ignore[attr-defined]
        if not self.instance.pk:
            self.initial.update(code=suggest_code(customer), effective_on=today)

    def opened_on(self, row: Any) -> OfferForm:
        """For the same person and customer."""
        return OfferForm(instance=row, actor=self.actor, customer=row.customer)

    def clean_discounts(self) -> Any:
        """Of one stacking group at most one."""
        chosen = self.cleaned_data["discounts"]
        if groups := clashing_groups(chosen):
            raise ValidationError(_("Of one stacking group, choose only one discount: %(groups)s."), params={"groups": ", ".join(groups)})
        return chosen

    def write(self) -> Offer:
        """Save the draft."""
        return save_offer(
            offer=self.instance, discounts=list(self.cleaned_data["discounts"]), actor=self.actor, seen=self.cleaned_data["version"]
        )


class GroupSubscriptionForm(ActorForm):
    """A product for a customer as a whole."""

    tariff = TariffField(Tariff.objects.none(), label=_("Product and tariff"))

    class Meta:
        model = GroupSubscription
        fields: ClassVar = ("tariff", "offer", "quantity", "identifier", "effective_on", "expires_on")
        widgets: ClassVar = {"effective_on": date_input(), "expires_on": date_input()}
        help_texts: ClassVar = {"expires_on": _("The first day on which it no longer runs. Leave empty if it has no end.")}

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.customer = customer
        today = timezone.localdate()
        self.fields["tariff"].queryset = tariffs_on_sale(self.actor, today, member_level=False)  # type: ignore[attr-defined]
        offers = Offer.objects.visible_to(self.actor).usable(today).filter(customer=customer, product__member_level=False)
        self.fields["offer"].queryset = offers.select_related("product")  # type: ignore[attr-defined]
        self.initial["effective_on"] = today

    def write(self) -> GroupSubscription:
        """Add the subscription."""
        return add_group_subscription(subscription=self.instance, actor=self.actor)


class EndForm(forms.Form):
    """The day on which something ends."""

    ended_on = forms.DateField(label=_("Ends on"), widget=date_input(), help_text=_("The first day on which it no longer runs."))
