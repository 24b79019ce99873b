"""A request that cannot be answered: a page, a toast or JSON; an unexpected error with a reference that the log knows."""

import json
import logging
import re

import pytest
from django.test import Client, RequestFactory, override_settings

from common import errors

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.frame.urls")]
HTMX = {"HX-Request": "true"}
CASES = [("missing", 404), ("forbidden", 403), ("unreadable", 400), ("too-large", 413), ("broken", 500)]


@pytest.fixture
def visitor(manager):
    client = Client(raise_request_exception=False)
    client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(("name", "status"), CASES)
def test_page(visitor, name, status, debug):
    with override_settings(DEBUG=debug):
        response = visitor.get(f"/fails/{name}/")
    assert response.status_code == status
    assert "<h1>" in response.content.decode()
    assert "secret detail" not in response.content.decode()


@pytest.mark.parametrize(("name", "status"), CASES)
def test_toast_for_htmx(visitor, name, status):
    response = visitor.get(f"/fails/{name}/", headers=HTMX)
    assert response.status_code == status
    [message] = json.loads(response["HX-Trigger"])["toasts"]["messages"]
    assert message["tone"] == "error"
    assert message["text"] in response.content.decode()


@pytest.mark.parametrize(("name", "status"), CASES)
def test_json_for_the_api(visitor, name, status):
    response = visitor.get(f"/api/fails/{name}/")
    assert response.status_code == status
    assert set(response.json()) >= {"code", "reason"}


@pytest.mark.parametrize("debug", [False, True])
def test_address_that_nothing_answers(visitor, debug):
    with override_settings(DEBUG=debug):
        response = visitor.get("/no/such/page/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_reference_leads_to_the_log(visitor, caplog):
    response = visitor.get("/fails/broken/")
    [reference] = re.findall(r'class="reference">([0-9A-F]{8})<', response.content.decode())
    [record] = [record for record in caplog.records if record.name == "common.errors"]
    assert reference in record.getMessage()
    assert "secret detail" in str(record.exc_info[1])
    assert record.levelno == logging.ERROR


def test_unexpected_error_still_reaches_those_who_listen(manager):
    client = Client()
    client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    with pytest.raises(RuntimeError, match="secret detail"):
        client.get("/fails/broken/")


def test_error_page_that_fails_itself(monkeypatch):
    def fail(*args, **kwargs):
        raise OSError

    monkeypatch.setattr(errors, "answer_error", fail)
    response = errors.answer_unexpected(RequestFactory().get("/"), RuntimeError())
    assert response.status_code == 500
    assert re.fullmatch(rb"Error [0-9A-F]{8}", response.content)


def test_stale_form(manager):
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    response = client.post("/theme/", {"theme": "dark"})
    assert response.status_code == 403
    assert "out of date" in response.content.decode()
    assert "theme" not in response.cookies


def test_messages_reach_htmx(visitor):
    response = visitor.get("/fails/says/", headers=HTMX)
    triggers = json.loads(response["HX-Trigger"])
    assert triggers["toasts"]["messages"] == [{"text": "已保存 saved", "tone": "success"}]
    assert "jobs-changed" in triggers


def test_messages_stay_for_the_next_page_without_htmx(visitor):
    assert visitor.get("/fails/says/")["HX-Trigger"] == "jobs-changed"
    assert "已保存" in visitor.get("/profile/").content.decode()


def test_ended_session_moves_the_whole_page():
    response = Client().get("/profile/", headers={**HTMX, "HX-Current-URL": "http://testserver/customers/?q=a&b=c"})
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/accounts/login/?next=%2Fcustomers%2F%3Fq%3Da%26b%3Dc"
