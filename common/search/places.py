"""Where a person is: the thing whose page is open, or whose row is chosen in a list, so that actions can be offered for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404
from django.urls import Resolver404, resolve


@dataclass(frozen=True, slots=True)
class Place:
    """A thing in reach.

    Attributes:
        slot: the slot of its page, whose actions are offered.
        subject: the thing itself, which their addresses are made of.
        name: how people call it.
        may: whether the user may do an action of a module on this very thing.
    """

    slot: str
    subject: Any
    name: str
    may: Callable[[str, str], bool]


Finder = Callable[[Any, Mapping[str, Any]], Place]

_finders: dict[str, Finder] = {}


def register_place(route: str, find: Finder) -> None:
    """Say what pages below `route`, such as "customers/<int:pk>/", are about.

    `find(user, arguments)` finds it, and raises Http404 where it is hidden.
    """
    _finders[route] = find


def place_of(user: Any, address: str) -> Place | None:
    """The thing that the page at `address` is about, as far as `user` may see it; None where it is about nothing."""
    try:
        match = resolve(urlsplit(address).path)
    except (Resolver404, ValueError):
        return None
    found = max((route for route in _finders if match.route.startswith(route)), key=len, default=None)
    if found is None:
        return None
    try:
        return _finders[found](user, match.kwargs)
    except Http404:
        return None
