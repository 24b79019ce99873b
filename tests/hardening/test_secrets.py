"""Secrets do not reach the log nor error reports, whoever raises them and however they are dressed."""

from __future__ import annotations

import io
import logging
import sys
import time
from typing import Any

import pytest
from django.conf import settings as project
from django.test import RequestFactory, override_settings
from django.views.debug import ExceptionReporter

from common.log_filters import SecretFilter, without_secrets
from common.masking import mask_log

SECRET = "hunter2-Geheim"
LOGGING: Any = project.LOGGING
DRESSED = [
    f"password={SECRET}",
    f"PASSWORD: {SECRET}",
    f"{{'password': '{SECRET}', 'login': 'lijing'}}",
    f'{{"new_password1": "{SECRET}"}}',
    f"Authorization: Token {SECRET}",
    f"'Authorization': 'Bearer {SECRET}'",
    f"HTTP_AUTHORIZATION=Basic {SECRET}",
    f"Cookie: sessionid={SECRET}; theme=dark",
    f"__Host-sessionid={SECRET}",
    f"csrfmiddlewaretoken={SECRET}&login=lijing",
    f"postgres://crm:{SECRET}@db.example.com:5432/crm",
    f"redis://:{SECRET}@valkey:6379/0",
    f"connection failed: password='{SECRET}' host=db",
    f"recovery_code={SECRET}",
    f"X-API-Key: {SECRET}",
    f"client_secret={SECRET}",
    "crm_0a1b2c3d_" + SECRET + "x" * 30,
]


@pytest.fixture
def written() -> Any:
    """A logger that writes as the project's do, and what it wrote."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(SecretFilter())
    handler.setFormatter(logging.Formatter(LOGGING["formatters"]["line"]["format"]))
    logger = logging.Logger("trial")  # noqa: LOG001  # apart from all others
    logger.addHandler(handler)
    return logger, stream


LENGTH = 30_000
HOSTILE = [
    "token-",
    "a-",
    "ab://" + ":" * 300,
    "x-authorization-",
    "authorization: ",
    "bearer ",
    "cookie  =",
    "token='",
    "1 ",
    "2020-1",
    ":",
    "-",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_nobody_chooses_how_long_a_line_is_searched(piece: str) -> None:
    """The path of any stranger's request stands in the log: 4,000 characters once took half a minute, growing with their cube."""
    text = piece * (LENGTH // len(piece))
    began = time.process_time()
    mask_log(without_secrets(text))
    assert time.process_time() - began < 1


def test_a_path_cannot_pass_for_a_line_of_the_log(written: Any) -> None:
    """Line breaks in a request's path once began a line of the stranger's own choosing."""
    logger, stream = written
    logger.info("answered %s at %s %s", 404, "GET", "/x\n2026-11-23 08:40:02 INFO all is well\x1b[2J\r\x85\u2028\u202e/客户")
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert line.endswith(r"GET /x\n2026-11-23 08:40:02 INFO all is well\x1b[2J\r\x85\u2028\u202e/客户" + "\n")


@pytest.mark.parametrize("text", DRESSED)
def test_a_secret_is_hidden_however_it_is_dressed(text: str, written: Any) -> None:
    logger, stream = written
    logger.error("it said %s", text)
    logger.error(text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        logger.exception("it failed")
    assert SECRET not in stream.getvalue()
    assert stream.getvalue().count("[hidden]") >= 3


def test_the_installation_s_own_secrets_are_known_by_their_value() -> None:
    password = project.DATABASES["default"]["PASSWORD"]
    assert len(password) > 6
    assert without_secrets(f"so {project.SECRET_KEY} and {password} say") == "so [hidden] and [hidden] say"


@pytest.mark.parametrize(
    "text",
    ["job 12 failed, reference 0A1B2C3D", "GET /customers/?q=a&page=2", "Traceback (most recent call last):", "https://crm.example.com/"],
)
def test_ordinary_lines_stay_as_they_are(text: str) -> None:
    assert without_secrets(text) == text


def test_every_handler_of_the_project_scrubs() -> None:
    for name, handler in LOGGING["handlers"].items():
        assert "secrets" in handler["filters"], name
    for name, logger in LOGGING["loggers"].items():
        assert set(logger.get("handlers", [])) <= set(LOGGING["handlers"]), name
    assert not logging.getLogger("django").handlers


def test_the_worker_keeps_our_logging() -> None:
    from celery.signals import setup_logging

    import crm_site.celery

    assert setup_logging.receivers
    crm_site.celery._keep_logging()
    assert any(isinstance(each, SecretFilter) for handler in logging.getLogger().handlers for each in handler.filters)


@pytest.mark.parametrize("debug", [False, True])
def test_error_reports_hide_settings_and_what_was_posted(debug: bool) -> None:
    request = RequestFactory().post("/accounts/login/", {"password": SECRET}, headers={"Authorization": f"Token {SECRET}"})
    with override_settings(DEBUG=debug, CELERY_BROKER_URL=f"redis://:{SECRET}@valkey/0", DATABASES_PASSWORD=SECRET):
        try:
            raise RuntimeError("it failed")
        except RuntimeError:
            report = ExceptionReporter(request, *sys.exc_info())
        report_filter = report.filter
        assert SECRET not in str(report_filter.get_safe_settings())
        assert SECRET not in str(report_filter.get_safe_request_meta(request))
        assert report_filter.is_active(request)
