"""The customers whose pages somebody opened last, for the search to show before anything is typed.

They are kept in the cache: losing them costs nothing, and opening a page must not write a row.
"""

from __future__ import annotations

import datetime
from typing import Any, Final

from django.core.cache import cache

from access.models import User
from customers.models import Customer

KEPT: Final = 12
_FOR: Final = datetime.timedelta(days=90)


def remember_customer(user: User, customer: Customer) -> None:
    """Note that `user` opened the page of `customer`."""
    before: list[int] = cache.get(_key(user), [])
    now = [customer.pk, *(pk for pk in before if pk != customer.pk)][:KEPT]
    if now != before:
        cache.set(_key(user), now, timeout=_FOR.total_seconds())


def recent_customers(user: User, limit: int) -> list[Customer]:
    """The last customers that `user` opened and may still see, the last first; for who opened none, the own ones that changed last."""
    visible: Any = Customer.objects.visible_to(user).select_related("manager").only("name", "code", "manager__name")
    keys: list[int] = cache.get(_key(user), [])
    found = {row.pk: row for row in visible.filter(pk__in=keys)} if keys else {}
    opened = [found[pk] for pk in keys if pk in found][:limit]
    return opened or list(visible.filter(manager=user.pk).order_by("-updated_at", "-pk")[:limit])


def _key(user: User) -> str:
    return f"recent-customers:{user.pk}"
