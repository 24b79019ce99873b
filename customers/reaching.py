"""For which modules a customer lies in somebody's reach: what pages ask that show parts of several apps."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef

from access.models import Action, User
from access.scope import scope_of
from customers.models import Customer


def modules_reaching(customer: Customer, user: User, modules: Collection[str], action: str = Action.VIEW) -> set[str]:
    """Those of `modules` in which `user` may do `action` with what hangs from `customer`. One query."""
    scope = scope_of(user)
    asked: dict[str, Any] = {}
    for module in modules:
        reach = scope.reach(module, action)
        if not reach.is_empty:
            asked[module] = Exists(Customer.objects.within(reach, user).order_by().filter(pk=OuterRef("pk")))
    if not asked:
        return set()
    found: Any = Customer.objects.filter(pk=customer.pk).values(**{f"in_{name}": one for name, one in asked.items()}).first()
    return {name for name in asked if found is not None and found[f"in_{name}"]}
