"""Pages of the catalogue: products with their rules and tariffs, discounts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.models import Action
from access.requests import signed_in
from common.lists import ListPage, render_swap
from products.forms import DiscountForm, PriceForm, ProductForm, RuleForm, TariffForm
from products.models import Discount, Product, ProductRule, ProductRuleKind, Tariff
from products.querysets import may_keep_catalogue
from products.services.catalogue import add_price, add_rule, remove_rule
from products.tables import DiscountList, ProductList, ProductOfferList
from products.views.shared import Step, attempt, form_page


class ProductListPage(ListPage):
    """The catalogue."""

    list_class = ProductList


class DiscountListPage(ListPage):
    """The discounts."""

    list_class = DiscountList


def _above(product: Product | None = None) -> list[Step]:
    trail = [Step(_("Products"), reverse("products:product_list"))]
    return [*trail, Step(product.label, reverse("products:product_detail", args=[product.pk]))] if product else trail


@require_GET
def product_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A product: rules both ways, tariffs with dated prices, the offers that use it."""
    product = Product.objects.get_visible(signed_in(request), pk)
    offers = ProductOfferList(request, embedded=True, prefix="offers", product=product)
    return render_swap(request, offers) or _product_page(request, product, offers)


def _product_page(request: HttpRequest, product: Product, offers: ProductOfferList, rule_form: RuleForm | None = None) -> HttpResponse:
    keeper = may_keep_catalogue(request.user)
    context = {
        "product": product,
        "trail": _above(),
        "rules": _rules_of(product),
        "tariffs": product.tariffs.prefetch_related("prices"),
        "today": timezone.localdate(),
        "on_sale": product.is_available(timezone.localdate()),
        "list": offers.state,
        "keeper": keeper,
        "rule_form": (rule_form or RuleForm(product=product, actor=signed_in(request))) if keeper else None,
    }
    return render(request, "products/product_detail.html", context, status=422 if rule_form else 200)


def _rules_of(product: Product) -> list[dict[str, Any]]:
    """The rules as sentences seen from `product`, with the other product of each."""
    own = ProductRule.objects.filter(product=product).select_related("other")
    others = ProductRule.objects.filter(other=product).select_related("product")
    words = {ProductRuleKind.EXCLUDES: _("excludes"), ProductRuleKind.REQUIRES: _("requires")}
    back = {ProductRuleKind.EXCLUDES: _("excludes"), ProductRuleKind.REQUIRES: _("is required by")}
    rows = [{"id": rule.pk, "word": words[ProductRuleKind(rule.kind)], "other": rule.other} for rule in own]
    return rows + [{"id": rule.pk, "word": back[ProductRuleKind(rule.kind)], "other": rule.product} for rule in others]


@require_http_methods(["GET", "POST"])
def product_create(request: HttpRequest) -> HttpResponse:
    """Enter a product."""
    _require_keeper(request, Action.ADD)
    form = ProductForm(request.POST or None, actor=signed_in(request))
    if request.method == "POST" and form.written():
        messages.success(request, _("Product entered. Give it a tariff next."))
        return redirect("products:product_detail", form.instance.pk)
    return form_page(request, form, title=_("New product"), submit=_("Enter product"), trail=_above(), wide=True)


@require_http_methods(["GET", "POST"])
def product_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a product."""
    product = Product.objects.get_visible(signed_in(request), pk, Action.CHANGE)
    trail = _above(product)
    form = ProductForm(request.POST or None, instance=product, actor=signed_in(request))
    if request.method == "POST" and form.written():
        messages.success(request, _("Saved."))
        return redirect("products:product_detail", pk)
    return form_page(request, form, title=_("Change product"), submit=_("Save"), trail=trail, wide=True)


@require_POST
def rule_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a rule between the product and another."""
    actor = signed_in(request)
    product = Product.objects.get_visible(actor, pk, Action.CHANGE)
    form = RuleForm(request.POST, product=product, actor=actor)
    if form.is_valid():
        try:
            add_rule(product_id=pk, kind=form.cleaned_data["kind"], other_id=form.cleaned_data["other"].pk, actor=actor)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Rule entered. It counts from the next batch on."))
            return redirect("products:product_detail", pk)
    offers = ProductOfferList(request, embedded=True, prefix="offers", url=reverse("products:product_detail", args=[pk]), product=product)
    return _product_page(request, product, offers, form)


@require_POST
def rule_remove(request: HttpRequest, pk: int, rule_pk: int) -> HttpResponse:
    """Remove a rule in which the product stands."""
    attempt(request, lambda: remove_rule(product_id=pk, rule_id=rule_pk, actor=signed_in(request)), _("Rule removed."))
    return redirect("products:product_detail", pk)


@require_http_methods(["GET", "POST"])
def tariff_create(request: HttpRequest, product_pk: int) -> HttpResponse:
    """Enter a tariff of a product."""
    _require_keeper(request, Action.ADD)
    product = Product.objects.get_visible(signed_in(request), product_pk)
    form = TariffForm(request.POST or None, instance=Tariff(product=product), actor=signed_in(request))
    if request.method == "POST" and form.written():
        messages.success(request, _("Tariff entered. Give it a price next."))
        return redirect("products:tariff_price_create", form.instance.pk)
    return form_page(request, form, title=_("New tariff"), submit=_("Enter tariff"), trail=_above(product))


@require_http_methods(["GET", "POST"])
def tariff_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a tariff."""
    tariff = Tariff.objects.select_related("product").get_visible(signed_in(request), pk, Action.CHANGE)
    trail = _above(tariff.product)
    form = TariffForm(request.POST or None, instance=tariff, actor=signed_in(request))
    if request.method == "POST" and form.written():
        messages.success(request, _("Saved."))
        return redirect("products:product_detail", tariff.product_id)
    return form_page(request, form, title=_("Change tariff"), submit=_("Save"), trail=trail)


@require_http_methods(["GET", "POST"])
def tariff_price_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a price of a tariff from a day on."""
    tariff = Tariff.objects.select_related("product").get_visible(signed_in(request), pk, Action.CHANGE)
    form = PriceForm(request.POST or None, initial={"effective_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            add_price(tariff_id=pk, **form.cleaned_data, actor=signed_in(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Price entered. The price before it ends the same day."))
            return redirect("products:product_detail", tariff.product_id)
    trail = _above(tariff.product)
    title = _("New price of %(tariff)s") % {"tariff": tariff.label}
    return form_page(request, form, title=title, submit=_("Enter price"), trail=trail)


def _discounts() -> list[Step]:
    return [Step(_("Discounts"), reverse("products:discount_list"))]


@require_http_methods(["GET", "POST"])
def discount_create(request: HttpRequest) -> HttpResponse:
    """Enter a discount."""
    _require_keeper(request, Action.ADD)
    form = DiscountForm(request.POST or None, actor=signed_in(request))
    if request.method == "POST" and form.written():
        messages.success(request, _("Discount entered."))
        return redirect("products:discount_list")
    return form_page(request, form, title=_("New discount"), submit=_("Enter discount"), trail=_discounts(), wide=True)


@require_http_methods(["GET", "POST"])
def discount_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a discount."""
    discount = Discount.objects.get_visible(signed_in(request), pk, Action.CHANGE)
    form = DiscountForm(request.POST or None, instance=discount, actor=signed_in(request))
    if request.method == "POST" and form.written():
        messages.success(request, _("Saved."))
        return redirect("products:discount_list")
    return form_page(request, form, title=_("Change discount"), submit=_("Save"), trail=_discounts(), wide=True)


def _require_keeper(request: HttpRequest, action: str) -> None:
    """Raise PermissionDenied unless the user may do `action` on the whole catalogue."""
    if not may_keep_catalogue(request.user, action):
        raise PermissionDenied
