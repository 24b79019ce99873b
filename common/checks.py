"""What `check --deploy` says about the database's roles and the audit's seals."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from common.database_roles import ROLES, WEB


@checks.register(checks.Tags.security, deploy=True)
def check_roles(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Warn where the product connects to the database as somebody who may change its tables, or as the worker without a key for seals."""
    user = settings.DATABASES["default"].get("USER")
    found: list[checks.CheckMessage] = []
    if user not in ROLES:
        found.append(
            checks.Warning(
                f"The product connects to the database as {user!r}, who may change tables and audit rows.",
                hint=f"Let DATABASE_URL name {ROLES[0]} or {ROLES[1]} and DATABASE_OWNER_URL the owner; `grant_roles` makes the roles.",
                id="common.W001",
            )
        )
    if user != WEB and not settings.AUDIT_SEAL_KEYS:
        found.append(
            checks.Warning(
                "The audit is not sealed: there is no AUDIT_SEAL_KEY.",
                hint="Give it to the worker, and to `audit_verify`; the web server does not need it.",
                id="common.W002",
            )
        )
    return found
