"""Pages of number lists: a customer's members, all members, one number, and what the numbers bring."""

from __future__ import annotations

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
from members.models import BlacklistedNumber, Member
from members.prices import priced_subscriptions
from members.reading.normalise import national, normalise_number
from members.roster import not_left, with_number
from members.services.batches import create_batch
from members.services.pasted import pasted_source
from members.services.revenue import SubscriptionGroup, group_revenue, subscription_groups
from members.tables import AllMembersList, BlacklistList, MemberList, SegmentList


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
        "subscriptions": priced_subscriptions(user, memberships),
        "may_change": current is not None and current.pk in changeable,
        "blacklisted": BlacklistedNumber.objects.filter(msisdn=number).first(),
        "may_open_jobs": allowed(user, "jobs"),
    }
    return render(request, "members/number_detail.html", context)


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
