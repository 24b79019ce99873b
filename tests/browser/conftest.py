"""A real browser for the tests, and what every page must hold: no console error, no refused content, no request to another host.

A test takes `page` (already watched) and `live_server`, signs in with `sign_in`, and may ask `check_axe` and `shoot`:

    def test_customers(page, live_server, manager, sign_in, check_axe, shoot):
        sign_in(manager, language="zh-hans")
        page.goto("/customers/")
        check_axe()
        shoot("customers-zh")

Addresses are relative to the live server.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, ViewportSize, expect

from access.models import User
from tests.threads import SECONDS

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP = {"width": 1440, "height": 900}
# How Python names the threads in which the live server answers.
_ANSWERS = "process_request_thread"
PHONE: ViewportSize = {"width": 390, "height": 844}
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# What Chromium and htmx say of an answer with an error status.
# htmx says so of each request that was under way when the page was left: the chip that follows jobs, a figure loaded later.
_LEFT_EARLY = re.compile(r"htmx:(?:sendAbort|afterRequest)\b")
_FAILED_LOAD = re.compile(r"(?:Failed to load resource: the server responded with a status of|Response Status Error Code) (\d{3})")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, so that `-m "not browser"` leaves it out.

    A real browser beside a busy machine's other work may miss its five seconds once: such a test gets a second try, and the summary
    counts it ("1 rerun"). What is broken fails twice.
    """
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Use the system's Chromium where there is one, without its own traffic to anywhere."""
    quiet = ("background-networking", "component-update", "default-apps", "sync")
    arguments = ["--no-first-run", *(f"--disable-{name}" for name in quiet)]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    launch = {**browser_type_launch_args, "args": arguments}
    if path := os.environ.get("CHROMIUM_PATH"):
        launch["executable_path"] = path
    return launch


@pytest.fixture
def answered(live_server) -> Iterator[None]:
    """Wait, when the browser has gone, until the server has answered what it still asked: else the database is emptied below a request."""
    yield
    end = time.monotonic() + SECONDS
    while any(_ANSWERS in thread.name for thread in threading.enumerate()):
        assert time.monotonic() < end, "the server is still answering requests of a browser that has gone"
        time.sleep(0.01)


@pytest.fixture
def browser_context_args(browser_context_args, live_server, answered):
    """A desktop window on the live server, in English until someone signs in with another language."""
    return {**browser_context_args, "base_url": live_server.url, "viewport": DESKTOP, "locale": "en-GB", "timezone_id": settings.TIME_ZONE}


@dataclass
class Watch:
    """What went wrong on the pages of one test. `expected` holds the error statuses that the test provokes on purpose."""

    host: str
    problems: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def expect(self, *statuses: int) -> None:
        """Let answers with these statuses pass."""
        self.expected.update(statuses)

    def on_console(self, message: ConsoleMessage) -> None:
        """Keep errors; a refused style, script or font is one too."""
        if message.type != "error" or _LEFT_EARLY.match(message.text):
            return
        failed = _FAILED_LOAD.match(message.text)
        if not (failed and int(failed[1]) in self.expected):
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def on_request(self, request: Request) -> None:
        """Keep requests to anywhere but the live server."""
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob", "about"} and address.netloc != self.host:
            self.problems.append(f"request to another host: {request.url}")

    def watch(self, context: BrowserContext) -> None:
        """Listen to every page of `context`."""
        context.on("console", self.on_console)
        context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        context.on("request", self.on_request)


@pytest.fixture
def watch(context: BrowserContext, live_server) -> Iterator[Watch]:
    """The watch over the test's pages; fails the test at its end when something went wrong on one of them."""
    watched = Watch(urlsplit(live_server.url).netloc)
    watched.watch(context)
    yield watched
    assert not watched.problems, "\n".join(watched.problems)


@pytest.fixture
def page(watch: Watch, context: BrowserContext) -> Page:
    """A watched page."""
    return context.new_page()


@pytest.fixture
def sign_in(context: BrowserContext, live_server) -> Callable[..., None]:
    """Sign `user` in without the form: `sign_in(user, language="zh-hans", theme="dark")`; again for another user."""

    def enter(user: User, *, language: str = "en", theme: str = "light") -> None:
        User.objects.filter(pk=user.pk).update(locale=language)
        client = Client()
        client.force_login(user, backend=BACKEND)
        cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value, "theme": theme}
        context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()])

    return enter


@pytest.fixture
def arrived(page: Page) -> Callable[[re.Pattern[str]], None]:
    """Wait for the page at an address that fits a pattern, scripts and all: a shortcut pressed before they run is lost."""

    def wait(address: re.Pattern[str]) -> None:
        expect(page).to_have_url(address)
        page.wait_for_load_state("load")

    return wait


@pytest.fixture
def check_axe(page: Page) -> Callable[..., None]:
    """Fail on every serious or critical violation that axe finds on the page as it stands; `within` is a CSS selector."""

    def check(within: str = "html") -> None:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("within => axe.run(within, {resultTypes: ['violations']})", within)
        bad = [
            f"{violation['id']} ({violation['impact']}): {violation['help']}\n  "
            + "\n  ".join(f"{node['html'][:160]}  {node.get('failureSummary', '')[:240]}" for node in violation["nodes"][:5])
            for violation in found["violations"]
            if violation["impact"] in {"serious", "critical"}
        ]
        assert not bad, f"{page.url}\n" + "\n".join(bad)

    return check


@pytest.fixture
def shoot(page: Page, tmp_path: Path) -> Callable[..., Path]:
    """Keep a picture of the page: below `docs/screenshots/` with `SCREENSHOTS=1`, in a folder that pytest clears otherwise."""

    def keep(name: str, *, full_page: bool = False) -> Path:
        folder = (
            ROOT / "docs" / "screenshots" if os.environ.get("SCREENSHOTS") == "1" else Path(os.environ.get("SCREENSHOT_FOLDER", tmp_path))
        )
        folder.mkdir(parents=True, exist_ok=True)
        page.evaluate("document.fonts.ready.then(() => true)")
        path = folder / f"{name}.png"
        page.screenshot(path=path, full_page=full_page, animations="disabled", caret="initial")
        return path

    return keep
