"""The environment variables: what is refused, and in which words."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from crm_site.embedded.provide import BASE_DIR
from crm_site.environment import WrongEnvironment, read_environment, single_sign_on_of
from tests.setup.conftest import CONFIGURATION, bare_environment

GOOD = {
    "DATABASE_URL": "postgres://crm_web:secret@db.example.com:5432/crm",
    "REDIS_URL": "redis://:secret@valkey.example.com:6379/0",
    "SECRET_KEY": "n2VdGKx8Yz4pQ7Rw1TsLm5JhUbC9EfAo3XiBkWq6ZtMvNgHuDyPr0",
    "FIELD_KEYS": "mT9vK2xQ7dYwB4hLr8PzN1cJgF5sVaE0uXoI6nRtWk0=",
    "ALLOWED_HOSTS": "crm.example.com",
}


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that is right for production."""
    for name in CONFIGURATION:
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_good_environment_is_taken_as_it_is(production: pytest.MonkeyPatch) -> None:
    production.setenv("ALLOWED_HOSTS", "crm.example.com, www.example.com,")
    production.setenv("CSRF_TRUSTED_ORIGINS", "")
    environment = read_environment(BASE_DIR)
    assert not environment.debug
    assert environment.https
    assert environment.allowed_hosts == ["crm.example.com", "www.example.com"]
    assert environment.csrf_trusted_origins == []
    assert environment.database["HOST"] == "db.example.com"
    assert environment.redis_url == GOOD["REDIS_URL"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://crm@db/crm"),
        ("DATABASE_URL", "postgres://db.example.com"),
        ("REDIS_URL", "valkey.example.com"),
        ("REDIS_URL", "http://valkey.example.com"),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", "django-insecure-n2VdGKx8Yz4pQ7Rw1TsLm5JhUbC9EfAo3XiBkWq6ZtMvNgHuDyPr0"),
        ("FIELD_KEYS", ""),
        ("FIELD_KEYS", "short"),
        ("FIELD_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("AUDIT_SEAL_KEY", "short"),
        ("AUDIT_SEAL_KEY", "n2VdGKx8Yz4pQ7Rw1TsLm5JhUbC9EfAo,short"),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "crm.example.com,*"),
        ("ALLOWED_HOSTS", "."),
        ("CSRF_TRUSTED_ORIGINS", "crm.example.com"),
        ("DEBUG", "perhaps"),
        ("HTTPS", "2"),
        ("TIME_ZONE", "Asia/Nowhere"),
        ("LOG_LEVEL", "LOUD"),
        ("UPLOAD_MAX_BYTES", "200M"),
        ("BATCH_MAX_ROWS", "0"),
        ("BATCH_CHUNK_ROWS", "-1"),
        ("SESSION_IDLE_MINUTES", "1"),
        ("SESSION_ABSOLUTE_HOURS", "0"),
        ("OIDC_ISSUER", "http://id.example.com"),
        ("OIDC_TRUST_SECOND_FACTOR", "perhaps"),
    ],
)
def test_a_wrong_variable_is_named_in_one_line(production: pytest.MonkeyPatch, name: str, value: str) -> None:
    production.setenv(name, value)
    with pytest.raises(WrongEnvironment) as refused:
        read_environment(BASE_DIR)
    assert f'"{name}"' in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"])
def test_single_sign_on_is_described_wholly_or_not_at_all(production: pytest.MonkeyPatch, name: str) -> None:
    for variable in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        production.setenv(variable, "something")
    production.setenv("OIDC_ISSUER", "https://id.example.com/staff/")
    app = single_sign_on_of(read_environment(BASE_DIR))["openid_connect"]["APPS"][0]
    assert app["settings"]["server_url"] == "https://id.example.com/staff"
    production.setenv(name, "")
    with pytest.raises(WrongEnvironment, match=name):
        read_environment(BASE_DIR)
    production.setenv("OIDC_ISSUER", "")
    assert single_sign_on_of(read_environment(BASE_DIR)) == {}


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS", "ALLOWED_HOSTS"])
def test_a_missing_variable_is_named(production: pytest.MonkeyPatch, name: str) -> None:
    production.delenv(name)
    with pytest.raises(WrongEnvironment, match=name):
        read_environment(BASE_DIR)


def test_plain_http_has_to_be_said(production: pytest.MonkeyPatch) -> None:
    production.setenv("HTTPS", "false")
    assert not read_environment(BASE_DIR).https


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("manage.py", ["check"]),
        ("gunicorn", ["-c", "python:crm_site.web_server", "crm_site.wsgi"]),
        ("celery", ["-A", "crm_site", "worker"]),
    ],
)
def test_each_process_ends_at_start_with_one_line(module: str, arguments: list[str]) -> None:
    program = [module] if module.endswith(".py") else ["-m", module]
    answer = subprocess.run(
        [sys.executable, *program, *arguments],
        capture_output=True,
        text=True,
        cwd=BASE_DIR,
        env=bare_environment(**GOOD | {"SECRET_KEY": "short"}),
        timeout=60,
        check=False,
    )
    assert answer.returncode != 0
    assert answer.stderr.count("\n") == 1
    assert 'Environment variable "SECRET_KEY" invalid' in answer.stderr


SEAL_KEY = "wQ7Rw1TsLm5JhUbC9EfAo3XiBkW6ZtMvNgHu"


def deployment_checks(**variables: str) -> tuple[int, str]:
    """Exit status and answer of `check --deploy`."""
    answer = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        capture_output=True,
        text=True,
        cwd=BASE_DIR,
        env=bare_environment(**GOOD | variables),
        timeout=120,
        check=False,
    )
    return answer.returncode, answer.stderr


def test_deployment_checks_are_clean_for_web_and_worker() -> None:
    assert deployment_checks()[0] == 0
    worker = {"DATABASE_URL": "postgres://crm_worker:secret@db.example.com:5432/crm", "AUDIT_SEAL_KEY": SEAL_KEY}
    assert deployment_checks(**worker)[0] == 0


def test_deployment_checks_warn_of_the_owner_and_of_a_missing_seal_key() -> None:
    status, text = deployment_checks(DATABASE_URL="postgres://crm:secret@db.example.com:5432/crm")
    assert status == 1
    assert "(common.W001) The product connects to the database as 'crm'" in text
    assert "(common.W002) The audit is not sealed" in text


def test_only_owner_commands_take_the_owners_address() -> None:
    script = (
        "import os, sys\nfrom crm_site.embedded import provide_servers\nfrom crm_site.embedded.database_roles import part_of_command\n"
        "with provide_servers(part=part_of_command(['manage.py', *sys.argv[1:]])): print(os.environ['DATABASE_URL'])"
    )
    environment = bare_environment(**GOOD, DATABASE_OWNER_URL="postgres://crm:owner@db.example.com:5432/crm")
    users = {}
    for command in ("migrate", "grant_roles", "runserver", "createsuperuser", "audit_verify", "provision", ""):
        arguments = [sys.executable, "-c", script, *filter(None, [command])]
        answer = subprocess.run(arguments, capture_output=True, text=True, cwd=BASE_DIR, env=environment, check=True)
        users[command] = answer.stdout.split("//")[1].split(":")[0]
    assert {command for command, user in users.items() if user == "crm"} == {"migrate", "grant_roles"}
    assert set(users.values()) == {"crm", "crm_web"}


def test_every_variable_stands_in_the_operators_manual() -> None:
    manual = (BASE_DIR / "docs" / "operate.md").read_text(encoding="utf-8")
    sources = [BASE_DIR / "crm_site" / name for name in ("environment.py", "web_server.py", "launch/run.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    names = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', text)) | set(re.findall(r'environ\.get\("([A-Z_]+)"', text))
    names |= set(re.findall(r'_number\("([A-Z_]+)"', text))
    assert {"DATABASE_URL", "PORT", "WORKER_CONCURRENCY"} <= names
    assert not [name for name in sorted(names) if f"| `{name}` |" not in manual]


def test_no_other_module_reads_variables_that_the_manual_does_not_know() -> None:
    manual = (BASE_DIR / "docs" / "operate.md").read_text(encoding="utf-8")
    found = set()
    for app in ("access", "common", "customers", "jobs", "members", "products"):
        for path in Path(BASE_DIR / app).rglob("*.py"):
            found |= set(re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', path.read_text(encoding="utf-8")))
    assert not [name for name in sorted(found) if f"`{name}`" not in manual]
