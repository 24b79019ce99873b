"""`manage.py api_token`: the token by which another system acts for a user."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from rest_framework.authtoken.models import Token

from access.models import User
from tests.api.conftest import JOBS, Api

pytestmark = pytest.mark.django_db


def token_of(*arguments: str) -> str:
    out = io.StringIO()
    call_command("api_token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_same_token_until_it_is_rotated(manager: User) -> None:
    first = token_of(manager.username)
    assert token_of(manager.username) == first
    assert Api(manager, first).get(JOBS).status_code == 200
    second = token_of(manager.username, "--rotate")
    assert second != first
    assert Api(manager, first).get(JOBS).status_code == 401
    assert Api(manager, second).get(JOBS).status_code == 200
    assert token_of(manager.username, "--revoke") == ""
    assert Api(manager, second).get(JOBS).status_code == 401
    assert not Token.objects.exists()


@pytest.mark.parametrize("login", ["nobody", "lijing"])
def test_no_token_for_nobody_or_the_disabled(manager: User, login: str) -> None:
    User.objects.filter(pk=manager.pk).update(is_active=False)
    with pytest.raises(CommandError) as refused:
        token_of(login)
    assert refused.value.returncode == 2
    assert not Token.objects.exists()
