"""Reads of customers and what hangs from them, through the access policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from access.policy import PolicyQuerySet

if TYPE_CHECKING:
    from customers.models import ContactPerson, Customer  # noqa: F401  (names of the type parameters)


class CustomerQuerySet(PolicyQuerySet["Customer"]):
    """Customers; their own two columns are the scope."""

    module: ClassVar[str] = "customers"
    manager_lookup: ClassVar[str] = "manager"
    unit_lookup: ClassVar[str] = "org_unit"


class ContactPersonQuerySet(PolicyQuerySet["ContactPerson"]):
    """Contact persons; they inherit the reach of their customer."""

    module: ClassVar[str] = "customers"
    manager_lookup: ClassVar[str] = "customer__manager"
    unit_lookup: ClassVar[str] = "customer__org_unit"
