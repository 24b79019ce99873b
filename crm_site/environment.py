"""Reads and checks the environment variables that configure the project. `docs/operate.md` explains each."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError, validate

from common.encryption import read_key

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
SECRET_KEY_LENGTH = 50
SEAL_KEY_LENGTH = 32
EMAIL_SECURITY = ("starttls", "tls", "none")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MAKE_FIELD_KEY = "python -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
MOST_BATCH_ROWS = 2_000_000  # membership keys are drawn in blocks of 2^21, one a batch


class WrongEnvironment(ImproperlyConfigured):
    """An environment variable is missing or wrong; the text is one line that names it."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment says. Field names follow the variables; sizes are in bytes."""

    debug: bool
    secret_key: str
    field_keys: list[str]
    audit_seal_key: list[str]
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    https: bool
    database: dict[str, Any]
    redis_url: str
    time_zone: str
    log_level: str
    var_dir: Path
    upload_max_bytes: int
    batch_max_rows: int
    batch_lanes: int
    batch_keep_days: int
    batch_chunk_rows: int
    trusted_proxies: int
    sign_ins_per_minute: int
    api_requests_per_minute: int
    exports_per_hour: int
    open_batches_per_user: int
    upload_bytes_per_day: int
    clamd_address: str
    session_idle_minutes: int
    session_absolute_hours: int
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_name: str
    oidc_login_claim: str
    oidc_trust_second_factor: bool
    site_address: str
    email_host: str
    email_port: int
    email_user: str
    email_password: str
    email_security: str
    email_from: str


def read_environment(base_dir: Path) -> Environment:
    """Read and check the variables; `base_dir` is the project's folder, below which `var` lies by default.

    Raises WrongEnvironment, which names the variable, when one is missing, malformed or unsafe.
    """
    env = Env()
    try:
        environment = _read(env, base_dir)
    except EnvError as error:
        raise WrongEnvironment(" ".join(str(error).replace("['", "").replace("']", "").split())) from error
    except ValueError as error:
        # dj-database-url does not name the variable.
        raise WrongEnvironment(f'Environment variable "DATABASE_URL" invalid: {error}') from error
    _check(environment)
    _check_single_sign_on(environment)
    if not environment.debug:
        _check_safe(environment)
    return environment


def _read(env: Env, base_dir: Path) -> Environment:
    debug = env.bool("DEBUG", False)
    positive = validate.Range(min=1)
    return Environment(
        debug=debug,
        secret_key=env.str("SECRET_KEY"),
        field_keys=_names(env.list("FIELD_KEYS", [])),
        audit_seal_key=_names(env.list("AUDIT_SEAL_KEY", [])),
        allowed_hosts=_names(env.list("ALLOWED_HOSTS", [])) or (list(LOOPBACK_HOSTS) if debug else []),
        csrf_trusted_origins=_names(env.list("CSRF_TRUSTED_ORIGINS", [])),
        https=env.bool("HTTPS", not debug),
        database=_database(env),
        redis_url=env.str("REDIS_URL"),
        time_zone=env.str("TIME_ZONE", "Asia/Shanghai"),
        log_level=env.str("LOG_LEVEL", "INFO", validate=validate.OneOf(LOG_LEVELS)),
        var_dir=Path(env.str("VAR_DIR", "") or base_dir / "var").resolve(),
        upload_max_bytes=env.int("UPLOAD_MAX_BYTES", 200 * 1024**2, validate=positive),
        batch_max_rows=env.int("BATCH_MAX_ROWS", 2_000_000, validate=validate.Range(min=1, max=MOST_BATCH_ROWS)),
        batch_lanes=env.int("BATCH_LANES", 2, validate=positive),
        batch_keep_days=env.int("BATCH_KEEP_DAYS", 180, validate=positive),
        batch_chunk_rows=env.int("BATCH_CHUNK_ROWS", 25_000, validate=positive),
        trusted_proxies=env.int("TRUSTED_PROXIES", 0, validate=validate.Range(min=0, max=9)),
        sign_ins_per_minute=env.int("SIGN_INS_PER_MINUTE", 300, validate=positive),
        api_requests_per_minute=env.int("API_REQUESTS_PER_MINUTE", 600, validate=positive),
        exports_per_hour=env.int("EXPORTS_PER_HOUR", 120, validate=positive),
        open_batches_per_user=env.int("OPEN_BATCHES_PER_USER", 50, validate=positive),
        upload_bytes_per_day=env.int("UPLOAD_BYTES_PER_DAY", 4 * 1024**3, validate=positive),
        clamd_address=env.str("CLAMD_ADDRESS", ""),
        session_idle_minutes=env.int("SESSION_IDLE_MINUTES", 30, validate=validate.Range(min=3, max=24 * 60)),
        session_absolute_hours=env.int("SESSION_ABSOLUTE_HOURS", 12, validate=validate.Range(min=1, max=7 * 24)),
        oidc_issuer=env.str("OIDC_ISSUER", "").strip(),
        oidc_client_id=env.str("OIDC_CLIENT_ID", ""),
        oidc_client_secret=env.str("OIDC_CLIENT_SECRET", ""),
        oidc_name=env.str("OIDC_NAME", ""),
        oidc_login_claim=env.str("OIDC_LOGIN_CLAIM", "preferred_username"),
        oidc_trust_second_factor=env.bool("OIDC_TRUST_SECOND_FACTOR", False),
        site_address=env.str("SITE_ADDRESS", "").strip().rstrip("/"),
        email_host=env.str("EMAIL_HOST", ""),
        email_port=env.int("EMAIL_PORT", 587, validate=validate.Range(min=1, max=65_535)),
        email_user=env.str("EMAIL_USER", ""),
        email_password=env.str("EMAIL_PASSWORD", ""),
        email_security=env.str("EMAIL_SECURITY", "starttls", validate=validate.OneOf(EMAIL_SECURITY)),
        email_from=env.str("EMAIL_FROM", "crm@localhost"),
    )


def _names(entries: list[str]) -> list[str]:
    """Return the entries of a list without blanks; an empty variable is an empty list."""
    return [entry.strip() for entry in entries if entry.strip()]


def _database(env: Env) -> dict[str, Any]:
    """Return Django's description of the database, which must be PostgreSQL."""
    database = dict(env.dj_db_url("DATABASE_URL"))
    if database.get("ENGINE") != "django.db.backends.postgresql" or not database.get("NAME"):
        raise _wrong("DATABASE_URL", "it must read postgres://USER:PASSWORD@HOST:PORT/DATABASE")
    # Without a limit a probe or a page would hang for minutes where the database's machine does not answer at all.
    options = {"connect_timeout": 10} | database.get("OPTIONS", {})
    return database | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def _check(environment: Environment) -> None:
    """Check what is true everywhere."""
    redis = urlsplit(environment.redis_url)
    if redis.scheme not in {"redis", "rediss"} or not redis.hostname:
        raise _wrong("REDIS_URL", "it must read redis://:PASSWORD@HOST:PORT/0, or rediss:// for TLS")
    try:
        zoneinfo.ZoneInfo(environment.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise _wrong("TIME_ZONE", f"there is no time zone {environment.time_zone!r}; an example is Asia/Shanghai") from error
    if any(len(key) < SEAL_KEY_LENGTH for key in environment.audit_seal_key):
        raise _wrong("AUDIT_SEAL_KEY", f"a key must be at least {SEAL_KEY_LENGTH} random characters")
    for key in environment.field_keys:
        try:
            read_key(key)
        except ValueError as error:
            raise _wrong("FIELD_KEYS", f"{error}; make one with {MAKE_FIELD_KEY}") from error
    if environment.site_address and not urlsplit(environment.site_address).hostname:
        raise _wrong("SITE_ADDRESS", "it must read https://HOST, by which people open the product")
    if environment.email_host and not (environment.site_address and "@" in environment.email_from):
        raise _wrong("EMAIL_HOST", "with it, SITE_ADDRESS and EMAIL_FROM say where the links of e-mails lead and who they come from")
    clamd = urlsplit(f"//{environment.clamd_address}")
    if environment.clamd_address and not (clamd.hostname and clamd.port and not clamd.path):
        raise _wrong("CLAMD_ADDRESS", "it must read HOST:PORT")
    for origin in environment.csrf_trusted_origins:
        if urlsplit(origin).scheme not in {"http", "https"}:
            raise _wrong("CSRF_TRUSTED_ORIGINS", f"{origin!r} must begin with https:// or http://")


def _check_single_sign_on(environment: Environment) -> None:
    """Check that single sign-on is described wholly or not at all, and over TLS where DEBUG does not help."""
    if not environment.oidc_issuer:
        return
    issuer = urlsplit(environment.oidc_issuer)
    if issuer.scheme not in ({"https", "http"} if environment.debug else {"https"}) or not issuer.hostname:
        raise _wrong("OIDC_ISSUER", "it must be the provider's address and begin with https://")
    for name, value in (("OIDC_CLIENT_ID", environment.oidc_client_id), ("OIDC_CLIENT_SECRET", environment.oidc_client_secret)):
        if not value:
            raise _wrong(name, "OIDC_ISSUER needs it too")


def _check_safe(environment: Environment) -> None:
    """Check what only DEBUG may leave open."""
    if not environment.field_keys:
        raise _wrong("FIELD_KEYS", f"ID numbers and bank accounts are encrypted with it; make one with {MAKE_FIELD_KEY}")
    key = environment.secret_key
    if len(key) < SECRET_KEY_LENGTH or len(set(key)) < 8 or key.startswith("django-insecure-"):
        raise _wrong("SECRET_KEY", f"it must be at least {SECRET_KEY_LENGTH} random characters")
    if not environment.allowed_hosts:
        raise _wrong("ALLOWED_HOSTS", "name the hosts that the product is reached by, separated by commas")
    if any(host.strip(".") in {"", "*"} for host in environment.allowed_hosts):
        raise _wrong("ALLOWED_HOSTS", "it must name the hosts; * would let any through")


def _wrong(name: str, reason: str) -> WrongEnvironment:
    """Return the error for a variable, in the form that environs uses."""
    return WrongEnvironment(f'Environment variable "{name}" invalid: {reason}')


def single_sign_on_of(environment: Environment) -> dict[str, Any]:
    """What allauth wants to know of the identity provider; nothing where `OIDC_ISSUER` is empty. The secret is in no database."""
    if not environment.oidc_issuer:
        return {}
    app = {
        "provider_id": "sso",
        "name": environment.oidc_name,
        "client_id": environment.oidc_client_id,
        "secret": environment.oidc_client_secret,
        "settings": {"server_url": environment.oidc_issuer.rstrip("/")},
    }
    return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}
