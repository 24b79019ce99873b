"""The customer page's panel "Products and offers", and the customer's group subscriptions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from access.models import Action
from access.policy import require
from access.requests import signed_in
from access.scope import allowed
from common.lists import render_swap
from common.panels import render_panel
from customers.models import Customer
from products.forms import EndForm, GroupSubscriptionForm
from products.models import GroupSubscription
from products.services.group_subscriptions import end_group_subscription
from products.services.pricing import monthly_fees
from products.tables import CustomerOfferList
from products.views.shared import Step, form_page


@require_GET
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Offers and group subscriptions of one customer."""
    user = signed_in(request)
    require(user, "products")
    customer = Customer.objects.get_visible(user, pk)
    offers = CustomerOfferList(request, embedded=True, customer=customer)
    context = {
        "customer": customer,
        "list": offers.state,
        "subscriptions": _subscriptions(request, customer),
        "may_add": allowed(user, "products", Action.ADD),
        "may_change": allowed(user, "products", Action.CHANGE),
    }
    return render_swap(request, offers) or render_panel(
        request, slot="customer", key="products", subject=customer, template="products/partials/_customer_panel.html", context=context
    )


def _subscriptions(request: HttpRequest, customer: Customer) -> list[dict[str, Any]]:
    """The group subscriptions that run or will run, each with its monthly fee."""
    today = timezone.localdate()
    rows = GroupSubscription.objects.visible_to(request.user).filter(customer=customer).select_related("product", "tariff", "offer")
    live = list(rows.live(today))
    fees = monthly_fees({(row.tariff_id, row.offer_id) for row in live}, today)
    return [{"row": row, "net": fees[row.tariff_id, row.offer_id].net * row.quantity, "pending": row.effective_on > today} for row in live]


def _panel_url(customer_pk: int) -> str:
    return reverse("products:customer_panel", args=[customer_pk])


def _trail(customer: Customer) -> list[Step]:
    return [Step(_("Customers"), reverse("customers:customer_list")), Step(customer.name, _panel_url(customer.pk))]


@require_http_methods(["GET", "POST"])
def group_subscription_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the customer as a whole on a product."""
    user = signed_in(request)
    require(user, "products", Action.ADD)
    customer = Customer.objects.get_visible(user, pk)
    form = GroupSubscriptionForm(request.POST or None, customer=customer, actor=user)
    if request.method == "POST" and form.written():
        messages.success(request, _("Subscription added."))
        return redirect(_panel_url(pk))
    trail = _trail(customer)
    return form_page(request, form, title=_("New group subscription"), submit=_("Add subscription"), trail=trail)


@require_http_methods(["GET", "POST"])
def group_subscription_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a group subscription on a day."""
    user = signed_in(request)
    rows = GroupSubscription.objects.visible_to(user, Action.CHANGE).select_related("customer", "product")
    subscription = get_object_or_404(rows, pk=pk)
    form = EndForm(request.POST or None, initial={"ended_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            end_group_subscription(subscription_id=pk, ended_on=form.cleaned_data["ended_on"], actor=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Subscription ended."))
            return redirect(_panel_url(subscription.customer_id))
    trail = _trail(subscription.customer)
    title = _("End %(product)s") % {"product": subscription.product.label}
    return form_page(request, form, title=title, submit=_("End subscription"), trail=trail)
