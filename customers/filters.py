"""What the lists of customers and of contact persons can be filtered by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.choices import people_in_reach, units_in_reach
from access.filters import UnitFilter
from access.models import OrgUnit, User
from common.lists import (
    ChoicesFilter,
    DatesFilter,
    Filters,
    ModelChoicesFilter,
    MomentsFilter,
    NumbersFilter,
    TextFilter,
    TreeChoicesFilter,
    YesNoFilter,
)
from common.lists.operators import NOTHING_GIVEN, Operator
from customers.grams import has_grams_of
from customers.models import (
    Attitude,
    ContactRole,
    Customer,
    CustomerLevel,
    CustomerScale,
    CustomerTag,
    Industry,
    Influence,
    Lifecycle,
    LifecycleProposal,
    ProposalState,
    Region,
    Tag,
)
from customers.querysets import ContactPersonQuerySet, CustomerQuerySet


def _user(request: HttpRequest | None) -> User | AnonymousUser:
    return request.user if request is not None else AnonymousUser()


def managers(request: HttpRequest | None) -> QuerySet[User]:
    """The account managers whose customers the user may see; the disabled ones who still have some are found here, too."""
    return people_in_reach(_user(request), "customers").filter(Exists(Customer.objects.filter(manager=OuterRef("pk"))))


def units(request: HttpRequest | None) -> QuerySet[OrgUnit]:
    """The units whose customers the user may see."""
    return units_in_reach(_user(request), "customers")


class TagsFilter(ModelChoicesFilter):
    """Customers that carry one of some tags, none of them, or no tag at all."""

    def offered(self) -> list[Operator]:
        """All operators, and whether there is a tag at all."""
        return [*self.operators, *NOTHING_GIVEN]

    def is_one_of(self, values: Sequence[Any]) -> Q:
        """Whether the customer carries one of `values`."""
        return Q(Exists(self._carried().filter(tag__in=[tag.pk for tag in values])))

    def emptiness(self) -> Q:
        """Whether the customer carries a tag."""
        carries = Q(Exists(self._carried()))
        return ~carries if self.chosen == Operator.EMPTY else carries

    def _carried(self) -> QuerySet[CustomerTag]:
        return CustomerTag.objects.filter(customer=OuterRef("pk"))


def _has_credit_code(_text: str) -> Q:
    """What the index of credit codes holds."""
    return ~Q(credit_code="")


class CustomerFilters(Filters):
    """Filters of the customer list; each has an index, or values that so many rows share that the first page is near."""

    name = TextFilter(label=_("Name"), narrowed_by=has_grams_of)
    short_name = TextFilter(label=_("Short name"), narrowed_by=has_grams_of)
    code = TextFilter(label=_("Code"), shape=str.upper)
    credit_code = TextFilter(label=_("Credit code"), shape=str.upper, narrowed_by=_has_credit_code)
    mine = YesNoFilter(label=_("My customers"), method="filter_mine")
    manager = ModelChoicesFilter(label=_("Account manager"), queryset=managers, null_label=_("nobody yet"))
    org_unit = UnitFilter(label=_("Org unit"), queryset=units)
    level = ChoicesFilter(label=_("Level"), choices=CustomerLevel.choices)
    lifecycle = ChoicesFilter(label=_("Lifecycle"), choices=Lifecycle.choices)
    industry = ModelChoicesFilter(label=_("Industry"), queryset=Industry.objects.order_by("code"))
    region = TreeChoicesFilter(label=_("Region"), queryset=Region.objects.order_by("code"))
    is_subsidiary = YesNoFilter(label=_("Subsidiary"), method="filter_subsidiaries")
    scale = ChoicesFilter(label=_("Scale"), choices=CustomerScale.choices)
    tags = TagsFilter(label=_("Tags"), queryset=Tag.objects.order_by("code"))
    proposal = YesNoFilter(label=_("Lifecycle step proposed"), method="filter_proposal")
    value_score = NumbersFilter(label=_("Value score"))
    credit_limit = NumbersFilter(label=_("Credit limit (CNY)"))
    created_at = MomentsFilter(label=_("Entered"))
    updated_at = MomentsFilter(label=_("Changed"))

    def filter_mine(self, queryset: CustomerQuerySet, _name: str, value: str) -> CustomerQuerySet:
        """The customers that the user manages, or those that others do."""
        mine = Q(manager=_user(self.request).pk)
        return queryset.filter(mine if value == "yes" else ~mine) if value else queryset

    def filter_subsidiaries(self, queryset: CustomerQuerySet, _name: str, value: str) -> CustomerQuerySet:
        """The customers below another one, or those below none."""
        return queryset.filter(parent__isnull=value == "no") if value else queryset

    def filter_proposal(self, queryset: CustomerQuerySet, _name: str, value: str) -> CustomerQuerySet:
        """The customers for which a rule proposes a step, or those for which none does."""
        proposed = Exists(LifecycleProposal.objects.filter(customer=OuterRef("pk"), state=ProposalState.OPEN))
        return queryset.filter(proposed if value == "yes" else ~proposed) if value else queryset


class ContactPersonFilters(Filters):
    """Filters of the list of contact persons."""

    mine = YesNoFilter(label=_("At my customers"), method="filter_mine")
    name = TextFilter(label=pgettext_lazy("person", "Name"))
    title = TextFilter(label=pgettext_lazy("person", "Title"))
    role = ChoicesFilter(label=_("Role"), choices=ContactRole.choices)
    attitude = ChoicesFilter(label=_("Attitude"), choices=Attitude.choices)
    influence = ChoicesFilter(label=_("Influence"), choices=Influence.choices)
    is_key_person = YesNoFilter(label=_("Key person"))
    do_not_contact = YesNoFilter(label=_("Do not contact"))
    manager = ModelChoicesFilter(field_name="manager_key", label=_("Account manager"), queryset=managers, null_label=_("nobody yet"))
    org_unit = UnitFilter(field_name="unit_key", label=_("Org unit"), queryset=units)
    birthday = DatesFilter(label=_("Birthday"), past=True)
    created_at = MomentsFilter(label=_("Entered"))
    updated_at = MomentsFilter(label=_("Changed"))

    def filter_mine(self, queryset: ContactPersonQuerySet, _name: str, value: str) -> ContactPersonQuerySet:
        """The people at customers that the user manages, or at those that others do."""
        mine = Q(manager_key=_user(self.request).pk)
        return queryset.filter(mine if value == "yes" else ~mine) if value else queryset
