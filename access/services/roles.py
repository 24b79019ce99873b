"""What roles allow."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from access.models import Role, RolePermission


@transaction.atomic
def save_role_permissions(role: Role, allowed: set[tuple[str, str]]) -> None:
    """Let `role` allow exactly the (module, action) pairs in `allowed`; rows that stay are not touched."""
    held = set(role.permissions.values_list("module", "action"))
    gone = held - allowed
    if gone:
        either = Q()
        for module, action in gone:
            either |= Q(module=module, action=action)
        role.permissions.filter(either).delete()
    RolePermission.objects.bulk_create(RolePermission(role=role, module=module, action=action) for module, action in sorted(allowed - held))
