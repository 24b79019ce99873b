"""Reads and checks the environment variables that configure the project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environs import Env


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment says. Field names follow the variables; sizes are in bytes."""

    debug: bool
    secret_key: str
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    https: bool
    database: Any
    redis_url: str
    time_zone: str
    var_dir: Path
    upload_max_bytes: int
    batch_max_rows: int
    batch_chunk_rows: int


def read_environment(base_dir: Path) -> Environment:
    """Read the variables.

    Raises environs.EnvError or ImproperlyConfigured with the name of the wrong variable.
    """
    env = Env()
    debug = env.bool("DEBUG", False)
    database = dict(env.dj_db_url("DATABASE_URL"))
    database["ENGINE"] = "django.db.backends.postgresql"
    database["CONN_MAX_AGE"] = 60
    database["CONN_HEALTH_CHECKS"] = True
    return Environment(
        debug=debug,
        secret_key=env.str("SECRET_KEY"),
        allowed_hosts=env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"] if debug else []),
        csrf_trusted_origins=env.list("CSRF_TRUSTED_ORIGINS", []),
        https=env.bool("HTTPS", not debug),
        database=database,
        redis_url=env.str("REDIS_URL"),
        time_zone=env.str("TIME_ZONE", "Asia/Shanghai"),
        var_dir=Path(env.str("VAR_DIR", str(base_dir / "var"))),
        upload_max_bytes=env.int("UPLOAD_MAX_BYTES", 200 * 1024**2),
        batch_max_rows=env.int("BATCH_MAX_ROWS", 2_000_000),
        batch_chunk_rows=env.int("BATCH_CHUNK_ROWS", 20_000),
    )
