"""`manage.py api_token`: a token by which another system acts for a user."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from access.models import ApiToken, User
from tests.api.conftest import JOBS, Api

pytestmark = pytest.mark.django_db


def token_of(*arguments: str) -> str:
    out = io.StringIO()
    call_command("api_token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_each_call_makes_one_until_they_are_rotated(manager: User) -> None:
    first, second = token_of(manager.username), token_of(manager.username, "--name", "billing", "--days", "7")
    assert first != second
    assert [Api(manager, token).get(JOBS).status_code for token in (first, second)] == [200, 200]
    third = token_of(manager.username, "--rotate")
    assert [Api(manager, token).get(JOBS).status_code for token in (first, second, third)] == [401, 401, 200]
    assert token_of(manager.username, "--revoke") == ""
    assert Api(manager, third).get(JOBS).status_code == 401
    assert not ApiToken.objects.filter(revoked_at=None).exists()


@pytest.mark.parametrize("login", ["nobody", "lijing"])
def test_no_token_for_nobody_or_the_disabled(manager: User, login: str) -> None:
    User.objects.filter(pk=manager.pk).update(is_active=False)
    with pytest.raises(CommandError) as refused:
        token_of(login)
    assert refused.value.returncode == 2
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("days", ["0", "-1", "367"])
def test_no_token_without_an_end(manager: User, days: str) -> None:
    with pytest.raises(CommandError) as refused:
        token_of(manager.username, "--days", days)
    assert refused.value.returncode == 2
    assert not ApiToken.objects.exists()
