"""The second factor: whom it is asked of, that nothing opens without it, and that codes count once and wrong ones lock."""

from __future__ import annotations

import time
from io import StringIO

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axes.models import AccessAttempt
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from access.models import AuditEvent, Role, User
from access.second_factor import SecondFactorAdapter, lacks_second_factor, needs_second_factor, reencrypt_secrets
from access.services.standard_roles import ensure_standard_roles
from common.encryption import new_key
from tests.factories.access import PASSWORD
from tests.personas import give_second_factor

SIGN_IN = "/accounts/login/"
CODE = "/accounts/2fa/authenticate/"


def code_of(secret: str, ahead: int = 0) -> str:
    """The code that an authenticator app shows now (or `ahead` half minutes later)."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead)))


def password_step(client: Client, user: User):
    return client.post(SIGN_IN, {"login": user.username, "password": PASSWORD})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_roles_with_the_widest_reach_ask_for_it(db):
    roles = ensure_standard_roles()
    assert {code for code, role in roles.items() if role.requires_second_factor} >= {"administrator", "viewer"}
    assert not roles["account_manager"].requires_second_factor


def test_without_a_factor_only_its_set_up_opens(administrator, client):
    Authenticator.objects.all().delete()
    password_step(client, administrator)
    assert is_in(client)
    for address in ("/", "/customers/", "/admin/", "/profile/sessions/"):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, "/accounts/2fa/"), address
    assert client.get("/accounts/2fa/").status_code == 200
    htmx = client.get("/customers/", headers={"HX-Request": "true"})
    assert (htmx.status_code, "second factor" in htmx.content.decode()) == (403, True)
    api = client.get(reverse("api:provisioning_job_list"))
    assert (api.status_code, api.json()["code"]) == (403, "second_factor_required")
    assert client.post("/accounts/logout/").status_code == 302


def test_a_role_that_begins_to_ask_counts_from_the_next_request(manager, client):
    client.force_login(manager)
    assert client.get("/profile/").status_code == 200
    Role.objects.filter(code="account_manager").update(requires_second_factor=True)
    assert client.get("/profile/")["Location"] == "/accounts/2fa/"
    give_second_factor(manager)
    assert client.get("/profile/").status_code == 200


def test_superusers_are_asked_and_recovery_codes_alone_are_no_factor(manager):
    assert not needs_second_factor(manager)
    User.objects.filter(pk=manager.pk).update(is_superuser=True)
    manager.refresh_from_db()
    assert lacks_second_factor(manager)
    Authenticator.objects.create(user=manager, type="recovery_codes", data={})
    assert lacks_second_factor(manager)


def test_the_demo_is_not_asked_but_only_while_it_runs(administrator, settings):
    Authenticator.objects.all().delete()
    User.objects.filter(pk=administrator.pk).update(is_demo=True)
    administrator.refresh_from_db()
    settings.DEBUG = True
    assert not lacks_second_factor(administrator)
    settings.DEBUG = False
    assert lacks_second_factor(administrator)


def test_the_code_is_asked_after_the_password(manager, client):
    secret = give_second_factor(manager)
    assert password_step(client, manager)["Location"].startswith(CODE)
    assert not is_in(client)
    assert client.get("/profile/").status_code == 302
    assert client.post(CODE, {"code": code_of(secret)})["Location"] == "/"
    assert is_in(client)
    event = AuditEvent.objects.get(kind="signed_in")
    assert (event.actor, event.details["by"]) == (manager, ["password", "totp"])


def test_a_code_counts_once_even_after_the_cache_was_emptied(manager):
    secret = give_second_factor(manager)
    code = code_of(secret)
    for expected in (True, False):
        client = Client()
        password_step(client, manager)
        client.post(CODE, {"code": code})
        assert is_in(client) is expected
        cache.clear()
    client = Client()
    password_step(client, manager)
    client.post(CODE, {"code": code_of(secret, ahead=-1)})
    assert not is_in(client), "nor does an earlier one"
    client.post(CODE, {"code": code_of(secret, ahead=1)})
    assert is_in(client)


def test_five_wrong_codes_lock_the_login_through_a_flush_of_the_cache(manager, client):
    secret = give_second_factor(manager)
    password_step(client, manager)
    for _ in range(django_settings.AXES_FAILURE_LIMIT):
        response = client.post(CODE, {"code": "000000"}, REMOTE_ADDR=f"10.0.0.{_ + 1}")
    assert response.status_code == 429
    cache.clear()
    assert client.post(CODE, {"code": code_of(secret)}).status_code == 429
    assert password_step(Client(), manager).status_code == 429
    assert not is_in(client)
    assert AuditEvent.objects.filter(kind="sign_in_failed", details__step="second factor").count() == 5
    assert AuditEvent.objects.filter(kind="locked_out", object_key=str(manager.pk)).exists()


def test_wrong_passwords_and_wrong_codes_add_up(manager, client):
    give_second_factor(manager)
    for _ in range(3):
        client.post(SIGN_IN, {"login": manager.username, "password": "wrong"})
    password_step(client, manager)
    client.post(CODE, {"code": "000000"})
    assert client.post(CODE, {"code": "000000"}).status_code == 429
    assert AccessAttempt.objects.filter(username=manager.username).exists()


def test_secrets_are_encrypted_and_go_over_to_a_new_key(manager, settings):
    secret, old = give_second_factor(manager), new_key()
    factor = Authenticator.objects.get(user=manager)
    assert secret not in str(factor.data)
    settings.FIELD_KEYS = [old]
    factor.data["secret"] = SecondFactorAdapter().encrypt(secret)
    factor.save()
    new = new_key()
    settings.FIELD_KEYS = [new, old]
    said = StringIO()
    call_command("rotate_field_keys", stdout=said)
    assert "mfa.authenticator.data: 1 values rotated" in said.getvalue()
    assert reencrypt_secrets() == 0
    settings.FIELD_KEYS = [new]
    factor.refresh_from_db()
    assert SecondFactorAdapter().decrypt(factor.data["secret"]) == secret


def confirmed(client: Client, user: User) -> None:
    """Sign in and confirm the password, as is asked before a change."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def test_changes_ask_who_is_there_first(manager, client):
    client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    for name in ("mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"):
        assert client.get(reverse(name))["Location"].startswith("/accounts/reauthenticate/"), name
    confirmed(client, manager)
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_set_up_gives_recovery_codes_that_work_once(manager, client, django_capture_on_commit_callbacks):
    confirmed(client, manager)
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert done["Location"] == reverse("mfa_view_recovery_codes")
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    codes = Authenticator.objects.get(user=manager, type="recovery_codes").wrap().get_unused_codes()
    assert len(codes) == 10
    assert all(f"<li>{code}</li>" in page for code in codes)
    factors = AuditEvent.objects.filter(kind="factor_changed", actor=manager, details__change="added")
    assert {event.details["factor"] for event in factors} == {"totp", "recovery_codes"}
    for expected in (True, False):
        other = Client()
        password_step(other, manager)
        other.post(CODE, {"code": codes[0]})
        assert is_in(other) is expected


def test_whoever_needs_a_factor_keeps_the_last_one(administrator, client):
    confirmed(client, administrator)
    page = client.post(reverse("mfa_deactivate_totp"))
    assert page.status_code == 200
    assert "Set up another one first" in page.content.decode()
    assert Authenticator.objects.filter(user=administrator, type="totp").exists()
