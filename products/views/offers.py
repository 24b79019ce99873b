"""Pages of offers: the list, one offer with its price trail, its form, and the steps of its approval."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.models import Action
from access.policy import require
from access.requests import signed_in
from common.lists import ListPage
from common.versions import version_of
from customers.models import Customer
from products.forms import OfferForm
from products.models import Discount, Offer, OfferStatus, Tariff
from products.services import offers as services
from products.services.pricing import months_since, price_trail, tariff_fee
from products.tables import OfferList
from products.views.shared import Step, attempt, form_page

_KEY_DIGITS: Final = 18


class OfferListPage(ListPage):
    """All offers that the user may see."""

    list_class = OfferList


def trail_of(tariff: Tariff, discounts: list[Discount], effective_on: datetime.date) -> dict[str, Any]:
    """What `products/partials/_price_trail.html` shows: the fee, each discount's step, the net price, and the day they are for."""
    day = max(timezone.localdate(), effective_on)
    fee = tariff_fee(tariff, day)
    steps = [] if fee is None else price_trail(tariff_fee=fee, discounts=discounts, months_since_effective=months_since(effective_on, day))
    return {"tariff": tariff, "fee": fee, "steps": steps, "net": steps[-1].fee if steps else fee, "day": day}


@require_GET
def offer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """An offer: what it is, how its price comes about, and the steps that the user may take."""
    user = signed_in(request)
    visible = Offer.objects.visible_to(user).select_related("customer", "product", "tariff", "created_by", "approved_by")
    offer = get_object_or_404(visible.prefetch_related("discounts"), pk=pk)
    may_change = Offer.objects.visible_to(user, Action.CHANGE).filter(pk=pk).exists()
    may_approve = Offer.objects.visible_to(user, Action.APPROVE).filter(pk=pk).exists()
    context = {
        "offer": offer,
        "price": trail_of(offer.tariff, list(offer.discounts.all()), offer.effective_on),
        "may_change": may_change,
        "may_approve": may_approve,
        "second_person": services.needs_second_person(offer),
        "own": offer.created_by_id == user.pk,
        "version": version_of(offer),
    }
    return render(request, "products/offer_detail.html", context)


@require_http_methods(["GET", "POST"])
def offer_create(request: HttpRequest) -> HttpResponse:
    """Draft an offer for the customer that `?customer=` names."""
    user = signed_in(request)
    require(user, "products", Action.ADD)
    customer = Customer.objects.get_visible(user, request.GET.get("customer", ""))
    form = OfferForm(request.POST or None, instance=Offer(), customer=customer, actor=user)
    if request.method == "POST" and form.written():
        messages.success(request, _("Draft saved. Submit it for approval when it is complete."))
        return redirect("products:offer_detail", form.instance.pk)
    return _form_page(request, form, customer, _("New offer"), reverse("products:customer_panel", args=[customer.pk]))


@require_http_methods(["GET", "POST"])
def offer_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    user = signed_in(request)
    offer = get_object_or_404(Offer.objects.visible_to(user, Action.CHANGE).select_related("customer", "tariff"), pk=pk)
    if offer.status != OfferStatus.DRAFT:
        messages.error(request, _("Only a draft can be changed."))
        return redirect("products:offer_detail", pk)
    form = OfferForm(request.POST or None, instance=offer, customer=offer.customer, actor=user)
    if request.method == "POST" and form.written():
        messages.success(request, _("Saved."))
        return redirect("products:offer_detail", pk)
    return _form_page(request, form, offer.customer, _("Change offer"), reverse("products:offer_detail", args=[pk]))


def _form_page(request: HttpRequest, form: OfferForm, customer: Customer, title: str, back: str) -> HttpResponse:
    trail = [Step(_("Offers"), reverse("products:offer_list")), Step(customer.name, reverse("products:customer_panel", args=[customer.pk]))]
    price = _typed_price(request, form.data if form.is_bound else None, form.instance)
    return form_page(
        request,
        form,
        title=title,
        submit=_("Save draft"),
        trail=trail,
        template="products/offer_form.html",
        customer=customer,
        price=price,
        cancel_url=back,
    )


def _typed_price(request: HttpRequest, data: Any, offer: Offer) -> dict[str, Any] | None:
    """The price trail of what stands in the form: typed values where there are some, else those of the saved offer."""
    if data is None:
        return trail_of(offer.tariff, list(offer.discounts.all()), offer.effective_on) if offer.pk else None
    tariffs = Tariff.objects.visible_to(request.user)
    tariff = tariffs.filter(pk__in=_keys([data.get("tariff", "")])).first()
    if tariff is None:
        return None
    chosen = _keys(data.getlist("discounts"))
    try:
        day = parse_date(data.get("effective_on", "")) or timezone.localdate()
    except ValueError:
        day = timezone.localdate()
    return trail_of(tariff, list(Discount.objects.visible_to(request.user).filter(pk__in=chosen)), day)


def _keys(texts: Iterable[str]) -> list[str]:
    """Those of `texts` that can be keys: a number of thousands of digits is none, and Python refuses to read it."""
    return [text for text in texts if text.isdecimal() and len(text) <= _KEY_DIGITS]


@require_GET
def offer_price(request: HttpRequest) -> HttpResponse:
    """The price trail of the choices in the form; asked for while they change."""
    require(request.user, "products")
    return render(request, "products/partials/_price_trail.html", {"price": _typed_price(request, request.GET, Offer())})


def _step(request: HttpRequest, pk: int, step: Callable[..., Offer], done: str) -> HttpResponse:
    seen = request.POST.get("version") or None
    attempt(request, lambda: step(offer_id=pk, actor=signed_in(request), seen=seen), done)
    if not Offer.objects.visible_to(signed_in(request)).filter(pk=pk).exists():
        raise Http404
    return redirect("products:offer_detail", pk)


@require_POST
def offer_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a draft to approval."""
    return _step(request, pk, services.submit_offer, _("Submitted for approval."))


@require_POST
def offer_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve an offer."""
    return _step(request, pk, services.approve_offer, _("Approved. Numbers can be put on it from its first day on."))


@require_POST
def offer_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an offer back to its author."""
    return _step(request, pk, services.return_offer, _("Sent back as a draft."))


@require_POST
def offer_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw an offer."""
    return _step(request, pk, services.withdraw_offer, _("Withdrawn."))
