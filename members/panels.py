"""What this app shows elsewhere: navigation, the customer page's panel and header figures."""

from __future__ import annotations

from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.lists.registry import register_list
from common.navigation import NavigationGroup, NavigationItem
from common.navigation import register as register_page
from common.panels import register_fact, register_panel
from members.models import Member
from members.roster import not_left
from members.tables import AllMembersList, MemberList

COUNTED: Final = 10_000


def register_pages() -> None:
    """Called when the app is ready."""
    register_list(MemberList, AllMembersList)
    register_page(NavigationItem(NavigationGroup.CUSTOMERS, _("Members"), "members:member_list", "users", module="members", order=30))
    for label, url_name, icon, order in (
        (_("Number segments"), "members:segment_list", "map-pin", 40),
        (_("Blacklisted numbers"), "members:blacklist", "ban", 50),
    ):
        register_page(NavigationItem(NavigationGroup.ADMINISTRATION, label, url_name, icon, module="members", action="delete", order=order))
    register_panel(
        slot="customer",
        key="members",
        title=_("Members"),
        url_name="members:customer_panel",
        module="members",
        order=30,
        count=counted_members,
    )
    register_panel(slot="customer", key="batches", title=_("Batches"), url_name="members:customer_batches", module="jobs", order=50)
    register_fact(slot="customer", key="members", label=_("Members"), value=_members_fact, module="members", order=10)
    register_fact(slot="customer", key="revenue", label=_("Monthly revenue"), value=_revenue_fact, module="members", order=20)


def counted_members(customer: Any, user: Any) -> int | str:
    """How many numbers the customer has, as text where there are more than are counted on every page."""
    rows = Member.objects.visible_to(user).filter(not_left(timezone.localdate()), customer=customer)
    count = rows.order_by()[: COUNTED + 1].count()
    return count if count <= COUNTED else f"{number_format(COUNTED, force_grouping=True)}+"


def _members_fact(customer: Any, user: Any) -> SafeString:
    """The count; the script that loads the revenue puts the exact one in its place."""
    count = counted_members(customer, user)
    return format_html('<span id="fact-members">{}</span>', number_format(count, force_grouping=True) if isinstance(count, int) else count)


def _revenue_fact(customer: Any, _user: Any) -> SafeString:
    """A place that loads by itself: the sum is over all numbers. Without a script it is a link to the figures."""
    address = reverse("members:customer_facts", args=[customer.pk])
    return format_html('<a id="fact-revenue" href="{0}" hx-get="{0}" hx-trigger="load" hx-swap="outerHTML">…</a>', address)
