"""Where browsers report what the Content-Security-Policy kept them from doing."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from common.limits import ReportLimit, limited

log = logging.getLogger(__name__)

MOST_BYTES: Final = 16 * 1024
_MOST_REPORTS: Final = 10
_COUNT_SECONDS: Final = 24 * 3600
_WORD: Final = re.compile(r"[a-z-]{1,40}")


@dataclass(frozen=True, slots=True)
class Violation:
    """What was kept from happening: by which directive, what kind of thing, on which page. Nothing that could be a secret or a person's."""

    directive: str
    blocked: str
    page: str


@csrf_exempt  # a browser sends it by itself and knows no token; nothing is changed
@login_not_required
@require_POST
@limited(ReportLimit)
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log and count what a browser reports, in the old format (`report-uri`) or the new (`report-to`). 204; 400 or 413 for no report."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    try:
        violations = list(violations_of(json.loads(body)))
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    for violation in violations:
        log.warning(
            "content security policy: %s kept %s from %s (%d today)",
            *(violation.directive, violation.blocked, violation.page, _count(violation.directive)),
        )
    return HttpResponse(status=204)


def violations_of(report: Any) -> Iterator[Violation]:
    """The violations in a decoded report of either format. Raises ValueError when it is none."""
    match report:
        case {"csp-report": dict(body)}:
            yield _violation(body, "violated-directive", "blocked-uri", "document-uri")
        case [*reports]:
            for each in reports[:_MOST_REPORTS]:
                match each:
                    case {"type": "csp-violation", "body": dict(body)}:
                        yield _violation(body, "effectiveDirective", "blockedURL", "documentURL")
        case _:
            raise ValueError("no report")


def _violation(body: dict[str, Any], directive: str, blocked: str, page: str) -> Violation:
    named = str(body.get("effective-directive") or body.get(directive) or "").split(" ")[0]
    return Violation(named if _WORD.fullmatch(named) else "unknown", _origin(body.get(blocked)), _path(body.get(page)))


def _origin(address: Any) -> str:
    """A keyword such as `inline`, or scheme and host of an address: paths and queries may hold anything."""
    text = str(address or "")
    if _WORD.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
        host = re.sub(r"[^\w.:-]", "", parts.hostname or "")
    except ValueError:
        return "unknown"
    return f"{parts.scheme[:10]}://{host[:80]}" if host else "unknown"


def _path(address: Any) -> str:
    """The path of a page of ours, its numbers left out: one may be a telephone number."""
    try:
        path = urlsplit(str(address or "")).path
    except ValueError:
        return "unknown"
    return re.sub(r"\d{5,}", "*", re.sub(r"[^\w/.-]", "", path))[:100] or "unknown"


def _count(directive: str) -> int:
    """How many of these were reported today, this one included."""
    key = f"csp-reports:{timezone.localdate().isoformat()}:{directive}"
    cache.add(key, 0, _COUNT_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:  # it went between the two steps
        return 1
