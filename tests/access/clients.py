"""Browsers and API clients of people, for the tests of who may do what."""

from __future__ import annotations

import time

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client

from access.models import User
from access.services.api_tokens import create_token


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
