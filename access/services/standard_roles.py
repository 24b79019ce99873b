"""The roles that every installation starts with; an administrator may add others and change these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import transaction

from access.models import Action, DataScope, Role, RolePermission

MODULES: Final = ("customers", "products", "members", "jobs", "workflow", "access")
_ALL_ACTIONS: Final = tuple(Action.values)


@dataclass(frozen=True, slots=True)
class StandardRole:
    """A role as it is created: its code, names in both languages, scope, the actions by module, and whether it asks for a second factor."""

    code: str
    name_en: str
    name_zh: str
    scope: DataScope
    actions: dict[str, tuple[str, ...]]
    requires_second_factor: bool = False


ACCOUNT_MANAGER: Final = StandardRole(
    "account_manager",
    "Account manager",
    "客户经理",
    DataScope.OWN,
    {
        "customers": ("view", "add", "change", "export", "reveal"),
        "products": ("view", "add", "change"),
        "members": ("view", "add", "change", "export", "reveal"),
        "jobs": ("view", "add", "change", "approve", "export", "reveal"),
        "workflow": ("view", "add", "change"),
    },
)
DIRECTOR: Final = StandardRole(
    "director",
    "Director",
    "主管",
    DataScope.SUBTREE,
    {
        "customers": ("view", "add", "change", "delete", "approve", "export", "reveal"),
        "products": ("view", "add", "change", "approve", "export"),
        "members": ("view", "add", "change", "approve", "export", "reveal"),
        "jobs": ("view", "add", "change", "approve", "export", "reveal"),
        "workflow": ("view", "add", "change"),
        "access": ("view",),
    },
)
ADMINISTRATOR: Final = StandardRole(
    "administrator", "Administrator", "系统管理员", DataScope.ALL, dict.fromkeys(MODULES, _ALL_ACTIONS), requires_second_factor=True
)
VIEWER: Final = StandardRole(
    "viewer",
    "Viewer",
    "只读人员",
    DataScope.ALL,
    dict.fromkeys(("customers", "products", "members", "jobs"), ("view",)),
    requires_second_factor=True,
)
AUDITOR: Final = StandardRole(
    "auditor",
    "Auditor",
    "审计人员",
    DataScope.ALL,
    dict.fromkeys(("customers", "products", "members", "jobs", "access"), ("view",)),  # what people have to do is their own
    requires_second_factor=True,
)
API_CLIENT: Final = StandardRole(
    "api_client",
    "API client",
    "接口系统",
    DataScope.SUBTREE,
    {
        "customers": ("view",),
        "products": ("view",),
        "members": ("view", "add", "change"),
        "jobs": ("view", "add", "change", "approve", "export"),
    },
)
STANDARD_ROLES: Final = (ACCOUNT_MANAGER, DIRECTOR, ADMINISTRATOR, VIEWER, AUDITOR, API_CLIENT)


@transaction.atomic
def ensure_standard_roles() -> dict[str, Role]:
    """Create the standard roles that are missing, with their permissions, and return all of them by code.

    A role that exists keeps the permissions an administrator has given or taken.
    """
    wanted = [
        Role(
            code=role.code,
            name_en=role.name_en,
            name_zh=role.name_zh,
            scope=role.scope,
            requires_second_factor=role.requires_second_factor,
        )
        for role in STANDARD_ROLES
    ]
    known = set(Role.objects.filter(code__in=[role.code for role in wanted]).values_list("code", flat=True))
    Role.objects.bulk_create([role for role in wanted if role.code not in known], ignore_conflicts=True)
    roles = {role.code: role for role in Role.objects.filter(code__in=[role.code for role in wanted])}
    RolePermission.objects.bulk_create(
        [
            RolePermission(role=roles[role.code], module=module, action=action)
            for role in STANDARD_ROLES
            if role.code not in known
            for module, actions in role.actions.items()
            for action in actions
        ],
        ignore_conflicts=True,
    )
    return roles
