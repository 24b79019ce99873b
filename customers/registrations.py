"""What this app shows in the frame: navigation, the customer page's own tabs and figures, cards of the home page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.administration import register_person_page
from access.models import Action, User
from common.lists import linked
from common.lists.registry import register_list
from common.navigation import NavigationGroup, NavigationItem, register
from common.panels import register_action, register_card, register_fact, register_panel, register_slot
from customers.models import Customer
from customers.tables import ContactPersonList, CustomerList, lifecycle_state
from customers.views.customer import SLOT, page_context

RECENT = 8


def register_all() -> None:
    """Called once, when Django is ready."""
    register_person_page(_("What this person reaches"), "customers:reach_of_user")
    register_list(CustomerList, ContactPersonList)
    group = NavigationGroup.CUSTOMERS
    register(NavigationItem(group, _("Customers"), "customers:customer_list", "building", module="customers", order=10))
    register(NavigationItem(group, _("Contact persons"), "customers:contact_person_list", "address-book", module="customers", order=20))
    register_slot(SLOT, page_template="customers/customer_page.html", context=page_context)
    register_panel(slot=SLOT, key="overview", title=_("Overview"), url_name="customers:customer_detail", module="customers", order=0)
    register_panel(
        slot=SLOT,
        key="people",
        title=_("Contact persons"),
        url_name="customers:customer_people",
        module="customers",
        order=20,
        count=_count_people,
    )
    register_panel(slot=SLOT, key="value", title=_("Value"), url_name="customers:customer_value", module="customers", order=80)
    register_panel(slot=SLOT, key="hierarchy", title=_("Hierarchy"), url_name="customers:customer_hierarchy", module="customers", order=90)
    register_panel(slot=SLOT, key="sharing", title=_("Sharing"), url_name="customers:customer_sharing", module="customers", order=95)
    register_panel(slot=SLOT, key="history", title=_("History"), url_name="customers:customer_history", module="customers", order=100)
    register_fact(
        slot=SLOT,
        key="value_score",
        label=_("Value score"),
        value=lambda customer, _user: linked(reverse("customers:customer_value", args=[customer.pk]), customer.value_score),
        module="customers",
        order=50,
    )
    register_card(
        slot="home",
        key="recent_customers",
        title=_("Recent customers"),
        template="customers/partials/_home_card.html",
        context=_recent_customers,
        module="customers",
        order=30,
        url_name="customers:customer_list",
    )
    register_action(
        slot="home",
        key="new_customer",
        label=_("New customer"),
        url=lambda _subject: reverse("customers:customer_create"),
        module="customers",
        action=Action.ADD,
        icon="plus",
        order=50,
        shortcut="n",
    )


def _count_people(customer: Customer, _user: User) -> int:
    return customer.contact_people.count()


def _recent_customers(request: HttpRequest) -> dict[str, Any] | None:
    """The user's own customers, the last changed first; for whoever manages none, the newest in reach."""
    reachable = Customer.objects.visible_to(request.user).select_related("manager")
    own = list(reachable.filter(manager=request.user.pk).order_by("-updated_at", "-pk")[:RECENT])
    customers = own or list(reachable.order_by("-pk")[:RECENT])
    return {"customers": [{"customer": customer, "lifecycle": lifecycle_state(customer)} for customer in customers], "own": bool(own)}
