"""Enters into the audit who signed in and out, who failed and was locked out, and who changed a password or a second factor."""
# ruff: noqa: ARG001  (the signatures are those of the signals)

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import password_changed
from allauth.account.signals import user_logged_in as came_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from access.audit import record_event
from access.first_passwords import chosen_by_oneself
from access.models import AuditEventKind, User
from access.services.sessions import end_sessions
from access.session_limits import begin_session


@receiver(user_logged_in, dispatch_uid="start the clocks of a session")
def start_clocks(sender: Any, request: HttpRequest, **_more: Any) -> None:
    """Start the clocks of the new session."""
    begin_session(request.session)


@receiver(came_in, dispatch_uid="audit of sign-ins")
def signed_in(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
    """Somebody came in; the details say by what."""
    steps = [str(step.get("type") or step.get("method")) for step in get_authentication_records(request, user)]
    record_event(AuditEventKind.SIGNED_IN, actor=user, request=request, target=user, details={"by": steps})


@receiver(user_login_failed, dispatch_uid="audit of failed sign-ins")
def sign_in_failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **more: Any) -> None:
    """A wrong password or code, or somebody unknown at single sign-on."""
    login = str(credentials.get("username") or "")
    step = "second factor" if more.get("second_factor") else "single sign-on" if more.get("single_sign_on") else "password"
    user = User.objects.filter(username__iexact=login).first() if login else None
    record_event(AuditEventKind.SIGN_IN_FAILED, request=request, target=user, login=login, details={"step": step})


@receiver(user_locked_out, dispatch_uid="audit of lockouts")
def locked_out(sender: Any, request: HttpRequest, username: str | None = None, **_more: Any) -> None:
    """A login was locked after too many wrong tries, or tried again while it was."""
    user = User.objects.filter(username__iexact=username).first() if username else None
    record_event(AuditEventKind.LOCKED_OUT, request=request, target=user, login=username or "")


@receiver(user_logged_out, dispatch_uid="audit of sign-outs")
def signed_out(sender: Any, request: HttpRequest | None, user: User | None, **_more: Any) -> None:
    """Somebody signed out."""
    if user is not None:
        record_event(AuditEventKind.SIGNED_OUT, actor=user, request=request, target=user)


@receiver(password_changed, dispatch_uid="audit of changed passwords")
def changed_password(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
    """Somebody changed the own password: all other sessions end."""
    record_event(AuditEventKind.PASSWORD_CHANGED, actor=user, request=request, target=user)
    chosen_by_oneself(user)
    end_sessions(user=user, request=request, reason="password", sparing=request.session.session_key)


@receiver(authenticator_added, dispatch_uid="audit of added factors")
def added_factor(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    """A second factor was set up."""
    _factor_changed(request, user, authenticator, "added")


@receiver(authenticator_removed, dispatch_uid="audit of removed factors")
def removed_factor(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    """A second factor was removed."""
    _factor_changed(request, user, authenticator, "removed")


@receiver(authenticator_reset, dispatch_uid="audit of renewed recovery codes")
def renewed_codes(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    """Recovery codes were made anew."""
    _factor_changed(request, user, authenticator, "renewed")


def _factor_changed(request: HttpRequest, user: User, factor: Authenticator, change: str) -> None:
    record_event(AuditEventKind.FACTOR_CHANGED, request=request, target=user, details={"change": change, "factor": factor.type})
