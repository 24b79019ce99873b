"""Reads of customers and what hangs from them, through the access policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.db.models import Q

from access.policy import PolicyQuerySet

if TYPE_CHECKING:
    from customers.models import ContactPerson, Customer  # noqa: F401  (names of the type parameters)


class CustomerQuerySet(PolicyQuerySet["Customer"]):
    """Customers; their own two columns are the scope."""

    module: ClassVar[str] = "customers"
    manager_lookup: ClassVar[str] = "manager"
    unit_lookup: ClassVar[str] = "org_unit"
    customer_lookup: ClassVar[str] = "pk"
    page_orders: ClassVar[frozenset[tuple[str, ...]]] = frozenset({("pinyin", "id")})

    def matching(self, text: str) -> Self:
        """Customers whose name or short name contains `text`, or whose code, pinyin or pinyin initials begin with it."""
        typed = "".join(text.lower().split())
        return self.filter(
            Q(name__icontains=text)
            | Q(short_name__icontains=text)
            | Q(code__startswith=text.upper())
            | Q(pinyin__startswith=typed)
            | Q(pinyin_initials__startswith=typed)
        )


class ContactPersonQuerySet(PolicyQuerySet["ContactPerson"]):
    """Contact persons; they inherit the reach of their customer."""

    module: ClassVar[str] = "customers"
    manager_lookup: ClassVar[str] = "customer__manager"
    unit_lookup: ClassVar[str] = "customer__org_unit"
    customer_lookup: ClassVar[str] = "customer"
