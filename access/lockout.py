"""Counting wrong passwords, and the answer to a sign-in while the login is locked after too many of them."""

from __future__ import annotations

import math
from typing import Any

from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import reference_of


def counted_login(_request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The login under which wrong passwords are counted: sign-in does not tell capitals from small letters, so neither does the count."""
    login = (credentials or {}).get("username")
    return str(login).strip().lower() if login else None


def locked_out(request: HttpRequest, _original: HttpResponse | None, _credentials: dict[str, Any] | None = None) -> HttpResponse:
    """Say when to try again; the same text whether or not the login exists. 429 with `Retry-After` in seconds."""
    cool_off = get_cool_off(request)
    minutes = math.ceil(cool_off.total_seconds() / 60) if cool_off else 0
    again_at = timezone.localtime(timezone.now() + cool_off) if cool_off else None
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse({"code": "locked_out", "reason": _("Too many wrong passwords."), "field": None}, status=429)
    else:
        context = {"minutes": minutes, "again_at": again_at, "reference": reference_of(request)}
        response = render(request, "account/locked_out.html", context, status=429)
    if cool_off:
        response["Retry-After"] = str(int(cool_off.total_seconds()))
    return response
