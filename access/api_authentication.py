"""How other systems sign in at the API: `Authorization: Token …` or `Authorization: Bearer …`."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from access.models import User
from access.services.api_tokens import user_of_token

_SCHEMES: Final = (b"token", b"bearer")


class ApiTokenAuthentication(BaseAuthentication):
    """By a token that a person or an administrator has made."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The person of the request's token; None where it brings none. Raises AuthenticationFailed for any that does not let in."""
        scheme, *rest = get_authorization_header(request).split() or [b""]
        if scheme.lower() not in _SCHEMES:
            return None
        user = user_of_token(rest[0].decode("ascii", errors="replace")) if len(rest) == 1 else None
        # A first password, which somebody else has read, may have been used to make the token.
        if user is None or user.must_change_password:
            raise exceptions.AuthenticationFailed(_("The token is not valid: unknown, expired, revoked, or of a disabled user."))
        return user, None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  # DRF passes it
        """What a request without a token is told to bring."""
        return "Token"


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Describes it in the schema."""

    target_class = ApiTokenAuthentication
    name = "tokenAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002  # drf-spectacular passes it
        """A header with the scheme `Token`."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token` or `Bearer`, a blank, and a token from your profile.",
        }
