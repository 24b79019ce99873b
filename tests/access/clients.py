"""Browsers and API clients of people, and what people reach, for the tests of who may do what."""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client

from access.models import Action, User
from access.services.api_tokens import create_token
from customers.models import Customer


def browser(user: User | None) -> Client:
    """A browser in which `user` is signed in."""
    client = Client()
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def confirmed(user: User) -> Client:
    """A browser in which `user` is signed in and has just given the password again."""
    client = browser(user)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(user.pk)
    session.save()
    return client


def token_client(user: User) -> Client:
    """A client of the API that comes with a token of `user`."""
    return Client(headers={"Authorization": f"Token {create_token(owner=user, name='tests', days=1, actor=user)[1]}"})


def fresh(user: User) -> User:
    """The user as the next request reads it."""
    return User.objects.get(pk=user.pk)


def seen(user: User, action: str = Action.VIEW) -> set[int]:
    """The ids of the customers that `user` reaches in the next request."""
    return set(Customer.objects.visible_to(fresh(user), action).values_list("pk", flat=True))


def text(response: Any) -> str:
    """The words of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))
