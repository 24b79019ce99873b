"""Reads of customers and what hangs from them, through the access policy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final, Self

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from access.models import User
from access.number_search import number_condition
from access.policy import PolicyQuerySet
from access.scope import Reach
from common.encrypted_fields import equals
from common.encryption import comparable
from customers import phones
from customers.searching import RANK, found_by_index, matches, rank

if TYPE_CHECKING:
    from customers.models import ContactPerson, Customer, CustomerRelation, DuplicatePair, ImportRow  # noqa: F401  (names of the type parameters)


_ID_NUMBER: Final = re.compile(r"(?=.*\d.*\d.*\d)[A-Z0-9]{5,40}", re.ASCII)


class CustomerQuerySet(PolicyQuerySet["Customer"]):
    """Customers; their own two columns are the scope."""

    module: ClassVar[str] = "customers"
    manager_lookup: ClassVar[str] = "manager"
    unit_lookup: ClassVar[str] = "org_unit"
    customer_lookup: ClassVar[str] = "pk"
    page_orders: ClassVar[frozenset[tuple[str, ...]]] = frozenset({("pinyin", "id")})

    def matching(self, text: str, *, by_index: bool = True) -> Self:
        """Customers that answer to `text`; see `customers.searching`. `by_index` off: very many do, and are sooner met by walking."""
        rows = self.filter(matches(self.model, text))
        return rows.filter(found_by_index(self.model, text)) if by_index and not self.reaches_few else rows

    def best_first(self, text: str) -> Self:
        """With the rank in which customers answer to `text`, as `RANK`."""
        return self.annotate(**{RANK: rank(text)})


class ContactPersonQuerySet(PolicyQuerySet["ContactPerson"]):
    """Contact persons; they carry their customer's scope columns."""

    module: ClassVar[str] = "customers"
    manager_lookup: ClassVar[str] = "manager_key"
    unit_lookup: ClassVar[str] = "unit_key"
    customer_lookup: ClassVar[str] = "customer"
    page_orders: ClassVar[frozenset[tuple[str, ...]]] = frozenset({("name", "id")})

    def matching(self, text: str, user: User) -> Self:
        """People whose name, title or customer's name contains `text`, whose phone or ID number it is, or whose phone begins with it and
        may be revealed by `user`.
        """
        condition = Q(name__icontains=text) | Q(title__icontains=text) | Q(customer__name__icontains=text)
        whole, begins = phones.is_number(text), phones.begins_with(text)
        if whole is not None and begins is not None:
            condition = number_condition(self.model, user, self.module, any_part=begins, shown_part=whole)
        number = comparable(text)
        if _ID_NUMBER.fullmatch(number):
            condition |= equals(self.model, "id_number", number)
        return self.filter(condition)


class ImportRowQuerySet(PolicyQuerySet["ImportRow"]):
    """Rows of imports; they inherit the reach of their job, which hangs from its starter."""

    module: ClassVar[str] = "jobs"
    inherits_from: ClassVar[str] = "job"


class CustomerRelationQuerySet(PolicyQuerySet["CustomerRelation"]):
    """Relations between two customers: in reach where either of them is."""

    module: ClassVar[str] = "customers"
    inherits_from: ClassVar[str] = "customer"

    def within(self, reach: Reach, user: User | AnonymousUser) -> Self:
        """The relations of which one customer or the other lies in `reach`."""
        if reach.is_empty:
            return self.none()
        if reach.everything:
            return self.all()
        customers = self._above().within(reach, user).order_by().values("pk")
        return self.filter(Q(customer__in=customers) | Q(other__in=customers))


class DuplicatePairQuerySet(PolicyQuerySet["DuplicatePair"]):
    """Pairs of customers that may be one: in reach where both of them are."""

    module: ClassVar[str] = "customers"
    inherits_from: ClassVar[str] = "first"

    def within(self, reach: Reach, user: User | AnonymousUser) -> Self:
        """The pairs of which both customers lie in `reach`."""
        if reach.is_empty:
            return self.none()
        if reach.everything:
            return self.all()
        customers = self._above().within(reach, user).order_by().values("pk")
        return self.filter(first__in=customers, second__in=customers)
