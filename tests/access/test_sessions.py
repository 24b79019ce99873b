"""Sessions: their list, their end by the person, an administrator or the clock, and a form that came too late."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.devices import device_words
from access.models import AuditEvent, User
from access.services.sessions import end_sessions, forget_ended_sessions
from access.session_limits import SEEN_AT, SIGNED_IN_AT
from customers.models import Customer
from tests.factories.access import PASSWORD
from tests.factories.customers import CustomerFactory
from tests.personas import give_second_factor

SIGN_IN = "/accounts/login/"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1"


def browser(user: User, agent: str = CHROME, address: str = "10.1.2.3") -> Client:
    """A browser in which `user` has signed in by the form."""
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    client.post(SIGN_IN, {"login": user.username, "password": PASSWORD})
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def age(client: Client, **moments: int) -> None:
    """Set moments of the session back by so many seconds."""
    session = client.session
    for name, seconds in moments.items():
        session[name] = int(time.time()) - seconds
    session.save()


# --- the list --------------------------------------------------------------------------------------------------------------------------


def test_the_list_tells_devices_addresses_and_which_is_this_one(manager, colleague):
    here = browser(manager)
    browser(manager, PHONE, "10.9.9.9")
    browser(colleague, address="10.7.7.7")
    page = here.get("/profile/sessions/").content.decode()
    for seen in ("Chrome on Windows", "Safari on iPhone", "10.1.2.3", "10.9.9.9", "this one"):
        assert seen in page, seen
    assert "10.7.7.7" not in page


def test_one_is_ended_and_the_rest_stay(manager):
    here, there, third = browser(manager), browser(manager, PHONE), browser(manager)
    row = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post(reverse("access:session_end", args=[row.pk])).status_code == 302
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
    event = AuditEvent.objects.get(kind="session_ended")
    assert (event.actor, event.details) == (manager, {"reason": "own", "sessions": 1})


def test_another_persons_is_not_found(manager, colleague):
    here, theirs = browser(manager), browser(colleague)
    row = UserSession.objects.get(session_key=theirs.session.session_key)
    assert here.post(reverse("access:session_end", args=[row.pk])).status_code == 404
    assert is_in(theirs)
    assert not AuditEvent.objects.filter(kind="session_ended").exists()
    key = Authenticator.objects.create(user=colleague, type="webauthn", data={"name": "key", "credential": {}})
    here.post("/accounts/reauthenticate/", {"password": PASSWORD})
    for name in ("mfa_remove_webauthn", "mfa_edit_webauthn"):
        assert here.post(reverse(name, args=[key.pk]), {"name": "mine"}).status_code == 404
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_all_others_end_at_once(manager):
    here, there, third = browser(manager), browser(manager), browser(manager)
    here.post(reverse("access:session_end_others"))
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, False)
    assert Session.objects.filter(session_key=there.session.session_key).count() == 0


def test_a_change_of_password_ends_the_others(manager):
    here, there = browser(manager), browser(manager)
    new = "an even longer secret of mine"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert (is_in(here), is_in(there)) == (True, False)
    assert AuditEvent.objects.filter(kind="password_changed", actor=manager).count() == 1


def test_what_is_left_of_ended_sessions_is_forgotten_at_night(manager):
    here, there, third = browser(manager), browser(manager), browser(manager)
    Session.objects.filter(session_key=there.session.session_key).update(expire_date=timezone.now() - timedelta(days=1))
    Session.objects.filter(session_key=third.session.session_key).delete()
    assert forget_ended_sessions() == 2
    assert UserSession.objects.get().session_key == here.session.session_key
    assert is_in(here)


@pytest.mark.parametrize(
    ("agent", "words"),
    [(CHROME, "Chrome on Windows"), (PHONE, "Safari on iPhone"), ("curl/8", "Unknown device"), (f"{CHROME} Edg/131.0", "Edge on Windows")],
)
def test_devices_in_words(agent, words):
    assert device_words(agent) == words


# --- by an administrator ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def keeper(administrator) -> Client:
    """An administrator's browser."""
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    client = Client()
    client.force_login(User.objects.get(pk=administrator.pk), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def act(keeper: Client, action: str, user: User) -> None:
    """Do an action on `user` in the administration."""
    response = keeper.post(reverse("admin:access_user_changelist"), {"action": action, "_selected_action": [user.pk]})
    assert response.status_code == 302


def test_an_administrator_ends_a_persons_sessions(manager, keeper):
    there = browser(manager)
    act(keeper, "end_their_sessions", manager)
    assert not is_in(there)
    assert AuditEvent.objects.get(kind="session_ended").details["reason"] == "administrator"


def test_an_administrator_unlocks_a_login(manager, keeper):
    client = Client()
    for _ in range(5):
        client.post(SIGN_IN, {"login": manager.username.upper(), "password": "wrong"})
    assert client.post(SIGN_IN, {"login": manager.username, "password": PASSWORD}).status_code == 429
    act(keeper, "unlock_sign_in", manager)
    browser(manager)
    assert AuditEvent.objects.filter(kind="unlocked", object_key=str(manager.pk)).count() == 1


def test_an_administrator_removes_lost_factors(manager, keeper):
    there = browser(manager)
    give_second_factor(manager)
    act(keeper, "remove_second_factors", manager)
    assert not Authenticator.objects.filter(user=manager).exists()
    assert not is_in(there)


def test_superusers_are_out_of_an_administrators_reach(manager, keeper):
    there = browser(manager)
    give_second_factor(manager)
    User.objects.filter(pk=manager.pk).update(is_superuser=True)
    for action in ("end_their_sessions", "remove_second_factors", "unlock_sign_in"):
        act(keeper, action, manager)
    assert is_in(there)
    assert Authenticator.objects.filter(user=manager).exists()


# --- the clock -------------------------------------------------------------------------------------------------------------------------


def test_the_demo_never_works_without_debug(manager, settings):
    there = browser(manager)
    User.objects.filter(pk=manager.pk).update(is_demo=True)
    assert not is_in(there)
    response = Client().post(SIGN_IN, {"login": manager.username, "password": PASSWORD}, follow=True)
    assert "in the demonstration only" in response.content.decode()
    settings.DEBUG = True
    browser(manager)


@pytest.mark.parametrize(("moments", "reason"), [({SEEN_AT: 1801}, "idle"), ({SIGNED_IN_AT: 12 * 3600 + 1}, "absolute")])
def test_a_session_ends_by_the_clock(manager, moments, reason):
    client = browser(manager)
    age(client, **moments)
    response = client.get("/customers/?q=x")
    assert response["Location"] == f"{SIGN_IN}?next=/customers/%3Fq%3Dx"
    assert not is_in(client)
    assert AuditEvent.objects.get(kind="session_ended").details == {"reason": reason}
    assert not UserSession.objects.filter(user=manager).exists()
    assert "You were signed out" in client.get(SIGN_IN).content.decode()


def test_work_sets_the_idle_clock_back_and_polls_do_not(manager):
    client = browser(manager)
    age(client, **{SEEN_AT: 1000})
    client.get("/profile/", headers={"X-Background": "1"})
    assert client.session[SEEN_AT] <= time.time() - 999
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))
    client.get("/profile/")
    assert client.session[SEEN_AT] >= time.time() - 5
    assert UserSession.objects.get().last_seen_at > timezone.now() - timedelta(minutes=1)
    age(client, **{SIGNED_IN_AT: 12 * 3600 + 1})
    assert not is_in(client), "no work moves the absolute limit"


def test_the_page_asks_for_the_time_left_and_may_keep_the_session(manager):
    client = browser(manager)
    age(client, **{SEEN_AT: 1750})
    state = client.get(reverse("access:session_state"), headers={"X-Background": "1"}).json()
    assert 40 <= state["idle"] <= 50
    assert state["user"] == manager.pk
    assert client.post(reverse("access:session_keep")).json()["idle"] >= 1799


def test_htmx_is_told_in_place(manager):
    client = browser(manager)
    age(client, **{SEEN_AT: 1801})
    response = client.post("/theme/", {"theme": "dark"}, headers={"HX-Request": "true"})
    assert response.status_code in (302, 200, 204), "the theme is anybody's"
    client = browser(manager)
    age(client, **{SEEN_AT: 1801})
    response = client.get("/customers/", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert "session-ended" in json.loads(response["HX-Trigger"])


def test_a_form_that_came_too_late_is_kept_for_the_same_person(manager):
    customer = CustomerFactory(manager=manager, name="旧名")
    client, address = browser(manager), reverse("customers:customer_edit", args=[customer.pk])
    typed = {"name": "云江<新>名", "credit_code": ""}
    age(client, **{SEEN_AT: 1801})
    response = client.post(address, typed)
    assert response["Location"].startswith(f"{SIGN_IN}?next=/profile/unsent/")
    assert Customer.objects.get(pk=customer.pk).name == "旧名", "nothing was done"
    client.post(SIGN_IN, {"login": manager.username, "password": PASSWORD})
    page = client.get("/profile/unsent/").content.decode()
    assert f'action="{address}"' in page
    assert 'value="云江&lt;新&gt;名"' in page


def test_a_kept_form_is_nobody_elses(manager, colleague):
    customer, client = CustomerFactory(manager=manager), browser(manager)
    age(client, **{SEEN_AT: 1801})
    client.post(reverse("customers:customer_edit", args=[customer.pk]), {"name": "秘密"})
    client.post(SIGN_IN, {"login": colleague.username, "password": PASSWORD})
    assert client.get("/profile/unsent/").status_code == 302
    assert "unsent_form" not in client.session


def test_passwords_are_never_kept(manager):
    client = browser(manager)
    age(client, **{SEEN_AT: 1801})
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "x", "password2": "x"})
    assert "unsent_form" not in client.session


NEW_PASSWORD = "vier-eulen-lesen-neun-zeitungen"


def test_a_password_that_an_administrator_sets_for_himself_leaves_a_session_that_can_be_ended(administrator):
    """Its key is new then; it once stood in no list, so that nothing but its own sign-out could end it."""
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    client = Client()
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = f"/admin/access/user/{administrator.pk}/password/"
    answer = client.post(page, {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert answer.status_code == 302
    assert is_in(client)
    assert UserSession.objects.get(user=administrator).session_key == client.session.session_key
    assert end_sessions(user=administrator, request=None, reason="administrator") == 1
    assert not is_in(client)


def test_the_present_password_is_not_guessed_from_a_session_left_open(manager):
    """Wrong ones at the change of password count with those at sign-in; once they counted nowhere."""
    client = browser(manager)
    for attempt in range(5):
        sent = {"oldpassword": f"wrong-{attempt}", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
        client.post("/accounts/password/change/", sent)
    assert client.post("/accounts/password/change/", {**sent, "oldpassword": PASSWORD}).status_code == 429
    assert Client().post(SIGN_IN, {"login": manager.username, "password": PASSWORD}).status_code == 429
    manager.refresh_from_db()
    assert manager.check_password(PASSWORD)


def test_a_form_that_waits_is_unreadable_in_the_table_of_sessions(manager):
    """ID numbers are encrypted wherever they are kept."""
    customer = CustomerFactory(manager=manager)
    client = browser(manager)
    age(client, **{SEEN_AT: 100_000})
    client.post(f"/customers/{customer.pk}/people/new/", {"name": "x", "id_number": "440305199003071234"})
    kept = [session.get_decoded() for session in Session.objects.all()]
    assert any("unsent_form" in session for session in kept)
    assert "440305199003071234" not in str(kept)
    client.post(SIGN_IN, {"login": manager.username, "password": PASSWORD})
    assert "440305199003071234" in client.get("/profile/unsent/").content.decode()
