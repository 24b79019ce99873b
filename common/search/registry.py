"""What is searched: each app registers a provider for what it has, in its `AppConfig.ready`.

    register_search(
        key="customers", title=_("Customers"), icon="building", module="customers", likelihood=could_be_customer, find=find_customers
    )

A provider answers by one or two queries that an index serves and that are cut, and takes its rows from `visible_to`: neither results nor
counts tell of rows out of reach. Sensitive values stay masked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from django.utils.formats import number_format

from common.gate import may_open
from common.panels import Text
from common.search.query import Query

COUNTED: Final = 50
"""Matches of a kind are counted so far; more are "50+"."""


class Likelihood(IntEnum):
    """A guess, from the text alone, whether a kind of things can be meant: those that cannot are not asked, the likely ones stand first."""

    NO = 0
    MAYBE = 1
    LIKELY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One thing that was found.

    Attributes:
        label: its name, masked where it is sensitive.
        url: its page.
        details: what tells it from others of the same name.
        icon: a Tabler icon's name without the prefix; by default that of its kind.
        marked: the part of the label that matches, where that is not the text itself.
        resource: its address in the API, as the name of the route and the key; None: it has none.
    """

    label: str
    url: str
    details: Sequence[str] = ()
    icon: str = ""
    marked: str = ""
    resource: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a provider found.

    Attributes:
        results: the best ones, the best first.
        count: how many match, as far as they were counted.
        more: whether there are more than that.
        all_url: the list that shows all of them; empty: there is none.
        certain: the text is the whole name, number or code of the first: its kind goes first.
        similar: nothing holds the text itself; these are written alike.
    """

    results: Sequence[Result] = ()
    count: int = 0
    more: bool = False
    all_url: str = ""
    certain: bool = False
    similar: bool = False


NOTHING: Final = Found()


@dataclass(frozen=True, slots=True)
class _Provider:
    key: str
    title: Text
    icon: str
    module: str
    order: int
    likelihood: Callable[[Query], Likelihood]
    find: Callable[[Any, Query, int], Found]


@dataclass(frozen=True, slots=True)
class _Recent:
    key: str
    title: Text
    icon: str
    module: str
    order: int
    find: Callable[[Any, int], Sequence[Result]]


@dataclass(slots=True)
class Group:
    """The results of one kind as a page shows them."""

    key: str
    title: Text
    icon: str
    found: Found
    rank: tuple[int, ...] = field(default=())

    @property
    def count_text(self) -> str:
        """How many match: "3", or "50+" where there are more than are counted."""
        return f"{number_format(self.found.count, force_grouping=True)}{'+' if self.found.more else ''}"

    @property
    def has_more(self) -> bool:
        """Whether more match than are shown."""
        return self.found.more or self.found.count > len(self.found.results)


_providers: dict[str, _Provider] = {}
_recents: dict[str, _Recent] = {}


def register_search(
    *,
    key: str,
    title: Text,
    icon: str,
    module: str,
    likelihood: Callable[[Query], Likelihood],
    find: Callable[[Any, Query, int], Found],
    order: int = 100,
) -> None:
    """Let `find(user, query, limit)` look for a kind of things, for users whose roles open `module`."""
    _providers[key] = _Provider(key, title, icon, module, order, likelihood, find)


def register_recent(
    *, key: str, title: Text, icon: str, module: str, find: Callable[[Any, int], Sequence[Result]], order: int = 100
) -> None:
    """Show what `find(user, limit)` gives before anything is typed: what the user worked with last."""
    _recents[key] = _Recent(key, title, icon, module, order, find)


def groups_for(user: Any, query: Query, limit: int) -> list[Group]:
    """What `user` finds for `query`, at most `limit` of each kind; certain and likely kinds first."""
    groups = []
    for provider in _providers.values():
        guess = provider.likelihood(query) if query else Likelihood.NO
        if guess == Likelihood.NO or not may_open(user, provider.module):
            continue
        found = provider.find(user, query, limit)
        if found.results:
            rank = (not found.certain, found.similar, -guess, provider.order)
            groups.append(Group(provider.key, provider.title, provider.icon, found, rank))
    return sorted(groups, key=lambda group: group.rank)


def recent_for(user: Any, limit: int) -> list[Group]:
    """What `user` worked with last, kind by kind."""
    groups = []
    for recent in sorted(_recents.values(), key=lambda recent: recent.order):
        results = recent.find(user, limit) if may_open(user, recent.module) else ()
        if results:
            groups.append(Group(recent.key, recent.title, recent.icon, Found(results=results, count=len(results))))
    return groups
