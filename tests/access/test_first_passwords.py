"""A first password, which an administrator has read, opens nothing but its own change."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from access.models import AuditEvent, User
from access.services.api_tokens import create_token
from tests.access.clients import browser
from tests.api.conftest import JOBS
from tests.factories.access import PASSWORD

pytestmark = pytest.mark.django_db

SIGN_IN, CHANGE = "/accounts/login/", "/accounts/password/change/"
OWN = "Vierzehn rote Kähne 7"


@pytest.fixture
def first(administrator: User, settings: Settings) -> tuple[User, str]:
    """Somebody entered by a list, with the first password that came in the file."""
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    client = browser(User.objects.get(pk=administrator.pk))
    page = reverse("admin:access_user_changelist") + "list/"
    file = SimpleUploadedFile("people.csv", "login,name,org unit,role\nfresh,新人,YJ01A,account_manager\n".encode())
    checked = re.findall(r'name="checked" value="([^"]+)"', client.post(page, {"file": file}).content.decode())
    answer = client.post(page, {"checked": checked[0], "first_passwords": "on"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return User.objects.get(username="fresh"), rows[1][2]


def signed_in(login: str, password: str) -> Client:
    """The browser of somebody who has just signed in."""
    client = Client()
    answer = client.post(SIGN_IN, {"login": login, "password": password})
    assert answer.status_code == 302
    assert "_auth_user_id" in client.session
    return client


def change(client: Client, old: str, new: str) -> Any:
    """Change the password."""
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new})


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nothing_opens_until_it_is_changed(first: tuple[User, str], language: str) -> None:
    user, password = first
    User.objects.filter(pk=user.pk).update(locale=language)
    client = signed_in("fresh", password)
    for address in ("/", "/customers/", "/profile/", "/admin/", reverse("access:api_tokens"), reverse("mfa_index")):
        assert client.get(address)["Location"] == CHANGE, address
    told = "先设置您自己的密码" if language == "zh-hans" else "Choose your own first"
    assert told in client.get(CHANGE).content.decode()
    htmx = client.get("/customers/", headers={"HX-Request": "true"})
    assert (htmx.status_code, told in htmx.content.decode()) == (403, True)
    api = client.get(JOBS)
    assert (api.status_code, api.json()["code"]) == (403, "password_change_required")
    assert change(client, password, OWN).status_code == 302
    assert client.get("/customers/").status_code == 200
    assert client.get(JOBS).status_code == 200
    assert signed_in("fresh", OWN).get("/customers/").status_code == 200
    assert AuditEvent.objects.filter(kind="password_changed", actor=user).count() == 1


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_same_again_is_no_change(first: tuple[User, str], language: str) -> None:
    user, password = first
    User.objects.filter(pk=user.pk).update(locale=language)
    client = signed_in("fresh", password)
    answer = change(client, password, password)
    assert answer.status_code == 200
    assert ("这是当前密码" if language == "zh-hans" else "That is the present password") in answer.content.decode()
    user.refresh_from_db()
    assert user.must_change_password
    assert client.get("/")["Location"] == CHANGE


def test_a_token_of_that_person_lets_nobody_in(first: tuple[User, str]) -> None:
    user, password = first
    client = Client(headers={"Authorization": f"Token {create_token(owner=user, name='x', days=1, actor=user)[1]}"})
    assert client.get(JOBS).status_code == 401
    change(signed_in("fresh", password), password, OWN)
    assert client.get(JOBS).status_code == 200


def test_it_can_be_left_again(first: tuple[User, str]) -> None:
    client = signed_in("fresh", first[1])
    answer = client.post("/accounts/logout/")
    assert (answer.status_code, answer["Clear-Site-Data"]) == (302, '"cache"')
    assert "_auth_user_id" not in client.session


def test_people_with_passwords_of_their_own_notice_nothing(manager: User) -> None:
    assert not manager.must_change_password
    assert signed_in(manager.username, PASSWORD).get("/customers/").status_code == 200
