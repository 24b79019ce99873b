"""What the home page shows to whoever keeps the accounts: who is locked out, who cannot work, and whether the audit is sealed."""

from __future__ import annotations

import datetime
from typing import Any, Final

from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, AuditEvent, AuditSeal, RoleAssignment, User
from access.scope import scope_of

COUNTED: Final = 1_000
NAMED: Final = 5
UNSEALED: Final = datetime.timedelta(minutes=15)
"""So long an event of the audit may wait for its seal before something is wrong: sealing runs every five minutes."""


def keeps_accounts(user: Any) -> bool:
    """Whether `user` keeps all people and roles."""
    return scope_of(user).role_reach("access", Action.CHANGE).everything


def accounts_card(_request: HttpRequest) -> dict[str, Any]:
    """Locked accounts by name, and how many people cannot work for want of a role or of the second factor that theirs asks for."""
    locked = _locked_logins()
    active = User.objects.filter(is_active=True, is_superuser=False)
    roles = RoleAssignment.objects.filter(user=OuterRef("pk"))
    factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    without_role = active.filter(~Exists(roles))[: COUNTED + 1].count()
    asked = Exists(roles.filter(role__requires_second_factor=True))
    without_factor = User.objects.filter(asked, ~Exists(factors), is_active=True)[: COUNTED + 1].count()
    people = reverse("admin:access_user_changelist")
    return {
        "lines": [
            {
                "label": _("Locked accounts"),
                "count": len(locked),
                "names": locked[:NAMED],
                "tone": "bad" if locked else "ok",
                "url": people,
            },
            {"label": _("People without a role"), "count": without_role, "tone": "warn" if without_role else "ok", "url": people},
            {
                "label": _("People without the second factor that their role asks for"),
                "count": without_factor,
                "tone": "warn" if without_factor else "ok",
                "url": people,
            },
            _seal_line(),
        ]
    }


def _locked_logins() -> list[str]:
    since = timezone.now() - datetime.timedelta(hours=float(settings.AXES_COOLOFF_TIME))
    attempts = AccessAttempt.objects.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gte=since)
    return sorted(set(attempts.order_by().values_list("username", flat=True)[:COUNTED]))


def _seal_line() -> dict[str, Any]:
    """When the audit was sealed last, and whether events have been waiting too long for that."""
    last = AuditSeal.objects.order_by("-number").first()
    sealed = AuditSeal.objects.filter(table=AuditEvent._meta.db_table).order_by("-last_key").values_list("last_key", flat=True).first() or 0
    oldest = AuditEvent.objects.filter(pk__gt=sealed).order_by("pk").values_list("happened_at", flat=True).first()
    is_behind = oldest is not None and timezone.now() - oldest > UNSEALED
    return {
        "label": _("Audit sealed") if last is not None else _("The audit has no seal yet"),
        "moment": last.sealed_at if last is not None else None,
        "tone": "bad" if is_behind else "ok",
        "url": reverse("access:audit_events"),
    }
