"""Single sign-on at a real (if small) OpenID Connect provider: who comes in, who does not, and what is not believed."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from pytest_django import Settings

from access.models import AuditEvent, User
from tests.access.identity_provider import CLIENT_ID, CLIENT_SECRET, Provider, running
from tests.personas import give_second_factor

pytestmark = pytest.mark.django_db

START = "/accounts/oidc/sso/login/"
SIGN_IN = "/accounts/login/"


@pytest.fixture
def provider(manager: User, settings: Settings) -> Iterator[Provider]:
    """A provider at which the manager is signed in, and the product configured for it."""
    with running(Provider({"sub": "key-of-lijing", "preferred_username": manager.username})) as provider:
        app: dict[str, Any] = {"provider_id": "sso", "name": "Staff ID", "client_id": CLIENT_ID, "secret": CLIENT_SECRET}
        app["settings"] = {"server_url": provider.address}
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}
        yield provider


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments):
        return None


def way_through(client: Client, start: str = START) -> Any:
    """Go to the provider and come back, as a browser does."""
    there = client.get(start)
    assert there.status_code == 302
    try:
        urllib.request.build_opener(_Stay).open(there["Location"], timeout=5)
    except HTTPError as answer:
        back = answer.headers["Location"]
    return client.get(back.replace("http://testserver", ""))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_button_is_there_only_when_configured(client, provider, settings):
    page = client.get(f"{SIGN_IN}?next=/profile/").content.decode()
    assert "Sign in with Staff ID" in page
    assert f'{START}?next=%2Fprofile%2F"' in page
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert START not in client.get(SIGN_IN).content.decode()
    assert client.get(START).status_code == 404
    assert client.get("/accounts/oidc/other/login/").status_code == 404


def test_a_person_who_is_entered_comes_in_and_back_to_the_page(client, provider, manager):
    response = way_through(client, f"{START}?next=/profile/")
    assert response["Location"] == "/profile/"
    assert client.get("/profile/").status_code == 200
    assert client.session["_auth_user_id"] == str(manager.pk)
    assert AuditEvent.objects.get(kind="signed_in").details == {"by": ["socialaccount"]}


def test_somebody_unknown_is_refused_and_not_entered(client, provider):
    provider.claims["preferred_username"] = "nobody"
    before = User.objects.count()
    response = way_through(client)
    assert response["Location"] == SIGN_IN
    assert "nobody of that login" in client.get(SIGN_IN).content.decode()
    assert (User.objects.count(), SocialAccount.objects.count(), is_in(client)) == (before, 0, False)
    assert AuditEvent.objects.get(kind="sign_in_failed").details == {"step": "single sign-on"}


def test_disabled_and_demo_people_are_refused(provider, manager):
    User.objects.filter(pk=manager.pk).update(is_demo=True)
    client = Client()
    way_through(client)
    assert not is_in(client)
    User.objects.filter(pk=manager.pk).update(is_active=False, is_demo=False)
    for _ in range(2):
        client = Client()
        way_through(client)
        assert not is_in(client)


def test_a_login_that_goes_to_somebody_else_opens_nothing(provider, manager):
    way_through(Client())
    provider.claims["sub"] = "key-of-the-next-lijing"
    client = Client()
    way_through(client)
    assert not is_in(client)
    provider.claims.update(sub="key-of-lijing", preferred_username="renamed")
    way_through(client)
    assert is_in(client), "the person of old still comes in"


def test_a_signed_in_person_cannot_tie_another_key_to_the_account(client, provider, colleague):
    client.force_login(colleague, backend="allauth.account.auth_backends.AuthenticationBackend")
    way_through(client, f"{START}?process=connect")
    assert not SocialAccount.objects.filter(user=colleague).exists()


def test_a_forged_signature_is_not_believed(client, provider):
    provider.forged = True
    assert way_through(client).status_code == 401
    assert not is_in(client)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("issuer", "https://elsewhere.example"), ("userinfo", {"sub": "somebody-else"})],
)
def test_another_issuer_or_person_is_not_believed(client, provider, attribute, value):
    setattr(provider, attribute, value)
    assert way_through(client).status_code == 401
    assert not is_in(client)


@pytest.mark.parametrize("claims", [{"aud": "another-product"}, {"exp": 1}])
def test_a_token_for_others_or_of_old_is_not_believed(client, provider, claims):
    provider.claims.update(claims)
    assert way_through(client).status_code == 401
    assert not is_in(client)


def test_an_answer_that_was_not_asked_for_is_not_taken(client, provider):
    assert client.get(f"{START}callback/?code=x&state=y").status_code == 401
    assert not is_in(client)


def test_who_turns_back_is_told_so(client, provider):
    state = client.get(START)["Location"].split("state=")[1].split("&")[0]
    response = client.get(f"{START}callback/?error=access_denied&state={state}", follow=True)
    assert "was cancelled" in response.content.decode()


@pytest.mark.parametrize(
    ("trusted", "methods", "asked"), [(False, ["pwd", "otp"], True), (True, ["pwd", "otp"], False), (True, ["pwd"], True)]
)
def test_our_second_factor_is_asked_unless_the_provider_is_trusted_with_it(client, provider, manager, settings, trusted, methods, asked):
    settings.OIDC_TRUST_SECOND_FACTOR = trusted
    provider.claims["amr"] = methods
    give_second_factor(manager)
    response = way_through(client)
    assert response["Location"].startswith("/accounts/2fa/authenticate/") is asked
    assert is_in(client) is not asked


def test_a_locked_login_is_locked_for_single_sign_on_too(provider, manager):
    for _ in range(5):
        Client().post(SIGN_IN, {"login": manager.username, "password": "wrong"})
    client = Client()
    assert way_through(client).status_code == 429
    assert not is_in(client)


def test_a_provider_that_is_down_is_said_plainly(client, provider, settings):
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://127.0.0.1:1"
    response = client.get(START)
    assert response.status_code == 401
    assert "could not be reached" in response.content.decode()
