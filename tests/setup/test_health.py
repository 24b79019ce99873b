"""The probes of load balancers and container engines."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from crm_site.health import HealthMiddleware

STRANGE = {"host": "10.1.2.3"}


def test_livez_answers_any_host_without_signing_in_and_without_the_database(client: Client) -> None:
    response = client.get("/livez", headers=STRANGE)
    assert response.status_code == 200
    assert response.content == b"ok"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_readyz_names_each_part(client: Client) -> None:
    response = client.get("/readyz", headers=STRANGE)
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "valkey": "ok", "migrations": "ok"}


@pytest.mark.django_db
def test_readyz_says_that_valkey_is_away(client: Client, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://:hidden@127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "ok", "valkey": "failed", "migrations": "ok"}
    assert b"hidden" not in response.content


@pytest.mark.django_db
def test_readyz_says_that_a_migration_is_missing(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'members'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["migrations"] == "failed"


def test_other_pages_of_a_strange_host_are_refused(client: Client) -> None:
    assert client.get("/", headers=STRANGE).status_code == 400


def test_probes_come_before_all_that_may_refuse(settings: Settings) -> None:
    """What stands before them only writes headers, a reference and the client's address."""
    place = settings.MIDDLEWARE.index(f"{HealthMiddleware.__module__}.{HealthMiddleware.__qualname__}")
    names = [name.rpartition(".")[2] for name in settings.MIDDLEWARE[:place]]
    assert names == ["SecurityHeadersMiddleware", "ReferenceMiddleware", "ClientAddressMiddleware", "CSPMiddleware"]
