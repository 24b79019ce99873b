"""The lists of this app."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from access.models import Action
from access.reveals import mark_revealable, masked_column
from access.scope import allowed
from common.lists import Column, ListAction, ListDefinition, ListView, dot, linked, tag
from common.lists.keyset import SortKey
from common.lists.state import COUNT_LIMIT
from common.panels import actions_for
from common.templatetags.frame import tone
from customers.attribute_lists import attribute_columns, attribute_filters
from customers.attributes import definitions_in_use
from customers.bulk_operations import AddTag, AssignCustomers, EditContactPeople, EditCustomers, RemoveTag
from customers.cell_editors import ContactPersonCells, CustomerCells
from customers.filters import ContactPersonFilters, CustomerFilters
from customers.models import AttributeDefinition, ContactPerson, Customer, CustomerTag, ImportSubject, Lifecycle, Tag
from customers.portfolios import portfolio_action
from customers.searching import RANK, among, count_by_walk, count_of_begun, is_common, keys_up_to, read_in_parts
from customers.services.imports import may_import

MANY: Final = 1_000
"""So many rows a search may find to be sorted at once."""

FEW: Final = 1_000
"""So many rows of a filtered list are read and sorted in less time than a walk through the list takes to meet a page of them."""

_PANEL_PEOPLE: Final = 5


def lifecycle_state(customer: Customer) -> SafeString:
    """The lifecycle as a dot and its word."""
    return dot(tone(customer.lifecycle), customer.get_lifecycle_display())


def tag_chips(tags: Iterable[Tag]) -> SafeString:
    """Tags in their colours; the words carry the meaning."""
    return format_html_join(" ", '<span class="tag tag-{}">{}</span>', ((one.colour, one.label) for one in tags))


def _tags_of(rows: Sequence[Customer], _user: Any) -> Mapping[int, SafeString]:
    """The tags of a page's customers by their keys, by one query."""
    found: dict[int, list[Tag]] = defaultdict(list)
    for tagging in CustomerTag.objects.filter(customer__in=[row.pk for row in rows]).select_related("tag").order_by("tag__code"):
        found[tagging.customer_id].append(tagging.tag)
    return {key: tag_chips(tags) for key, tags in found.items()}


def _parents_of(rows: Sequence[Customer], user: Any) -> Mapping[int, SafeString]:
    """The customers above those of a page, as far as `user` reaches them, by one query."""
    found = Customer.objects.visible_to(user).in_bulk({row.parent_id for row in rows if row.parent_id is not None})
    shown = {row.pk: found[row.parent_id] for row in rows if row.parent_id in found}
    return {key: linked(reverse("customers:customer_detail", args=[parent.pk]), parent.name) for key, parent in shown.items()}


def import_actions(user: Any, subject: str) -> list[ListAction]:
    """The button that imports rows of `subject`, for whoever may."""
    if not may_import(user, subject):
        return []
    return [ListAction(label=_("Import"), url=reverse("customers:import_new", args=[subject]), icon="file-import")]


class CustomerList(ListDefinition):
    """The group customers in the user's reach."""

    name = "customers"
    model = Customer
    title = _("Customers")
    filterset_class = CustomerFilters
    search_fields = ("name",)
    search_label = _("Name, code, pinyin or bank account")
    default_sort = "name"
    panel_template = "customers/partials/_list_panel.html"
    empty_text = _("No customer is in your reach yet.")
    bulk_operations = (EditCustomers, AssignCustomers, AddTag, RemoveTag)
    cell_editor = CustomerCells
    columns = (
        Column(key="name", label=_("Name"), sort=("pinyin",), link=True),
        Column(key="code", label=_("Code"), sort=("code",), hide_on_phone=True),
        Column(key="level", label=_("Level"), value=lambda row: tag(row.level), sort=("level",)),
        Column(key="lifecycle", label=_("Lifecycle"), value=lifecycle_state),
        Column(key="manager", label=_("Account manager"), value="manager.name", sort=("manager__name",)),
        Column(key="org_unit", label=_("Org unit"), value="org_unit.label", sort=("org_unit__path",), hide_on_phone=True),
        Column(key="industry", label=_("Industry"), value="industry.label", sort=("industry__code",), hide_on_phone=True),
        Column(key="value_score", label=_("Value score"), sort=("value_score",), descending_first=True, numeric=True, hide_on_phone=True),
        Column(key="tags", label=_("Tags"), values=_tags_of, hide_on_phone=True),
        Column(key="short_name", label=_("Short name"), optional=True),
        Column(key="scale", label=_("Scale"), optional=True),
        Column(key="region", label=_("Region"), value="region.label", related=("region",), optional=True),
        Column(key="source", label=_("Source"), optional=True),
        Column(key="remark", label=_("Remark"), optional=True),
        Column(key="credit_code", label=_("Credit code"), optional=True),
        Column(key="parent", label=_("Parent customer"), values=_parents_of, optional=True),
        Column(key="address", label=_("Address"), optional=True),
        Column(key="credit_limit", label=_("Credit limit (CNY)"), numeric=True, optional=True),
        Column(key="created_at", label=_("Entered"), sort=("created_at",), descending_first=True, optional=True),
        Column(key="updated_at", label=_("Changed"), sort=("updated_at",), descending_first=True, optional=True),
    )
    views = (
        ListView(label=_("My customers"), parameters={"mine": "yes"}),
        ListView(label=_("Churn warning"), parameters={"lifecycle": Lifecycle.WARNED.value}),
        ListView(label=_("Level A"), parameters={"level": ["A1", "A2"]}),
    )

    @cached_property
    def definitions(self) -> list[AttributeDefinition]:
        """The attributes that administrators have defined."""
        return definitions_in_use()

    def get_columns(self) -> list[Column]:
        """With one for each of these attributes."""
        return [*super().get_columns(), *attribute_columns(self.definitions)]

    def get_filters(self) -> dict[str, Any]:
        """With one for each of these attributes that has one."""
        return {**super().get_filters(), **attribute_filters(self.definitions)}

    def queryset(self) -> QuerySet[Any]:
        """With what the columns show."""
        return super().queryset().select_related("manager", "org_unit", "industry")

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By name, short name, code, pinyin or a whole bank account; with the rank by which the list is then ordered."""
        return queryset.matching(text, by_index=not self._is_common).best_first(text)  # type: ignore[attr-defined, no-any-return]

    def count_rows(self, queryset: QuerySet[Any], limit: int) -> int:
        """Where filters narrow the list, with the keys of what is left; a search that finds many is told by the first that it meets."""
        if queryset is self.state.matching and self._is_filtered:
            return min(len(self._left), limit)
        if self._text and count_of_begun(queryset, self._text, limit) == limit:  # type: ignore[arg-type]
            return limit
        if self._is_common and (many := count_by_walk(queryset, limit)) is not None:  # type: ignore[arg-type]
            return many
        return super().count_rows(queryset, limit)

    @property
    def count_limit(self) -> int | None:
        """A search is counted to a thousand."""
        return MANY if self._text else None

    def sort_keys(self, column: Column) -> list[SortKey]:
        """What a search finds stands by name with those first that begin with the text."""
        keys = super().sort_keys(column)
        return [SortKey(RANK, nullable=False), *keys] if self._is_ranked else keys

    def first_rows(self, queryset: QuerySet[Any]) -> list[Any]:
        """Where a search finds many, they are read part by part; where filters leave few, by their keys."""
        if self._is_ranked and self.state.count > MANY:
            return read_in_parts(queryset, self._text)  # type: ignore[arg-type]
        if self._few is not None:
            return list(among(queryset, self._few))  # type: ignore[arg-type]
        return super().first_rows(queryset)

    @property
    def _is_filtered(self) -> bool:
        return not self._text and not self.state.is_invalid and self.state.is_narrowed

    @cached_property
    def _left(self) -> list[int]:
        """The keys of what filters leave, up to one more than is counted: found once for the count and for the page."""
        return keys_up_to(self.state.matching, COUNT_LIMIT + 1)

    @property
    def _few(self) -> list[int] | None:
        """These keys, where they are few: sooner all read and sorted than met one by one in the order of the list."""
        return self._left if self._is_filtered and len(self._left) <= FEW else None

    @property
    def _text(self) -> str:
        return self.state.search_text.strip()

    @property
    def _is_ranked(self) -> bool:
        return bool(self._text) and [one.column.key for one in self.state.sort] == [self.default_sort]

    @cached_property
    def _is_common(self) -> bool:
        return bool(self._text) and not self.state.is_invalid and is_common(Customer, self._text)

    def panel_context(self, row: Customer) -> Mapping[str, Any]:
        """The key persons, and what can be begun with the customer."""
        people = list(ContactPerson.objects.visible_to(self.user).filter(customer=row, is_key_person=True)[:_PANEL_PEOPLE])
        mark_revealable(self.user, people)
        return {"key_people": people, "actions": actions_for("customer", self.user, row)}

    def row_url(self, row: Customer) -> str:
        """The customer's page."""
        return reverse("customers:customer_detail", args=[row.pk])

    def actions(self) -> list[ListAction]:
        """Enter a customer, import many, or hand over the portfolio that the list is narrowed to."""
        actions = import_actions(self.user, ImportSubject.CUSTOMERS)
        if allowed(self.user, "customers", Action.ADD):
            url = reverse("customers:customer_create")
            actions.append(ListAction(label=_("New customer"), url=url, icon="plus", primary=True, shortcut="n"))
        portfolio = portfolio_action(self.request)
        return [portfolio, *actions] if portfolio is not None else actions


def _flags(person: ContactPerson) -> SafeString:
    flags = [gettext("key person")] if person.is_key_person else []
    flags += [gettext("do not contact")] if person.do_not_contact else []
    return format_html("{}", " · ".join(flags)) if flags else SafeString("")


class ContactPersonList(ListDefinition):
    """The people at the customers in reach, or with `customer=` at one of them. Phone numbers and addresses are masked."""

    name = "contact-people"
    model = ContactPerson
    title = _("Contact persons")
    filterset_class = ContactPersonFilters
    search_fields = ("name__icontains", "title__icontains", "customer__name__icontains")
    search_label = _("Name, title, customer, phone or ID number")
    default_sort = "name"
    empty_text = _("No contact person is entered yet.")

    scope_models: ClassVar = {"customer": Customer}
    bulk_operations = (EditContactPeople,)
    cell_editor = ContactPersonCells

    def queryset(self) -> QuerySet[Any]:
        """With the customer that a row names."""
        rows = super().queryset().select_related("customer")
        customer = self.scope.get("customer")
        return rows.filter(customer=customer) if customer is not None else rows

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By name, title, customer, phone (its beginning, where it may be revealed), or a whole ID number."""
        return queryset.matching(text, self.user)  # type: ignore[attr-defined, no-any-return]

    def get_columns(self) -> list[Column]:
        """On a customer's own page the customer is left out."""
        columns = [
            Column(key="name", label=pgettext_lazy("person", "Name"), sort=("name",), link=True),
            Column(
                key="customer",
                label=_("Customer"),
                value=lambda row: linked(reverse("customers:customer_detail", args=[row.customer_id]), row.customer.name),
                sort=("customer__pinyin",),
            ),
            Column(key="title", label=pgettext_lazy("person", "Title"), sort=("title",)),
            Column(key="role", label=_("Role")),
            masked_column("phone", key="phone", label=_("Phone")),
            masked_column("email", key="email", label=_("E-mail"), hide_on_phone=True),
            Column(key="flags", label=_("Remarks"), value=_flags, hide_on_phone=True),
            Column(key="reports_to", label=_("Reports to"), related=("reports_to",), optional=True),
            Column(key="attitude", label=_("Attitude"), optional=True),
            Column(key="influence", label=_("Influence"), optional=True),
            Column(key="birthday", label=_("Birthday"), optional=True),
            Column(key="preferences", label=_("Preferences"), optional=True),
            Column(key="created_at", label=_("Entered"), optional=True),
            Column(key="updated_at", label=_("Changed"), optional=True),
        ]
        return [column for column in columns if column.key != "customer" or "customer" not in self.scope]

    def row_url(self, row: ContactPerson) -> str:
        """The person's page."""
        return reverse("customers:contact_person", args=[row.pk])

    def actions(self) -> list[ListAction]:
        """On a customer's own page, enter a person there; elsewhere import many."""
        customer = self.scope.get("customer")
        if customer is None:
            return import_actions(self.user, ImportSubject.CONTACT_PEOPLE)
        if not self.scope.get("may_change"):
            return []
        url = reverse("customers:contact_person_create", args=[customer.pk])
        return [ListAction(label=_("New contact person"), url=url, icon="plus", primary=True)]
