"""API tokens: kept as hashes, shown once, ended by time, by their owner, by administrators and by the disabling of their owner."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import ApiToken, AuditEvent, AuditEventKind, User
from access.services.api_tokens import create_token, revoke_token, user_of_token
from tests.access.clients import browser, confirmed
from tests.api.conftest import JOBS
from tests.factories.access import PASSWORD

pytestmark = pytest.mark.django_db
PAGE = "/profile/tokens/"
REVOKE = "/profile/tokens/revoke/"


def status_of(token: str, scheme: str = "Token") -> int:
    return Client(headers={"Authorization": f"{scheme} {token}"}).get(JOBS).status_code


def made_on_page(user: User, **fields: Any) -> Any:
    return confirmed(user).post(PAGE, {"name": "Billing", "days": 30, **fields})


def token_in(response: Any) -> str:
    [token] = re.findall(r'id="new-token">(crm_[0-9a-f]{8}_[\w-]{43})<', response.content.decode())
    return str(token)


def test_made_by_its_owner_and_shown_once(manager: User) -> None:
    response = made_on_page(manager)
    token = token_in(response)
    assert "no-store" in response["Cache-Control"]
    kept = ApiToken.objects.get()
    assert (kept.owner, kept.name, len(kept.digest)) == (manager, "Billing", 64)
    assert token.split("_", 2)[2] not in "".join(str(value) for value in ApiToken.objects.values_list()[0])
    assert token not in browser(manager).get(PAGE).content.decode()
    assert (status_of(token), status_of(token, "Bearer"), status_of(token, "bearer")) == (200, 200, 200)
    assert ApiToken.objects.get().last_used_on == timezone.localdate()
    event = AuditEvent.objects.get(kind=AuditEventKind.TOKEN_CREATED)
    assert (event.actor, event.object_key) == (manager, str(kept.pk))
    assert token not in str(event.details) + event.object_label


def test_a_changed_token_is_unknown(manager: User) -> None:
    _kept, token = create_token(owner=manager, name="x", days=1, actor=manager)
    other = create_token(owner=manager, name="y", days=1, actor=manager)[1]
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), token[:13] + other[13:], token.upper(), token + "x", ""):
        assert user_of_token(wrong) is None
        assert status_of(wrong) == 401


def test_it_ends_by_time(manager: User) -> None:
    _kept, token = create_token(owner=manager, name="x", days=1, actor=manager)
    assert status_of(token) == 200
    ApiToken.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    assert status_of(token) == 401


def test_it_ends_with_its_owner(manager: User) -> None:
    _kept, token = create_token(owner=manager, name="x", days=1, actor=manager)
    User.objects.filter(pk=manager.pk).update(is_active=False)
    assert status_of(token) == 401


def test_it_is_revoked_by_its_owner(manager: User) -> None:
    kept, token = create_token(owner=manager, name="x", days=1, actor=manager)
    assert browser(manager).post(REVOKE, {"token": kept.pk}).status_code == 302
    assert status_of(token) == 401
    revoke_token(token=kept, actor=manager)
    assert AuditEvent.objects.filter(kind=AuditEventKind.TOKEN_REVOKED).count() == 1


def test_making_one_asks_for_the_password_again(manager: User) -> None:
    """What was filled in is not lost meanwhile; a token that is stolen with an open session would outlive it."""
    client = browser(manager)
    assert client.get(PAGE).status_code == 200
    asked = client.post(PAGE, {"name": "Billing", "days": 30})
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert not ApiToken.objects.exists()
    wrong = client.post(asked["Location"], {"password": "wrong", "next": PAGE})
    assert wrong.status_code == 200
    assert not ApiToken.objects.exists()
    done = client.post(asked["Location"], {"password": PASSWORD, "next": PAGE})
    assert user_of_token(token_in(done)) == manager


@pytest.mark.parametrize("persona", ["colleague", "director", "viewer", "outsider"])
def test_others_neither_see_nor_revoke_nor_make_it(manager: User, persona: str, request: pytest.FixtureRequest) -> None:
    kept, token = create_token(owner=manager, name="Secret system", days=1, actor=manager)
    other = request.getfixturevalue(persona)
    assert "Secret system" not in browser(other).get(PAGE).content.decode()
    for key in (str(kept.pk), str(kept.pk + 1_000), "", "x", "9" * 30):
        assert browser(other).post(REVOKE, {"token": key}).status_code == 404
    assert status_of(token) == 200
    made_on_page(other, login=manager.username)
    assert set(ApiToken.objects.exclude(pk=kept.pk).values_list("owner", flat=True)) == {other.pk}


def test_administrators_do_it_for_others_but_not_for_superusers(administrator: User, manager: User, colleague: User) -> None:
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    User.objects.filter(pk=colleague.pk).update(is_superuser=True)
    administrator.refresh_from_db()
    token = token_in(made_on_page(administrator, login=manager.username))
    assert user_of_token(token) == manager
    assert made_on_page(administrator, login=colleague.username).status_code == 422
    assert made_on_page(administrator, login="nobody").status_code == 422
    of_superuser, _text = create_token(owner=colleague, name="x", days=1, actor=colleague)
    assert browser(administrator).post(REVOKE, {"token": of_superuser.pk}).status_code == 404
    assert browser(administrator).post(REVOKE, {"token": ApiToken.objects.get(owner=manager).pk}).status_code == 302
    assert status_of(token) == 401


@pytest.mark.parametrize("days", ["0", "367", "-1", "x", ""])
def test_a_token_has_an_end(manager: User, days: str) -> None:
    assert made_on_page(manager, days=days).status_code == 422
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(("language", "words"), [("en", "The new token"), ("zh-hans", "新令牌")])
def test_the_page_speaks_both_languages(manager: User, language: str, words: str) -> None:
    User.objects.filter(pk=manager.pk).update(locale=language)
    assert words in made_on_page(User.objects.get(pk=manager.pk)).content.decode()


def test_the_administration_lists_and_revokes(administrator: User, manager: User) -> None:
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    kept, token = create_token(owner=manager, name="Listed", days=1, actor=manager)
    client = browser(User.objects.get(pk=administrator.pk))
    page = client.get("/admin/access/apitoken/").content.decode()
    assert "Listed" in page
    assert kept.digest not in client.get(f"/admin/access/apitoken/{kept.pk}/change/").content.decode()
    client.post("/admin/access/apitoken/", {"action": "revoke", "_selected_action": [kept.pk]})
    assert status_of(token) == 401


def test_the_demos_people_have_none_outside_of_the_demo(manager: User, settings: Any) -> None:
    """A token made while `DEBUG` was on once let in when it was off."""
    User.objects.filter(pk=manager.pk).update(is_demo=True)
    _kept, token = create_token(owner=manager, name="x", days=1, actor=manager)
    for debug, status in ((True, 200), (False, 401)):
        settings.DEBUG = debug
        assert status_of(token) == status
