"""What this app shows in the frame: navigation, the customer page's own tabs and figures, cards of the home page."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.administration import register_person_page
from access.models import Action, User
from common.lists import linked
from common.lists.bulk import offer_on_lists
from common.lists.registry import register_list
from common.navigation import NavigationGroup, NavigationItem, register
from common.panels import register_action, register_fact, register_panel, register_slot
from customers.cards import register_cards, register_figures
from customers.duplicate_lists import DuplicateList
from customers.models import Customer, HandOver
from customers.notices import register_notices
from customers.notices_hand_overs import register_hand_over_notices
from customers.open_work import register_own_work
from customers.services.hand_overs import SUBJECT
from customers.tables import ContactPersonList, CustomerList
from customers.tables_hand_overs import HandOverItemList, HandOverList, hand_over_actions
from customers.views.customer import SLOT, page_context
from workflow.subjects import ShownSubject, SubjectKind, reference_of, register_subject_kind


def register_all() -> None:
    """Called once, when Django is ready."""
    register_person_page(_("What this person reaches"), "customers:reach_of_user")
    register_list(CustomerList, ContactPersonList)
    group = NavigationGroup.CUSTOMERS
    register(NavigationItem(group, _("Customers"), "customers:customer_list", "building", module="customers", order=10))
    register(NavigationItem(group, _("Contact persons"), "customers:contact_person_list", "address-book", module="customers", order=20))
    register_slot(SLOT, page_template="customers/customer_page.html", context=page_context)
    register_panel(slot=SLOT, key="overview", title=_("Overview"), url_name="customers:customer_detail", module="customers", order=0)
    register_panel(slot=SLOT, key="timeline", title=_("Timeline"), url_name="customers:customer_timeline", module="customers", order=10)
    register_panel(
        slot=SLOT,
        key="people",
        title=_("Contact persons"),
        url_name="customers:customer_people",
        module="customers",
        order=20,
        count=_count_people,
    )
    register_panel(
        slot=SLOT, key="value", title=pgettext_lazy("customer", "Value"), url_name="customers:customer_value", module="customers", order=80
    )
    register_panel(slot=SLOT, key="relations", title=_("Relations"), url_name="customers:customer_relations", module="customers", order=85)
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
    register_notices()
    register_hand_overs()
    register_subject_kind(SubjectKind("customers.customer", _("Customer"), visible=_visible_customers, show=_show_customer))
    register_action(
        slot=SLOT,
        key="new_task",
        label=_("New to-do"),
        url=_new_task,
        module="",
        icon="checkbox",
        order=90,
        shortcut="t",
    )
    register_cards()
    register_figures()
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


def register_hand_overs() -> None:
    """Portfolios that are handed over with their open work."""
    register_list(HandOverList, HandOverItemList)
    register(
        NavigationItem(
            NavigationGroup.CUSTOMERS,
            _("Hand-overs"),
            "customers:hand_over_list",
            "arrows-exchange",
            module="customers",
            action=Action.CHANGE,
            order=50,
        )
    )
    offer_on_lists(hand_over_actions)
    register_person_page(_("Hand this portfolio over"), "customers:hand_over_of")
    register_hand_over_notices()
    register_own_work()
    register_subject_kind(
        SubjectKind(
            SUBJECT,
            _("Hand-over"),
            visible=lambda user: HandOver.objects.visible_to(user).select_related("giver", "receiver"),
            show=lambda row: ShownSubject(str(row), reverse("customers:hand_over", args=[row.pk])),
        )
    )


def register_duplicates() -> None:
    """Customers that may be entered twice, and their merge."""
    register_list(DuplicateList)
    group = NavigationGroup.CUSTOMERS
    register(NavigationItem(group, _("Likely duplicates"), "customers:duplicate_list", "copy-check", module="customers", order=60))
    register_action(
        slot=SLOT,
        key="merge",
        label=_("Merge with another customer"),
        url=lambda customer: reverse("customers:customer_merge", args=[customer.pk]),
        module="customers",
        action=Action.APPROVE,
        icon="arrows-join",
        order=95,
    )


def _visible_customers(user: User) -> Any:
    return Customer.objects.visible_to(user)


def _show_customer(customer: Customer) -> ShownSubject:
    return ShownSubject(customer.name, reverse("customers:customer_detail", args=[customer.pk]))


def _new_task(customer: Customer) -> str:
    return f"{reverse('workflow:task_create')}?{urlencode({'subject': reference_of('customers.customer', customer.pk)})}"


def _count_people(customer: Customer, _user: User) -> int:
    return customer.contact_people.count()
