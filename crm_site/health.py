"""Answers for load balancers and container engines: `/livez` (the process is up) and `/readyz` (it can do its work).

They come before every other middleware: a probe names the machine by its address, which is no allowed host, speaks plain HTTP and signs in
as nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

logger = logging.getLogger(__name__)

PROBE_SECONDS = 2.0


class HealthMiddleware:
    """Answers the two probes and passes on everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the middleware."""
        self._get_response = get_response
        # Applied migrations stay applied while this code runs; looking again at every probe would cost more than all the rest.
        self._migrated = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer `/livez` and `/readyz`, whatever the host."""
        if request.method in {"GET", "HEAD"}:
            if request.path == "/livez":
                return _uncached(HttpResponse("ok", content_type="text/plain"))
            if request.path == "/readyz":
                return _uncached(self._ready())
        return self._get_response(request)

    def _ready(self) -> JsonResponse:
        """Try each thing that work needs; 503 when one fails. The reason goes to the log, not to whoever asks."""
        checks = {"database": _check_database, "valkey": _check_valkey, "migrations": self._check_migrations}
        results = {}
        for name, check in checks.items():
            try:
                check()
                results[name] = "ok"
            except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "not ready"
                logger.warning("not ready: %s: %s", name, error)
                results[name] = "failed"
        return JsonResponse(results, status=200 if set(results.values()) == {"ok"} else 503)

    def _check_migrations(self) -> None:
        if self._migrated:
            return
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            raise RuntimeError(f"{len(missing)} migrations are not applied")
        self._migrated = True


def _check_database() -> None:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1")


def _check_valkey() -> None:
    client = redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_connect_timeout=PROBE_SECONDS, socket_timeout=PROBE_SECONDS)
    try:
        client.ping()
    finally:
        client.close()


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
