"""Entering what no row's history shows into the audit: sign-ins, refusals, reveals, exports, sharing."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from access.models import AuditEvent, AuditEventKind, User
from common.masking import mask_log

_PATH_LENGTH = 200
_LABEL_LENGTH = 200
_LOGIN_LENGTH = 64
REFUSALS_A_MINUTE: Final = 20


def record_event(
    kind: AuditEventKind,
    *,
    actor: User | AnonymousUser | None = None,
    request: HttpRequest | None = None,
    target: models.Model | None = None,
    login: str = "",
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Add one event to the audit, in the caller's transaction.

    Arguments:
        actor: who did it; by default the user of `request`.
        target: the object it was done to.
        login: what was typed where nobody was recognised.
        details: figures and field names, JSON; never a secret and never the masked value itself.
    """
    event = _event(kind, actor=actor, request=request, target=target, login=login, details=details)
    event.save(force_insert=True)
    return event


def record_events(kind: AuditEventKind, *, request: HttpRequest | None, targets: Iterable[tuple[models.Model, dict[str, Any]]]) -> None:
    """Add an event of the same kind for each of `targets`, an object with its details, in one statement."""
    AuditEvent.objects.bulk_create(_event(kind, request=request, target=target, details=details) for target, details in targets)


def _event(
    kind: AuditEventKind,
    *,
    actor: User | AnonymousUser | None = None,
    request: HttpRequest | None = None,
    target: models.Model | None = None,
    login: str = "",
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    if actor is None and request is not None:
        actor = getattr(request, "user", None)
    user = actor if isinstance(actor, User) else None
    return AuditEvent(
        kind=kind,
        actor=user,
        actor_login=_storable(user.username if user else login)[:_LOGIN_LENGTH],
        address=_address(request),
        path=_storable(mask_log(request.path))[:_PATH_LENGTH] if request else "",
        object_type=target._meta.label_lower if target else "",
        object_key=str(target.pk) if target else "",
        object_label=str(target)[:_LABEL_LENGTH] if target else "",
        details=details or {},
    )


def record_refusal(*, request: HttpRequest, status: int) -> AuditEvent | None:
    """Add the refusal of a signed-in user's request, answered with `status`.

    A scan cannot flood the audit: of one user's refusals in a minute `REFUSALS_A_MINUTE` are entered, then one event that says that there
    are more, and then none (None is returned).
    """
    refused = AuditEvent.objects.filter(actor=request.user.pk, kind=AuditEventKind.REFUSED).order_by("-id")
    last = list(refused.values_list("happened_at", flat=True)[: REFUSALS_A_MINUTE + 1])
    minute_ago = timezone.now() - datetime.timedelta(minutes=1)
    recent = sum(moment > minute_ago for moment in last)
    if recent > REFUSALS_A_MINUTE:
        return None
    match = request.resolver_match
    details = {"status": status, "method": str(request.method), "page": match.view_name if match else ""}
    more = {"further_refusals_left_out": True} if recent == REFUSALS_A_MINUTE else {}
    return record_event(AuditEventKind.REFUSED, request=request, details={**details, **more})


def _storable(text: str) -> str:
    """Without the one character that PostgreSQL keeps in no text: who puts it into an address must not escape the audit."""
    return text.replace("\x00", "")


def _address(request: HttpRequest | None) -> str | None:
    return (request.META.get("REMOTE_ADDR") or None) if request else None
