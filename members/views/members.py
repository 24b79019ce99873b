"""Pages of number lists: a customer's members, all members, one number, and what the numbers bring."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.models import Action
from access.policy import require
from access.requests import signed_in
from access.scope import allowed
from common.htmx import is_by_htmx
from common.lists import ListPage, render_swap
from common.panels import render_panel
from customers.models import Customer
from jobs.tables import JobList
from members.forms import MemberForm
from members.models import BlacklistedNumber, Member, MemberSubscription
from members.reading.normalise import national, normalise_number
from members.roster import not_left, of_members, with_number
from members.services.batches import create_batch
from members.services.pasted import pasted_source
from members.services.revenue import SubscriptionGroup, group_revenue, subscription_groups
from members.tables import AllMembersList, BlacklistList, MemberList, SegmentList
from products.models import Offer, OfferStatus
from products.services.pricing import fees_on, months_since, price_trail


class MemberListPage(ListPage):
    """All numbers in reach."""

    list_class = AllMembersList


class SegmentListPage(ListPage):
    """The number plan."""

    list_class = SegmentList
    template_name = "members/kept_list.html"

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        """Where rows are added."""
        return {"add_url": reverse("admin:members_numbersegment_add") if signed_in(request).is_staff else ""}


class BlacklistPage(ListPage):
    """Blacklisted numbers."""

    list_class = BlacklistList
    template_name = "members/kept_list.html"

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        """Where rows are added."""
        return {"add_url": reverse("admin:members_blacklistednumber_add") if signed_in(request).is_staff else ""}


def new_batch_url(customer_id: int) -> str:
    """Where a batch for the customer begins."""
    return f"{reverse('members:batch_new')}?{urlencode({'customer': customer_id})}"


@require_GET
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The number list of one customer."""
    user = signed_in(request)
    require(user, "members")
    customer = Customer.objects.get_visible(user, pk)
    members = MemberList(request, embedded=True, customer=customer)
    context = {
        "customer": customer,
        "list": members.state,
        "batch_url": new_batch_url(pk) if allowed(user, "members", Action.ADD) else "",
    }
    return render_swap(request, members) or render_panel(
        request, slot="customer", key="members", subject=customer, template="members/partials/_customer_panel.html", context=context
    )


@require_GET
def customer_batches(request: HttpRequest, pk: int) -> HttpResponse:
    """The batches of one customer."""
    user = signed_in(request)
    require(user, "jobs")
    customer = Customer.objects.get_visible(user, pk)
    jobs = JobList(request, embedded=True, customer_key=pk)
    context = {"customer": customer, "list": jobs.state, "batch_url": new_batch_url(pk) if allowed(user, "members", Action.ADD) else ""}
    return render_swap(request, jobs) or render_panel(
        request, slot="customer", key="batches", subject=customer, template="members/partials/_batches_panel.html", context=context
    )


@require_GET
def customer_subscriptions(request: HttpRequest, pk: int) -> HttpResponse:
    """How many of a customer's numbers are on which product, and what they bring a month. Read apart, because it counts all of them."""
    user = signed_in(request)
    require(user, "members")
    customer = Customer.objects.get_visible(user, pk)
    groups = subscription_groups(customer, user, timezone.localdate())
    template = "members/partials/_subscriptions.html" if is_by_htmx(request) else "members/customer_subscriptions.html"
    return render(request, template, {"customer": customer, "groups": groups, "total": _total(groups)})


@require_GET
def customer_facts(request: HttpRequest, pk: int) -> HttpResponse:
    """The header's figures that take counting: members and monthly revenue."""
    user = signed_in(request)
    require(user, "members")
    customer = Customer.objects.get_visible(user, pk)
    today = timezone.localdate()
    members = Member.objects.visible_to(user).filter(not_left(today), customer=customer).count()
    revenue = _total(subscription_groups(customer, user, today))
    if allowed(user, "products"):
        revenue += group_revenue(customer, user, today)
    template = "members/partials/_facts.html" if is_by_htmx(request) else "members/customer_facts.html"
    return render(request, template, {"customer": customer, "members": members, "revenue": revenue})


def _total(groups: list[SubscriptionGroup]) -> Decimal:
    return sum((group.total for group in groups), Decimal(0))


@require_GET
def number(request: HttpRequest, msisdn: str) -> HttpResponse:
    """The way to the page of a number that somebody knows, however it is written. No page links here: an address holds no number."""
    found, _kind, _fault = normalise_number(msisdn)
    member = with_number(Member.objects.visible_to(signed_in(request)), found).first() if found else None
    if member is None:
        raise Http404
    return redirect("members:number_detail", member.pk)


@require_POST
def member_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a batch with a member's number, which goes from the table into the source and not over the page."""
    user = signed_in(request)
    member = Member.objects.get_visible(user, pk, Action.CHANGE)
    source = pasted_source(national(member.msisdn))
    job = create_batch(customer_id=member.customer_id, actor=user, source=source, source_name=_("one number"))
    return redirect("members:batch_actions", job.pk)


@require_GET
def number_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A number: its memberships over time as far as the user may see them, its subscriptions, and why each costs what it costs.

    `pk` is any of its memberships.
    """
    user = signed_in(request)
    number = Member.objects.get_visible(user, pk).msisdn
    memberships = list(with_number(Member.objects.visible_to(user).select_related("customer"), number))
    changeable = set(
        Member.objects.visible_to(user, Action.CHANGE).filter(pk__in=[row.pk for row in memberships]).values_list("pk", flat=True)
    )
    today = timezone.localdate()
    current = next((row for row in memberships if row.stage(today) != "left"), None)
    context = {
        "current": current,
        "latest": current or memberships[0],
        "memberships": memberships,
        "subscriptions": _priced(request, memberships),
        "may_change": current is not None and current.pk in changeable,
        "blacklisted": BlacklistedNumber.objects.filter(msisdn=number).first(),
        "may_open_jobs": allowed(user, "jobs"),
    }
    return render(request, "members/number_detail.html", context)


def _priced(request: HttpRequest, memberships: list[Member]) -> list[dict[str, Any]]:
    """All subscriptions of the memberships, the live ones first, each with its price and how it comes about."""
    visible = of_members(MemberSubscription.objects.visible_to(request.user), memberships)
    rows = list(visible.select_related("product", "tariff", "offer__approved_by").prefetch_related("offer__discounts"))
    today = timezone.localdate()
    days = {row.pk: _priced_on(row, today) for row in rows}
    fees = fees_on({(row.tariff_id, days[row.pk]) for row in rows})
    priced = [_price_of(row, fees.get((row.tariff_id, days[row.pk])), days[row.pk], today) for row in rows]
    return sorted(priced, key=lambda item: (not item["live"], item["row"].product.code, -item["row"].effective_on.toordinal()))


def _priced_on(row: MemberSubscription, today: datetime.date) -> datetime.date:
    """The day for which a subscription's price is told: today while it runs, else its first or last day."""
    ends = [day for day in (row.ended_on, row.expires_on) if day is not None]
    last = min(ends) if ends else None
    if last is not None and last <= today:
        return max(row.effective_on, last - datetime.timedelta(days=1))
    return max(row.effective_on, today)


def _price_of(row: MemberSubscription, fee: Decimal | None, day: datetime.date, today: datetime.date) -> dict[str, Any]:
    offer = row.offer if row.offer is not None and _holds(row.offer, day) else None
    steps = []
    if fee is not None and offer is not None:
        steps = price_trail(tariff_fee=fee, discounts=offer.discounts.all(), months_since_effective=months_since(offer.effective_on, day))
    net = steps[-1].fee if steps else fee
    live = (row.ended_on is None or row.ended_on > today) and (row.expires_on is None or row.expires_on > today)
    price = {"tariff": row.tariff, "fee": fee, "steps": steps, "net": net, "day": day}
    return {
        "row": row,
        "live": live,
        "pending": live and row.effective_on > today,
        "price": price,
        "net": net if row.price_override is None else row.price_override,
        "offer_lapsed": row.offer is not None and offer is None,
    }


def _holds(offer: Offer, day: datetime.date) -> bool:
    return offer.status == OfferStatus.APPROVED and offer.effective_on <= day and (offer.expires_on is None or day < offer.expires_on)


@require_http_methods(["GET", "POST"])
def member_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is kept of a member."""
    user = signed_in(request)
    member = Member.objects.select_related("customer").get_visible(user, pk, Action.CHANGE)
    back = reverse("members:number_detail", args=[member.pk])
    if member.stage() == "left":
        messages.error(request, _("This number has left the group; what was kept of it stays as it was."))
        return redirect(back)
    form = MemberForm(request.POST or None, instance=member, actor=user)
    if request.method == "POST" and form.written():
        messages.success(request, _("Saved."))
        return redirect(back)
    context = {"form": form, "member": member, "back": back}
    return render(request, "members/member_form.html", context, status=422 if form.is_bound else 200)
