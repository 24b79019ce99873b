"""Making, checking and revoking the tokens of other systems."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
import secrets
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from access.audit import record_event
from access.models import ApiToken, AuditEventKind, User

LONGEST_DAYS: Final = 366
DEFAULT_DAYS: Final = 90
_SECRET_BYTES: Final = 32
_FORM: Final = re.compile(r"crm_([0-9a-f]{8})_([\w-]{43})", re.ASCII)


@transaction.atomic
def create_token(*, owner: User, name: str, days: int, actor: User | None, request: HttpRequest | None = None) -> tuple[ApiToken, str]:
    """Make a token for `owner` that ends after `days`. Returns its record and the token itself, which can never be shown again.

    `actor` is None for the command line. Raises PermissionDenied when `owner` is disabled.
    """
    if not owner.is_active:
        raise PermissionDenied
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(_SECRET_BYTES)
    token = ApiToken.objects.create(
        owner=owner, name=name, prefix=prefix, digest=_digest(secret), expires_at=timezone.now() + datetime.timedelta(days=days)
    )
    details = {"owner": owner.username, "days": days}
    record_event(AuditEventKind.TOKEN_CREATED, actor=actor, request=request, target=token, details=details)
    return token, f"crm_{prefix}_{secret}"


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User | None, request: HttpRequest | None = None) -> None:
    """End `token` at once; one that has ended already stays as it is."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        details = {"owner": token.owner.username}
        record_event(AuditEventKind.TOKEN_REVOKED, actor=actor, request=request, target=token, details=details)


def user_of_token(text: str) -> User | None:
    """The person for whom the token `text` acts; None when it is malformed, unknown, expired or revoked, or the person is disabled.

    The demo's people have tokens in the demonstration alone, as they sign in there alone.
    """
    parts = _FORM.fullmatch(text)
    if parts is None:
        return None
    token = ApiToken.objects.select_related("owner").filter(prefix=parts[1]).first()
    # Compared even where there is none, so that the time tells nothing.
    matches = hmac.compare_digest(token.digest if token else _digest(""), _digest(parts[2]))
    if token is None or not matches or not token.is_open or not token.owner.is_active:
        return None
    if token.owner.is_demo and not settings.DEBUG:
        return None
    today = timezone.localdate()
    if token.last_used_on != today:
        ApiToken.objects.filter(pk=token.pk).update(last_used_on=today)
    return token.owner


def _digest(secret: str) -> str:
    """SHA-256: of 32 random bytes there is nothing to guess, so nothing slow is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
