"""Headers and cookies of every answer: all routes, signed in and not, errors, probes, files, the API, the administration."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from access.models import User
from common.headers import HEADERS
from crm_site.embedded.provide import BASE_DIR
from tests.setup.conftest import bare_environment
from tests.setup.test_environment import GOOD

pytestmark = pytest.mark.django_db


def all_paths(resolver: URLResolver | None = None, before: str = "/") -> list[str]:
    """An address for every pattern of the resolver; where it takes a key, one that does not exist."""
    paths = []
    for pattern in (resolver or get_resolver()).url_patterns:
        route = re.sub(r"<[^>]*>", "999999999", re.sub(r"\(\?P<[^>]*>[^)]*\)", "999999999", str(pattern.pattern).strip("^$")))
        path = before + route.replace("\\", "").replace("(?:", "")
        paths += [path] if isinstance(pattern, URLPattern) else all_paths(pattern, path)
    return paths


def assert_hardened(response: Any, path: str) -> None:
    """All headers, and nothing kept by caches."""
    for name, value in HEADERS.items():
        assert response[name] == value, f"{path}: {name}"
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy, path
    assert "default-src 'self'" in policy, path
    for part in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'", "report-uri /csp-report/"):
        assert part in policy, f"{path}: {part}"
    assert "report-to csp" in policy, path
    assert response["Reporting-Endpoints"] == 'csp="/csp-report/"', path
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", ")), path
    for cookie in response.cookies.values():
        if not cookie.value:  # one that is taken back
            continue
        assert cookie["samesite"] in ("Lax", "Strict"), f"{path}: {cookie.key}"
        assert cookie["httponly"], f"{path}: {cookie.key}"


def browser(user: User | None) -> Client:
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize("persona", [None, "administrator"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_route(persona: str | None, method: str, request: pytest.FixtureRequest) -> None:
    user = request.getfixturevalue(persona) if persona else None
    if user:
        User.objects.filter(pk=user.pk).update(is_staff=True)
    paths = all_paths()
    assert len(paths) > 100
    client = browser(user)
    for path in paths:
        if user and "_auth_user_id" not in client.session:
            client = browser(user)
        response: Any = getattr(client, method)(path)
        assert_hardened(response, f"{method} {path}")
        if response.streaming:
            b"".join(response)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/no/such/page/", "/static/no-such-file.css", "/api/v1/nothing/"])
def test_probes_and_what_is_not_there(path: str) -> None:
    assert_hardened(Client().get(path), path)


def test_a_wrong_host_is_refused_with_the_same_headers() -> None:
    response = Client(raise_request_exception=False).get("/", headers={"Host": "elsewhere.example"})
    assert response.status_code == 400
    assert_hardened(response, "wrong host")
    assert response["X-Reference"]


@override_settings(WHITENOISE_USE_FINDERS=True, WHITENOISE_AUTOREFRESH=True)
def test_static_files_may_be_kept() -> None:
    response = Client().get("/static/common/base.css")
    assert response.status_code == 200
    assert "no-store" not in response.get("Cache-Control", "")
    for name, value in HEADERS.items():
        assert response[name] == value


def test_cookies_over_https_are_for_this_host_alone() -> None:
    """In a process of its own: the names of cookies are read once, at the start."""
    script = """
import json
import django
django.setup()
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory
from access.preferences import remember_theme
from django.contrib.auth.models import AnonymousUser
from access.preferences import remember_language
request = RequestFactory().get("/")
request.user = AnonymousUser()
response = HttpResponse()
remember_theme(response, "dark")
remember_language(request, response, "en")
kept = {name: [bool(morsel["secure"]), bool(morsel["httponly"]), morsel["samesite"], morsel["path"], morsel["domain"]]
        for name, morsel in response.cookies.items()}
names = [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME]
flags = [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, settings.CSRF_COOKIE_HTTPONLY]
print(json.dumps([kept, names, flags]))
"""
    answer = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=BASE_DIR,
        env=bare_environment(**GOOD, DJANGO_SETTINGS_MODULE="crm_site.settings"),
        check=True,
    )
    kept, names, flags = json.loads(answer.stdout)
    assert kept == {"__Host-theme": [True, True, "Lax", "/", ""], "__Host-language": [True, True, "Lax", "/", ""]}
    assert names == ["__Host-sessionid", "__Host-csrftoken"]
    assert all(flags)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "nonsense", "127.0.0.1"),
    ],
)
def test_only_trusted_proxies_say_where_a_request_comes_from(proxies: int, forwarded: str, address: str, settings: Any, rf: Any) -> None:
    from common.client_address import ClientAddressMiddleware

    settings.TRUSTED_PROXIES = proxies
    seen = []
    ClientAddressMiddleware(lambda request: seen.append(request.META["REMOTE_ADDR"]))(rf.get("/", headers={"X-Forwarded-For": forwarded}))
    assert seen == [address]
