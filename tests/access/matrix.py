"""What the access matrix is tried with: the people, the tries, and what proves that a request was refused and changed nothing."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client

from access.models import User
from tests.access.clients import browser, token_client

METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
HTMX: Final = "GET by htmx"
WAYS: Final = (*METHODS, HTMX)
"""The methods, and a page's fragment as htmx fetches it."""
OWN: Final = "own"
FOREIGN: Final = "foreign"
SHARED: Final = "shared"
NONE: Final = "no"
"""The objects of a route: the manager's, another province's, the catalogue's; or the route has none."""
LOOKS, WORKS, LEADS, RULES = range(4)
REFUSED: Final = (401, 403, 404, 405)
TO_SIGN_IN: Final = ("/accounts/login/", "/admin/login/", "/accounts/reauthenticate/")
"""Where somebody is sent who has not signed in, or has to show the password again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who somebody is: whose objects come into reach, and what they may do there.

    Attributes:
        words: what the tables of routes call such a person; everybody is also "anybody".
        sees: the objects in reach: OWN is the manager's, FOREIGN another province's, SHARED the catalogue.
        level: LOOKS reads, WORKS also does a manager's work, LEADS also a director's, RULES also keeps the catalogue.
        modules: whose rows are all in reach, so that the administration shows them to staff.
        exports: whether files may be taken out.
        token: whether the person comes with an API token instead of a browser, to which only the API answers.
    """

    persona: str
    words: str = ""
    sees: frozenset[str] = frozenset()
    level: int = LOOKS
    modules: frozenset[str] = frozenset()
    exports: bool = True
    token: bool = False

    def is_called(self, words: str) -> bool:
        """Whether one of `words`, apart by spaces, is said of this person."""
        return not {"anybody", *self.words.split()}.isdisjoint(words.split())

    def user(self, request: pytest.FixtureRequest) -> User | None:
        """Who it is; nobody where nobody signs in."""
        if self.persona == "anonymous":
            return None
        found: User = request.getfixturevalue("manager" if self.token else self.persona)
        return found

    def client(self, request: pytest.FixtureRequest) -> Client:
        """What the person comes with."""
        user = self.user(request)
        return token_client(user) if self.token and user else browser(user)


BUSINESS: Final = frozenset({"customers", "products", "members", "jobs"})
STANDINGS: Final = (
    Standing("anonymous"),
    Standing("outsider", "signed-in"),
    Standing("manager", "signed-in role manager", frozenset({OWN, SHARED}), WORKS),
    Standing("colleague", "signed-in role manager", frozenset({SHARED}), WORKS),
    Standing("director", "signed-in role manager director", frozenset({OWN, SHARED}), LEADS),
    Standing("foreign_director", "signed-in role manager director", frozenset({FOREIGN, SHARED}), LEADS),
    Standing(
        "administrator",
        "signed-in role manager director auditor administrator",
        frozenset({OWN, FOREIGN, SHARED}),
        RULES,
        BUSINESS | {"access"},
    ),
    Standing("auditor", "signed-in role auditor", frozenset({OWN, FOREIGN, SHARED}), LOOKS, BUSINESS | {"access"}, exports=False),
    Standing("viewer", "signed-in role", frozenset({OWN, FOREIGN, SHARED}), LOOKS, BUSINESS, exports=False),
    Standing("api_client", "token", frozenset({OWN, SHARED}), WORKS, token=True),
)


# --- a try -----------------------------------------------------------------------------------------------------------------------------

REFUSES, SHOWS, CHANGES, ANSWERS = "refuses", "shows", "changes", "answers"


@dataclass(frozen=True, slots=True)
class Try:
    """One request, and what is to come of it.

    Attributes:
        outcome: REFUSES; SHOWS lets in and changes nothing; CHANGES lets in, and may change something (it is taken back); ANSWERS is
            CHANGES where there may be nothing to do, so that a refusal is as good.
        secrets: what no refusal may name, nor any answer of a route without an object.
    """

    route: str
    side: str
    way: str
    address: str
    outcome: str
    body: dict[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.way} {self.route} on {self.side} object"

    def send(self, client: Client) -> HttpResponseBase:
        """Send it; an answer that streams is read to its end."""
        if self.way == HTMX:
            response: HttpResponseBase = client.get(self.address, headers={"HX-Request": "true"})
        elif self.way in ("GET", "HEAD", "OPTIONS"):
            response = getattr(client, self.way.lower())(self.address)
        elif self.way == "POST":
            response = client.post(self.address, self.body)
        else:
            response = client.generic(self.way, self.address, b"{}", content_type="application/json")
        if response.streaming:
            b"".join(response)
        return response

    def fault(self, response: HttpResponseBase) -> str:
        """What is wrong with the answer; empty where nothing is."""
        told = f"{self}: {response.status_code} {response.get('Location', '')}".rstrip()
        if response.status_code >= 500:
            return f"broke: {told}"
        refused = _is_refused(response, self.way)
        if self.outcome == REFUSES and not refused:
            return f"leak: {told}"
        if (self.outcome == REFUSES or self.side == NONE) and self._is_named(response):
            return f"leak: names what is out of reach: {told}"
        if self.outcome in (REFUSES, ANSWERS):
            return ""
        # A page that takes GET alone refuses HEAD, and no view need tell its options.
        return f"refused in vain: {told}" if refused and self.way not in ("HEAD", "OPTIONS") else ""

    def _is_named(self, response: HttpResponseBase) -> bool:
        text = response.content if isinstance(response, HttpResponse) else b""
        return any(secret.encode() in text for secret in self.secrets)


def _is_refused(response: HttpResponseBase, way: str) -> bool:
    target = str(response.get("Location") or response.get("HX-Redirect") or "")
    if response.status_code == 302 or "HX-Redirect" in response:
        return target.startswith(TO_SIGN_IN)
    return response.status_code in REFUSED or (way == "OPTIONS" and response.status_code == 200)


# --- nothing changed -------------------------------------------------------------------------------------------------------------------

_OUTSIDE: Final = ("django_session", "usersessions_usersession", "access_auditevent", "django_migrations", "workflow_recentview")
"""That somebody came, was refused, or looked at a customer, is kept."""
_HARMLESS: Final = re.compile(
    rf'\s*(SELECT|WITH|EXPLAIN|SET|SAVEPOINT|RELEASE|ROLLBACK|((INSERT INTO|UPDATE|DELETE FROM) "({"|".join(_OUTSIDE)})"))', re.IGNORECASE
)


_TABLES: Final = (
    "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace"
)
_OF_A_TABLE: Final = (
    "SELECT '{name}', count(*), coalesce(sum(hashtextextended((to_jsonb(row_) - 'last_used_on')::text, 0)), 0)::text FROM {name} row_"
)


def digest() -> dict[str, tuple[int, str]]:
    """Of every table of the database the number of rows and a hash of them all, the histories included; one statement.

    The day on which a token was last used does not count.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = sorted(name for (name,) in cursor.fetchall() if name not in _OUTSIDE)
        cursor.execute(" UNION ALL ".join(_OF_A_TABLE.format(name=name) for name in tables))
        return {name: (count, total) for name, count, total in cursor.fetchall()}


_FACTS: Final = re.compile(r"\s*SELECT set_config\('pghistory\.context_id'.*?', true\); ", re.DOTALL)
"""What `common.change_context` puts before a writing statement."""


class Writes:
    """Notes the statements of a request that are more than reading."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Let a statement through."""
        text = _FACTS.sub("", str(sql), count=1)
        if not _HARMLESS.match(text):
            self.seen.append(text[:100])
        return execute(sql, params, many, context)


@contextmanager
def taken_back(client: Client) -> Iterator[None]:
    """Whatever the block writes is gone after it, and the browser is signed in as before."""
    point, cookies = transaction.savepoint(), deepcopy(client.cookies)
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)
        client.cookies = cookies


@dataclass(slots=True)
class Tally:
    """What was tried."""

    tried: int = 0
    allowed: int = 0
    routes: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.tried:,} requests to {len(self.routes)} routes by {len(WAYS)} ways; {self.allowed:,} allowed, "
            f"{self.tried - self.allowed:,} refused, {len(self.faults)} leaks"
        )


tallies: Final[dict[str, Tally]] = {}
"""What this run has tried, by part of the matrix and person."""


def report(part: str, standing: Standing, tally: Tally, least: int) -> None:
    """Fail where something leaked or too little was tried, and else print what was."""
    assert not tally.faults, "\n".join(tally.faults)
    assert tally.tried >= least
    tallies[f"{part}, {standing.persona}"] = tally
    sys.stdout.write(f"{part}, {standing.persona}: {tally}\n")


def try_all(client: Client, tries: Iterable[Try]) -> Tally:
    """Send all, and see that only those change anything that may.

    After each request that sent more than reading statements, and after all of them, every table is as it was before.
    """
    tally, before = Tally(), digest()
    for one in tries:
        tally.tried += 1
        tally.routes.add(one.route)
        tally.allowed += one.outcome != REFUSES
        if one.outcome in (CHANGES, ANSWERS):
            with taken_back(client):
                fault = one.fault(one.send(client))
        else:
            writes = Writes()
            with connection.execute_wrapper(writes):
                fault = one.fault(one.send(client))
            if writes.seen and digest() != before:
                fault = f"changed something: {one}: {writes.seen}"
                before = digest()
        if fault:
            tally.faults.append(fault)
    changed = {name for name, rows in digest().items() if rows != before[name]}
    assert not changed, f"changed by what is no writing statement: {changed}"
    return tally
