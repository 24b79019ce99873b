"""Dockerfile, docker-compose.yml and the locks say the same as the code."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from crm_site.embedded.provide import BASE_DIR
from crm_site.launch.prepare import locked_lines
from crm_site.launch.run import commands

COMPOSE = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (BASE_DIR / "Dockerfile").read_text(encoding="utf-8")
MANUAL = (BASE_DIR / "docs" / "operate.md").read_text(encoding="utf-8")


def test_the_services_are_those_of_the_manual() -> None:
    assert set(SERVICES) == {"postgres", "valkey", "migrate", "web", "worker", "beat"}
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["valkey"]["image"] == "valkey/valkey:9"


@pytest.mark.parametrize("service", ["migrate", "web", "worker", "beat"])
def test_the_product_gets_known_variables_and_no_fixed_secret(service: str) -> None:
    environment = SERVICES[service]["environment"]
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS", "ALLOWED_HOSTS"} <= set(environment)
    assert not [name for name in environment if f"| `{name}` |" not in MANUAL]
    assert environment["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "DEBUG" not in environment
    assert SERVICES[service]["cap_drop"] == ["ALL"]


def test_only_the_migrations_know_the_owner_and_only_the_worker_the_key_of_the_seals() -> None:
    users = {
        name: SERVICES[name]["environment"]["DATABASE_URL"].split("//")[1].split(":")[0] for name in ("migrate", "web", "worker", "beat")
    }
    assert users == {"migrate": "crm_web", "web": "crm_web", "worker": "crm_worker", "beat": "crm_web"}
    secrets = {"DATABASE_OWNER_URL", "DATABASE_WEB_PASSWORD", "DATABASE_WORKER_PASSWORD", "AUDIT_SEAL_KEY"}
    known = {name: secrets & set(SERVICES[name]["environment"]) for name in users}
    assert known == {"migrate": secrets - {"AUDIT_SEAL_KEY"}, "web": set(), "worker": {"AUDIT_SEAL_KEY"}, "beat": set()}
    assert SERVICES["migrate"]["environment"]["DATABASE_OWNER_URL"].startswith("postgres://crm:${POSTGRES_PASSWORD:?")
    assert "grant_roles" in SERVICES["migrate"]["command"][-1]
    assert not [name for name in users if "POSTGRES_PASSWORD" in str(SERVICES[name]["environment"]) and name != "migrate"]


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_the_product_starts_after_the_migrations(service: str) -> None:
    assert SERVICES[service]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_containers_run_what_make_run_runs(tmp_path: Any) -> None:
    local = commands(tmp_path)
    worker = " ".join(SERVICES["worker"]["command"])
    queues = local["worker"][local["worker"].index("-Q") + 1]
    assert f"-Q {queues} " in worker
    web = local["web"][local["web"].index("gunicorn") :]
    assert str(web).replace("'", '"') in DOCKERFILE
    assert "beat" in SERVICES["beat"]["command"]
    assert not [part for command in local.values() for part in command if "://" in part]


def test_the_image_does_not_run_as_root() -> None:
    assert re.search(r"^USER crm$", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.index("USER crm") < DOCKERFILE.index("CMD")
    assert "--require-hashes -r requirements.txt" in DOCKERFILE


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-node"])
def test_locks_have_hashes_no_address_and_everything_that_is_asked_for(name: str) -> None:
    wanted = (BASE_DIR / f"{name}.in").read_text(encoding="utf-8")
    lock = (BASE_DIR / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in lock
    for package in re.findall(r"^([A-Za-z][\w.-]*)", wanted, re.MULTILINE):
        lines = locked_lines(BASE_DIR / f"{name}.txt", package.lower())
        assert "--hash=sha256:" in lines, f"{package} of {name}.in is not locked: make lock"


def test_the_front_end_lock_names_no_registry() -> None:
    assert "resolved" not in (BASE_DIR / "package-lock.json").read_text(encoding="utf-8")


def test_continuous_integration_runs_make_test() -> None:
    lines = (BASE_DIR / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "exec make test"
