"""Who sends a request."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from access.models import User


def signed_in(request: HttpRequest) -> User:
    """The user of `request`. Raises PermissionDenied when nobody is signed in, which the sign-in middleware has already prevented."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
