"""Ending sessions: one's own, or another person's by an administrator, who also unlocks sign-in and removes lost factors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib import import_module

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.utils import reset
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from access.audit import record_event, record_events
from access.lockout import counted_login
from access.models import AuditEventKind, User


@transaction.atomic
def end_sessions(*, user: User, request: HttpRequest | None, reason: str, only: int | None = None, sparing: str | None = None) -> int:
    """End sessions of `user` at once, and enter it into the audit; how many they were.

    Arguments:
        request: of whoever ends them.
        reason: "own", "administrator", "disabled", "password" or "factor"; kept with the event.
        only: the key of one `UserSession`; without it all end.
        sparing: the session key of a session that stays.
    """
    sessions: QuerySet[UserSession] = UserSession.objects.filter(user=user).exclude(session_key=sparing or "")
    if only is not None:
        sessions = sessions.filter(pk=only)
    keys = list(sessions.values_list("session_key", flat=True))
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in keys:
        store().delete(key)
    sessions.delete()
    if keys:
        record_event(AuditEventKind.SESSION_ENDED, request=request, target=user, details={"reason": reason, "sessions": len(keys)})
    return len(keys)


def forget_ended_sessions() -> int:
    """Delete sessions past their time and the records of those that are gone; how many records there were."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    living = Session.objects.filter(session_key=OuterRef("session_key"))
    count, _by_model = UserSession.objects.exclude(Exists(living)).delete()
    return int(count)


def unlock_sign_in(*, user: User, request: HttpRequest) -> None:
    """Forget the wrong passwords and codes that were given for the login of `user`."""
    reset(username=counted_login(request, {"username": user.username}))
    record_event(AuditEventKind.UNLOCKED, request=request, target=user)


@transaction.atomic
def remove_factors(*, user: User, request: HttpRequest) -> int:
    """Remove all second factors of `user`, whose phone or key is lost, and end all sessions; how many factors there were."""
    factors = list(Authenticator.objects.select_for_update().filter(user=user))
    Authenticator.objects.filter(pk__in=[factor.pk for factor in factors]).delete()
    for factor in factors:
        details = {"change": "removed", "factor": factor.type, "by": "administrator"}
        record_event(AuditEventKind.FACTOR_CHANGED, request=request, target=user, details=details)
    end_sessions(user=user, request=request, reason="factor")
    return len(factors)


@transaction.atomic
def end_sessions_of_all(*, users: Sequence[User], request: HttpRequest | None, reason: str) -> int:
    """End all sessions of `users`, with an event for each who had any; how many there were. Takes as many statements for one as for all."""
    if not users:
        return 0
    people = {user.pk: user for user in users}
    sessions: QuerySet[UserSession] = UserSession.objects.filter(user__in=list(people))
    found = list(sessions.values_list("session_key", "user_id"))
    store = import_module(settings.SESSION_ENGINE).SessionStore
    store.get_model_class().objects.filter(session_key__in=[key for key, _user in found]).delete()
    sessions.delete()
    ended = Counter(user for _key, user in found)
    targets = [(people[pk], {"reason": reason, "sessions": count}) for pk, count in ended.items()]
    record_events(AuditEventKind.SESSION_ENDED, request=request, targets=targets)
    return len(found)
