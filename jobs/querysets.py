"""Reads of jobs through the access policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from access.models import User
from access.policy import PolicyQuerySet
from access.scope import Reach

if TYPE_CHECKING:
    from jobs.models import Job  # noqa: F401  (name of the type parameter)


class JobQuerySet(PolicyQuerySet["Job"]):
    """Jobs: reached through the customer they are about, or where there is none by whoever started them."""

    module: ClassVar[str] = "jobs"
    manager_lookup: ClassVar[str] = "manager"
    unit_lookup: ClassVar[str] = "org_unit"
    customer_lookup: ClassVar[str] = "customer_key"
    page_orders: ClassVar[frozenset[tuple[str, ...]]] = frozenset({("id",)})

    def _ways(self, reach: Reach, user: User | AnonymousUser, prefix: str = "") -> list[Q]:
        own = Q(**{f"{prefix}customer_key": None, f"{prefix}actor": user.pk})
        return [*super()._ways(reach, user, prefix), own]
