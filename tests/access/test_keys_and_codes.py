"""Answers of security keys count like codes, and the code that sets an authenticator app up is spent."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from access.models import AuditEvent, User
from tests.access.clients import browser, confirmed
from tests.access.test_second_factor import CODE, code_of, is_in, password_step
from tests.personas import give_second_factor

pytestmark = pytest.mark.django_db

PASSKEY = "/accounts/2fa/webauthn/login/"


def coded(data: bytes) -> str:
    """As browsers send bytes."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def forged(user: User | None) -> str:
    """An answer in due form of a key that nobody has registered, in the name of `user`."""
    handle = user_pk_to_url_str(user) if user else "nobody"
    told = {"type": "webauthn.get", "challenge": coded(os.urandom(32)), "origin": "http://testserver"}
    answer = {
        "clientDataJSON": coded(json.dumps(told).encode()),
        "authenticatorData": coded(os.urandom(32) + b"\x05" + b"\0\0\0\1"),
        "signature": coded(os.urandom(64)),
        "userHandle": coded(handle.encode()),
    }
    key = coded(os.urandom(32))
    return json.dumps({"id": key, "rawId": key, "type": "public-key", "response": answer, "clientExtensionResults": {}})


def failures(user: User) -> int:
    """How many wrong second factors the audit has of a person."""
    return AuditEvent.objects.filter(kind="sign_in_failed", details__step="second factor", object_key=str(user.pk)).count()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_wrong_keys_after_the_password_lock_the_login(manager: User, client: Client, language: str) -> None:
    secret = give_second_factor(manager)
    client.cookies["django_language"] = language
    password_step(client, manager)
    for tried in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post(CODE, {"credential": forged(manager)}, REMOTE_ADDR=f"10.0.0.{tried + 1}")
    assert answer.status_code == 429
    assert ("分钟" if language == "zh-hans" else "minutes") in answer.content.decode()
    cache.clear()
    assert client.post(CODE, {"code": code_of(secret)}).status_code == 429
    assert password_step(Client(), manager).status_code == 429
    assert not is_in(client)
    assert failures(manager) == settings.AXES_FAILURE_LIMIT


def test_wrong_passkeys_lock_the_login_that_they_name(manager: User, colleague: User) -> None:
    for _tried in range(settings.AXES_FAILURE_LIMIT):
        answer = Client().post(PASSKEY, {"credential": forged(manager)})
    assert answer.status_code == 429
    assert password_step(Client(), manager).status_code == 429
    assert password_step(Client(), colleague)["Location"] == "/"
    assert failures(manager) == settings.AXES_FAILURE_LIMIT


@pytest.mark.parametrize("credential", [forged(None), "{}", "[]", "5", "no JSON", '{"response": {"userHandle": 5}}'])
def test_who_names_nobody_is_turned_away_and_locks_nobody(db: None, credential: str) -> None:
    for _tried in range(settings.AXES_FAILURE_LIMIT + 1):
        cache.clear()  # the limit by address is another matter
        answer = Client().post(PASSKEY, {"credential": credential})
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/accounts/login/")
    assert not AuditEvent.objects.filter(kind="locked_out").exists()


def test_wrong_keys_where_who_is_there_is_asked_count_too(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    Authenticator.objects.create(user=manager, type=Authenticator.Type.WEBAUTHN, data={})
    monkeypatch.setattr("allauth.mfa.webauthn.internal.auth.get_credentials", lambda _user: [])
    client = browser(manager)
    for _tried in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post(reverse("mfa_reauthenticate_webauthn"), {"credential": forged(manager)})
    assert answer.status_code == 429
    assert failures(manager) == settings.AXES_FAILURE_LIMIT


def test_the_code_that_sets_the_app_up_signs_nobody_in(manager: User, django_capture_on_commit_callbacks: Any) -> None:
    client = confirmed(manager)
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    code = code_of(secret)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("mfa_activate_totp"), {"code": code})["Location"] == reverse("mfa_view_recovery_codes")
    assert Authenticator.objects.filter(user=manager, type="totp").exists()
    cache.clear()
    other = Client()
    password_step(other, manager)
    for spent in (code, code_of(secret, ahead=-1)):
        assert other.post(CODE, {"code": spent}).status_code == 200
        assert not is_in(other)
    other.post(CODE, {"code": code_of(secret, ahead=1)})
    assert is_in(other)
