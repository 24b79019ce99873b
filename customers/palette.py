"""What this app brings to the search: customers and people, those opened last, and the actions for the customer at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.models import Action, User
from access.scope import scope_of
from common.panels import register_action
from common.search import Place, Result, register_place, register_recent, register_search
from common.search.labels import palette_slot
from customers.merged_search import could_be_merged, find_merged
from customers.models import ContactPerson, Customer
from customers.recent import recent_customers
from customers.search import could_be_customer, could_be_person, find_customers, find_people
from customers.views.customer import SLOT

_ACTIONS = (
    # key, label, page, action, icon
    ("contact_person", _("Add a contact person"), "customers:contact_person_create", Action.CHANGE, "user-plus"),
    ("edit", _("Edit the customer"), "customers:customer_edit", Action.CHANGE, "pencil"),
    ("lifecycle", _("Change the lifecycle"), "customers:customer_lifecycle", Action.CHANGE, "arrow-right-circle"),
    ("assign", _("Assign the account manager"), "customers:customer_assign", Action.APPROVE, "user-share"),
)


def register_search_parts() -> None:
    """Called when the app is ready."""
    register_search(
        key="customers",
        title=_("Customers"),
        icon="building",
        module="customers",
        likelihood=could_be_customer,
        find=find_customers,
        order=10,
    )
    register_search(
        key="people",
        title=_("Contact persons"),
        icon="address-book",
        module="customers",
        likelihood=could_be_person,
        find=find_people,
        order=20,
    )
    register_search(
        key="merged",
        title=_("Merged customers"),
        icon="arrows-join",
        module="customers",
        likelihood=could_be_merged,
        find=find_merged,
        order=90,
    )
    register_recent(key="recent_customers", title=_("Recent customers"), icon="building", module="customers", find=_recent, order=10)
    register_place("customers/<int:pk>/", lambda user, named: place_of_customer(user, named["pk"]))
    register_place("contact-people/<int:pk>/", _of_person)
    for order, (key, label, page, action, icon) in enumerate(_ACTIONS):
        register_action(
            slot=palette_slot(SLOT),
            key=key,
            label=label,
            url=lambda customer, page=page: reverse(page, args=[customer.pk]),  # type: ignore[misc]  # the page of this turn
            module="customers",
            action=action,
            icon=icon,
            order=order,
        )


def place_of_customer(user: User, pk: int) -> Place:
    """The customer as the thing at hand. Raises Http404 when it is hidden from `user`."""
    customer = Customer.objects.get_visible(user, pk)

    @cache
    def may(module: str, action: str) -> bool:
        reach = scope_of(user).reach(module, action)
        return Customer.objects.within(reach, user).filter(pk=pk).exists()

    return Place(SLOT, customer, customer.name, may)


def _of_person(user: User, named: Mapping[str, Any]) -> Place:
    return place_of_customer(user, ContactPerson.objects.get_visible(user, named["pk"]).customer_id)


def _recent(user: User, limit: int) -> Sequence[Result]:
    return [
        Result(
            label=row.name,
            url=reverse("customers:customer_detail", args=[row.pk]),
            details=[row.code, *([row.manager.name] if row.manager is not None else [])],
        )
        for row in recent_customers(user, limit)
    ]
