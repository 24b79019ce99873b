"""Whose address a request comes from, where reverse proxies stand in between."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest


class ClientAddressMiddleware:
    """Puts the client's address into `REMOTE_ADDR` for all that counts or records by it.

    `TRUSTED_PROXIES` says how many proxies add themselves to `X-Forwarded-For`; only what the first of them wrote is believed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, with the address set right."""
        count = settings.TRUSTED_PROXIES
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if count and len(forwarded) >= count and _is_address(forwarded[-count]):
            request.META["REMOTE_ADDR"] = forwarded[-count]
        return self.get_response(request)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
