"""The description of the API for programs."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.test import Client

from access.models import User
from access.services.api_tokens import create_token


def test_the_schema_is_valid_without_warnings() -> None:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    schema = json.loads(out.getvalue())
    assert schema["openapi"].startswith("3.")
    operations = [operation for methods in schema["paths"].values() for operation in methods.values()]
    assert len(operations) >= 11
    for operation in operations:
        assert operation["description"], operation["operationId"]
        assert operation["security"]
    created = schema["paths"]["/api/v1/provisioning-jobs/"]["post"]
    assert set(created["requestBody"]["content"]) == {"multipart/form-data", "application/json"}
    assert {"200", "201", "400", "401", "403", "413", "415"} <= set(created["responses"])
    assert [parameter["name"] for parameter in created["parameters"]] == ["Idempotency-Key"]


@pytest.mark.django_db
def test_the_schema_is_served_to_those_who_are_signed_in(manager: User, client: Client) -> None:
    token = create_token(owner=manager, name="x", days=1, actor=manager)[1]
    answer = client.get("/api/schema/", headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 200
    assert b"provisioning_jobs_create" in answer.content
