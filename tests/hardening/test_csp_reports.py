"""What browsers report of the Content-Security-Policy."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from common.csp_reports import MOST_BYTES

OLD = {
    "csp-report": {
        "document-uri": "https://crm.example.com/members/numbers/8613912340001/?token=abc",
        "violated-directive": "script-src-elem 'self'",
        "blocked-uri": "https://evil.example/steal.js?who=8613912340001",
        "script-sample": "document.cookie",
    }
}
NEW = [
    {
        "type": "csp-violation",
        "url": "https://crm.example.com/customers/",
        "body": {"documentURL": "https://crm.example.com/customers/", "effectiveDirective": "style-src-attr", "blockedURL": "inline"},
    },
    {"type": "deprecation", "body": {}},
]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


def report(content: Any, content_type: str = "application/csp-report", **more: Any) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Client(enforce_csrf_checks=True).post("/csp-report/", body, content_type=content_type, **more)


def test_the_old_format_is_logged_scrubbed_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    assert report(OLD).status_code == 204
    [line] = [record.getMessage() for record in caplog.records if record.name == "common.csp_reports"]
    assert line == "content security policy: script-src-elem kept https://evil.example from /members/numbers/*/ (1 today)"


def test_the_new_format(caplog: pytest.LogCaptureFixture) -> None:
    assert report(NEW, "application/reports+json").status_code == 204
    assert report(NEW, "application/reports+json").status_code == 204
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert lines[-1] == "content security policy: style-src-attr kept inline from /customers/ (2 today)"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"{}", b"\xff\xfe", b'{"csp-report": 1}', b"[" * 15_000, b'"x"'], ids=lambda content: repr(content[:20])
)
def test_what_is_no_report_is_refused(content: bytes) -> None:
    assert report(content).status_code == 400


def test_hostile_fields_stay_one_short_line(caplog: pytest.LogCaptureFixture) -> None:
    body = {"violated-directive": "x\nFAKE line", "blocked-uri": "http://[", "document-uri": ["a"] * 5}
    assert report({"csp-report": body}).status_code == 204
    [line] = [record.getMessage() for record in caplog.records if record.name == "common.csp_reports"]
    assert "\n" not in line
    assert "FAKE" not in line


def test_a_large_body_is_refused_unread() -> None:
    assert report(b"[" + b" " * MOST_BYTES + b"]").status_code == 413


def test_only_so_many_a_minute(settings: Any) -> None:
    settings.CSP_REPORTS_PER_MINUTE = 2
    assert [report(OLD).status_code for _ in range(3)] == [204, 204, 429]


def test_nothing_else_than_a_report_is_taken() -> None:
    assert Client().get("/csp-report/").status_code == 405
