"""Connecting to the test's database as the product does: under a role that owns nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from common.database_roles import ROLES, grant_all, make_roles

As = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def role_passwords(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, str]:
    """The roles of the product with passwords of this run, and their rights on the test's database."""
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
    with django_db_blocker.unblock():
        make_roles(passwords)
        grant_all()
    return passwords


@pytest.fixture
def connected_as(role_passwords: dict[str, str], transactional_db: None) -> Iterator[As]:
    """A context manager in which Django connects as a role, other threads too."""
    make_roles(role_passwords)  # again: a command that another test started may have given the roles those of its own servers
    owner = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}

    @contextmanager
    def connect(role: str) -> Iterator[None]:
        connection.close()
        connection.settings_dict.update(USER=role, PASSWORD=role_passwords[role])
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(owner)

    yield connect
    connection.settings_dict.update(owner)
