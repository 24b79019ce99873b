"""What is lent to a user: the own customers of colleagues who are on leave.

A loan opens, from its first day to its last, the customers whose account manager the lender is, and what hangs from them:

* for an action in a module only where the lender's own roles reach the lender's own customers by it and some role of the borrower allows
  it too; a loan never gives a borrower more than the lender has, nor an action that the borrower does not know from the own work.
* what was lent or shared to the lender is not lent on, and units that the lender directs are not either.
* while the lender is disabled, nothing is lent.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.utils import timezone

from access.models import DataScope, Delegation, RolePermission, User

if TYPE_CHECKING:
    from collections.abc import Iterable


def loans_to(user: User) -> dict[tuple[str, str], frozenset[int]]:
    """The ids of those who lend `user` their customers today, by (module, action); two queries, one where nobody lends."""
    lenders = set(Delegation.objects.counting(timezone.localdate()).filter(borrower=user).values_list("lender", flat=True))
    if not lenders:
        return {}
    lent: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for lender, module, action in _reaching_own(lenders):
        lent[module, action].add(lender)
    return {key: frozenset(found) for key, found in lent.items()}


def _reaching_own(lenders: Iterable[int]) -> Iterable[tuple[int, str, str]]:
    """Lender, module and action of every permission by which a lender reaches the own customers."""
    permissions = RolePermission.objects.filter(role__assignments__user__in=lenders, role__scope__in=(DataScope.OWN, DataScope.ALL))
    return permissions.values_list("role__assignments__user", "module", "action").distinct()
