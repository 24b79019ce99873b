"""The lists of hand-overs, and of the customers of one of them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Model, Q, QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from access.models import Action, User
from access.scope import allowed
from common.lists import ChoicesFilter, Column, DatesFilter, Filters, ListAction, ListDefinition, ListView, dot, tag
from common.lists.bulk import BulkAction, BulkOperation, Given
from customers.hand_over_figures import measured
from customers.models import ContactPerson, Customer, HandOver, HandOverItem, HandOverState, ItemState
from customers.querysets_hand_overs import HandOverQuerySet
from customers.services.hand_overs import refuse_items, waiting_for
from customers.tables import CustomerList, lifecycle_state

TONES: Final = {
    HandOverState.DRAFT: "idle",
    HandOverState.APPROVAL: "warn",
    HandOverState.OFFERED: "warn",
    HandOverState.ACCEPTED: "run",
    HandOverState.DONE: "ok",
    HandOverState.RETURNED: "idle",
    HandOverState.REFUSED: "bad",
    HandOverState.WITHDRAWN: "idle",
    HandOverState.EXPIRED: "bad",
}
ITEM_TONES: Final = {
    ItemState.OPEN: "run",
    ItemState.REFUSED: "bad",
    ItemState.MOVED: "ok",
    ItemState.SKIPPED: "warn",
    ItemState.BEYOND: "warn",
    ItemState.RETURNED: "idle",
}


def state_of(hand_over: HandOver) -> SafeString:
    """A hand-over's state as a dot and a word."""
    return dot(TONES[HandOverState(hand_over.state)], hand_over.get_state_display())


def item_state(item: HandOverItem) -> SafeString:
    """What becomes of a customer of a hand-over, as a dot and words."""
    if item.state == ItemState.OPEN and not item.hand_over.is_open:
        return dot("idle", pgettext("hand-over", "not handed over"))
    return dot(ITEM_TONES[ItemState(item.state)], item.get_state_display())


class HandOverFilters(Filters):
    """Filters of hand-overs."""

    whose = ChoicesFilter(
        label=_("Whose"),
        choices=(("decide", _("mine to decide")), ("incoming", _("to me")), ("outgoing", _("from me")), ("made", _("made by me"))),
        method="filter_whose",
    )
    state = ChoicesFilter(label=_("State"), choices=HandOverState.choices)
    effective_on = DatesFilter(label=_("On"))

    def filter_whose(self, queryset: HandOverQuerySet, _name: str, value: Sequence[str]) -> HandOverQuerySet:
        """By what the user has to do with them."""
        user: Any = self.request.user if self.request is not None else AnonymousUser()
        meant = {
            "incoming": Q(receiver=user.pk),
            "outgoing": Q(giver=user.pk),
            "made": Q(maker=user.pk),
            "decide": Q(pk__in=waiting_for(user).order_by().values("pk")),
        }
        found = Q()
        for one in value:
            found |= meant[one]
        return queryset.filter(found)


def _counts(rows: Sequence[Any], _user: User) -> Mapping[Any, int]:
    found = HandOverItem.objects.filter(hand_over__in=[row.pk for row in rows]).order_by().values_list("hand_over")
    return dict(found.annotate(count=Count("pk")))


class HandOverList(ListDefinition):
    """The hand-overs that the user has to do with."""

    name = "hand-overs"
    model = HandOver
    title = _("Hand-overs")
    filterset_class = HandOverFilters
    search_fields = ("giver__name__icontains", "receiver__name__icontains", "reason__icontains")
    search_label = _("Person or reason")
    default_sort = "-made"
    empty_text = _("Nothing is handed over yet. A hand-over begins here, or with chosen rows of the list of customers.")
    columns = (
        Column(key="sides", label=_("From and to"), value=str, link=True),
        Column(key="customers", label=_("Customers"), values=_counts, numeric=True),
        Column(key="state", label=_("State"), value=state_of),
        Column(key="reason", label=_("Reason"), hide_on_phone=True),
        Column(key="effective_on", label=_("On"), sort=("effective_on",), descending_first=True),
        Column(key="maker", label=_("Made by"), value="maker.name", hide_on_phone=True),
        Column(key="made", label=_("Made"), value="created_at", sort=("id",), descending_first=True, hide_on_phone=True),
    )
    views = (
        ListView(label=_("Mine to decide"), parameters={"whose": "decide"}),
        ListView(label=_("Incoming"), parameters={"whose": "incoming"}),
        ListView(label=_("Outgoing"), parameters={"whose": "outgoing"}),
    )

    def queryset(self) -> QuerySet[Any]:
        """With the people."""
        return super().queryset().select_related("giver", "receiver", "maker")

    def row_url(self, row: HandOver) -> str:
        """The hand-over's page."""
        return reverse("customers:hand_over", args=[row.pk])

    def actions(self) -> list[ListAction]:
        """Hand the own portfolio over."""
        if not allowed(self.user, "customers", Action.CHANGE):
            return []
        url = reverse("customers:hand_over_create")
        return [ListAction(label=_("Hand my customers over"), url=url, icon="arrows-exchange", primary=True, shortcut="n")]


# --- the customers of one --------------------------------------------------------------------------------------------------------------


def _disclosed(rows: Sequence[Any], user: User) -> dict[Any, Customer]:
    """The customers that the reader may look at, by the rows' keys: those in reach, and the giver's while it is open, no draft."""
    reached = set(Customer.objects.visible_to(user).filter(pk__in=[row.customer_id for row in rows]).values_list("pk", flat=True))
    return {
        row.pk: row.customer
        for row in rows
        if row.customer_id in reached or (row.hand_over.is_shown and row.customer.manager_id == row.hand_over.giver_id)
    }


def _fact(show: Any, rows: Sequence[Any], user: User) -> Mapping[Any, Any]:
    return {key: show(customer) for key, customer in _disclosed(rows, user).items()}


def _measure(name: str, rows: Sequence[Any], user: User) -> Mapping[Any, Any]:
    customers = _disclosed(rows, user) if allowed(user, "members") else {}
    values = measured([customer.pk for customer in customers.values()]).get(name, {})
    return {key: values.get(customer.pk, 0) for key, customer in customers.items()}


def _people(rows: Sequence[Any], user: User) -> Mapping[Any, int]:
    customers = _disclosed(rows, user)
    people = ContactPerson.objects.filter(customer__in=list(customers.values())).order_by().values_list("customer")
    counts = dict(people.annotate(count=Count("pk")))
    return {key: counts.get(customer.pk, 0) for key, customer in customers.items()}


class RefuseForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class RefuseItems(BulkOperation):
    """As the receiver, take some customers of an offer not."""

    key = "refuse"
    label = _("Refuse")
    icon = "circle-x"

    def is_open(self) -> bool:
        """Only for the receiver, while it is offered."""
        found: HandOver | None = self.definition.scope.get("hand_over")
        return found is not None and found.state == HandOverState.OFFERED and found.receiver_id == self.user.pk

    def lock_first(self) -> None:
        """The hand-over before its customers, as every single step does."""
        found: HandOver = self.definition.scope["hand_over"]
        HandOver.objects.select_for_update(of=("self",), no_key=True).filter(pk=found.pk).order_by().first()

    def form(self, data: Any = None, initial: Given | None = None) -> forms.Form:  # noqa: ARG002
        """Why."""
        return RefuseForm(data)

    def title(self, given: Given) -> str:
        """The reason."""
        return f"{self.label}: {given['reason']}"

    def differing(self, rows: QuerySet[Any], given: Given) -> QuerySet[Any]:  # noqa: ARG002
        """Those that are not refused yet."""
        return rows.filter(state=ItemState.OPEN)

    def old(self, row: Any, given: Given) -> Any:  # noqa: ARG002
        """What becomes of it as it stands."""
        return row.get_state_display()

    def new(self, row: Any, given: Given) -> Any:  # noqa: ARG002
        """That it is refused."""
        return ItemState.REFUSED.label

    def apply(self, rows: QuerySet[Any], given: Given, moment: datetime.datetime) -> None:  # noqa: ARG002
        """By the service of the row's page."""
        refuse_items(items=rows, actor=self.user, reason=given["reason"])

    def restore(
        self,
        rows: QuerySet[Any],
        given: Given,  # noqa: ARG002
        before: Mapping[int, Mapping[str, Any]],  # noqa: ARG002
        moment: datetime.datetime,  # noqa: ARG002
    ) -> bool:
        """Take them after all."""
        refuse_items(items=rows, actor=self.user, reason="")
        return True


class HandOverItemList(ListDefinition):
    """The customers of one hand-over; figures stand where the reader may look at the customer."""

    name = "hand-over-items"
    model = HandOverItem
    title = _("Customers of a hand-over")
    search_fields = ("label__icontains", "note__icontains")
    search_label = _("Name, code or note")
    default_sort = "label"
    empty_text = _("No customer is left in it.")
    scope_models: ClassVar[Mapping[str, type[Model]]] = {"hand_over": HandOver}
    scope_required = True
    bulk_operations = (RefuseItems,)
    columns = (
        Column(key="label", label=_("Customer"), sort=("id",), link=True),
        Column(key="level", label=_("Level"), values=partial(_fact, lambda customer: tag(customer.level))),
        Column(key="lifecycle", label=_("Lifecycle"), values=partial(_fact, lifecycle_state), hide_on_phone=True),
        Column(
            key="value_score",
            label=_("Value score"),
            values=partial(_fact, lambda customer: customer.value_score),
            numeric=True,
            hide_on_phone=True,
        ),
        Column(key="members", label=_("Members"), values=partial(_measure, "members"), numeric=True, hide_on_phone=True),
        Column(key="revenue", label=_("Monthly revenue (CNY)"), values=partial(_measure, "revenue"), numeric=True, hide_on_phone=True),
        Column(key="people", label=_("People"), values=_people, numeric=True, hide_on_phone=True),
        Column(key="note", label=_("Note"), hide_on_phone=True),
        Column(key="state", label=_("State"), value=item_state),
        Column(key="reason", label=_("Reason"), optional=True),
    )

    def queryset(self) -> QuerySet[Any]:
        """Those of the hand-over, with their customers."""
        rows = super().queryset().filter(hand_over=self.scope["hand_over"])
        return rows.select_related("customer__manager", "hand_over")

    def row_url(self, row: HandOverItem) -> str:
        """What is said of the customer in this hand-over."""
        return reverse("customers:hand_over_item", args=[row.pk])


# --- where they begin ------------------------------------------------------------------------------------------------------------------


def hand_over_actions(definition: ListDefinition) -> list[BulkAction]:
    """The button beside the boxes of the list of customers, and of those of a draft."""
    if isinstance(definition, HandOverItemList):
        found: HandOver = definition.scope["hand_over"]
        is_draft = found.state == HandOverState.DRAFT and found.maker_id == definition.user.pk
        url = reverse("customers:hand_over_leave_out", args=[found.pk])
        return [BulkAction(label=_("Leave out"), icon="x", url=url)] if is_draft else []
    if not isinstance(definition, CustomerList) or not allowed(definition.user, "customers", Action.CHANGE):
        return []
    return [BulkAction(label=_("Hand over with open work"), icon="briefcase", url=reverse("customers:hand_over_create"))]
