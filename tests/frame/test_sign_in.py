"""Sign-in: who gets in, who does not, and what is told."""

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, reverse

from access.models import User
from members.demo.organisation import PERSONAS
from members.demo.sign_ins import DEMO_PASSWORD
from tests.factories.access import PASSWORD, UserFactory

SIGN_IN = "/accounts/login/"


def enter(client: Client, username: str, password: str = PASSWORD, **more: str):
    return client.post(SIGN_IN, {"login": username, "password": password, **more})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_everything_asks_for_a_sign_in_first(db, client):
    for address in ["/", "/profile/", "/accounts/password/change/", "/accounts/reauthenticate/"]:
        response = client.get(address)
        assert response.status_code == 302, address
        assert response["Location"].startswith(SIGN_IN)


def test_way_back_to_the_page_that_was_asked_for(manager, client):
    assert enter(client, manager.username, next="/profile/")["Location"] == "/profile/"


def test_way_back_never_leads_to_another_host(manager, client):
    assert enter(client, manager.username, next="https://elsewhere.example/")["Location"] == "/"


def test_wrong_password(manager, client):
    response = enter(client, manager.username, "wrong")
    assert "not correct" in response.content.decode()
    assert not signed_in(client)


def test_disabled_user_is_told_so_and_kept_out(manager, client):
    User.objects.filter(pk=manager.pk).update(is_active=False)
    response = enter(client, manager.username)
    assert response["Location"] == "/accounts/inactive/"
    assert not signed_in(client)
    page = client.get("/accounts/inactive/")
    assert page.status_code == 403
    assert "disabled" in page.content.decode()


def test_disabling_ends_the_session_at_the_next_request(manager, client):
    enter(client, manager.username)
    User.objects.filter(pk=manager.pk).update(is_active=False)
    assert client.get("/profile/").status_code == 302


def test_lockout_says_when_to_try_again(manager, client):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = enter(client, manager.username, "wrong")
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 900
    assert "15 minutes" in response.content.decode()
    assert enter(client, manager.username).status_code == 429, "the right password does not help while it is locked"
    assert not signed_in(client)
    assert AccessAttempt.objects.filter(username=manager.username).exists()


def test_lockout_counts_one_login_however_it_is_capitalised(manager, client):
    spellings = [manager.username, manager.username.upper(), manager.username.title(), f" {manager.username} "]
    for turn in range(settings.AXES_FAILURE_LIMIT):
        enter(client, spellings[turn % len(spellings)], "wrong")
    assert enter(client, manager.username.swapcase()).status_code == 429
    assert not signed_in(client)


def test_lockout_of_one_login_leaves_others_alone(manager, colleague, client):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        enter(client, manager.username, "wrong")
    assert enter(client, colleague.username)["Location"] == "/"


def test_unknown_login_looks_like_a_wrong_password(manager, client):
    def shown(username):
        return enter(client, username, "wrong").content.decode().split("<main")[1].replace(username, "")

    known, unknown = shown(manager.username), shown("nobody-known")
    assert "not correct" in known
    assert "not correct" in unknown


def test_sign_out_needs_a_post(manager, client):
    enter(client, manager.username)
    assert client.get("/accounts/logout/").status_code == 200
    assert signed_in(client)
    assert client.post("/accounts/logout/")["Location"] == SIGN_IN
    assert not signed_in(client)


def test_change_of_password(manager, client):
    enter(client, manager.username)
    new = "an even longer password"
    wrong = client.post("/accounts/password/change/", {"oldpassword": "no", "password1": new, "password2": new})
    assert wrong.status_code == 200
    manager.refresh_from_db()
    assert manager.check_password(PASSWORD)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    manager.refresh_from_db()
    assert manager.check_password(new)
    assert signed_in(client)


def test_short_password_is_refused(manager, client):
    enter(client, manager.username)
    response = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "short", "password2": "short"})
    assert "at least 12 characters" in response.content.decode()
    manager.refresh_from_db()
    assert manager.check_password(PASSWORD)


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_reset_password", "account_set_password"])
def test_what_makes_no_sense_here_is_not_wired(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("debug", [False, True])
def test_demo_sign_ins_only_where_the_demo_is(db, client, settings, debug):
    settings.DEBUG = debug
    assert DEMO_PASSWORD not in client.get(SIGN_IN).content.decode()
    UserFactory(username=PERSONAS[0], password=DEMO_PASSWORD)
    assert (f'data-username="{PERSONAS[0]}"' in client.get(SIGN_IN).content.decode()) is debug


def test_language_after_sign_in_is_the_users(manager, client):
    User.objects.filter(pk=manager.pk).update(locale="zh-hans")
    enter(client, manager.username)
    assert '<html lang="zh-hans"' in client.get("/profile/", headers={"Accept-Language": "en"}).content.decode()


def test_administration_has_no_door_of_its_own(manager, client):
    assert client.get("/admin/login/?next=/admin/")["Location"] == f"{SIGN_IN}?next=%2Fadmin%2F"
    enter(client, manager.username)
    assert client.get("/admin/login/").status_code == 403
