"""The token by which a request that is repeated begins nothing twice."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from rest_framework.request import Request

from common.api.refusals import Refusal

HEADER: Final = "Idempotency-Key"


def idempotency_key(request: Request, longest: int) -> str:
    """The token that the request names, of at most `longest` characters; empty without one.

    Raises Refusal (`invalid`): a token that was cut would be the same as another one.
    """
    key = request.headers.get(HEADER, "").strip()
    if len(key) > longest or not key.isprintable():
        reason = _("An idempotency key has at most %(length)s characters.") % {"length": longest}
        raise Refusal("invalid", reason, field=HEADER)
    return key
