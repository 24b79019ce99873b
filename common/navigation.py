"""The navigation rail: apps register their pages, a user sees those that a role opens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.gate import may_open


class NavigationGroup(TextChoices):
    """The groups of the rail, from the top."""

    WORK = "work", ""
    CUSTOMERS = "customers", _("Customers")
    BUSINESS = "business", _("Business")
    SERVICE = "service", _("Service")
    ANALYSIS = "analysis", _("Analysis")
    ADMINISTRATION = "administration", _("Administration")


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One entry.

    Attributes:
        group: where it stands.
        label: its text, lazily translated.
        url_name: the page; an entry whose name does not resolve is left out.
        icon: a Tabler icon without its `ti-` prefix.
        module, action: the permission that opens it; an empty module opens it to everyone signed in.
        order: place within the group, ascending.
        count: the number shown behind the label for a user (None: no number); must be cheap, it runs on every page.
        opens: asked as well, for a page that takes more than the permission on some rows.
    """

    group: NavigationGroup
    label: str | Promise
    url_name: str
    icon: str
    module: str = ""
    order: int = 100
    action: str = "view"
    count: Callable[[Any], int | None] | None = None
    opens: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """An entry as one user sees it."""

    label: str | Promise
    url: str
    icon: str
    current: bool
    count: int | None


@dataclass(frozen=True, slots=True)
class NavigationSection:
    """A group with its entries for one user. The first group has no label."""

    label: str | Promise
    links: list[NavigationLink]


_items: dict[str, NavigationItem] = {}


def register(item: NavigationItem) -> None:
    """Add `item`; called in `AppConfig.ready`. The same url_name again replaces the former entry."""
    _items[item.url_name] = item


def navigation_for(user: Any, path: str = "") -> list[NavigationSection]:
    """The sections that `user` may open. `path` is the current page's: the entry with the longest matching address is current."""
    addressed = [(item, url) for item in _sorted_items() if _is_open(item, user) and (url := _address(item))]
    current = max((url for _item, url in addressed if _lies_under(path, url)), key=len, default=None)
    sections = []
    for group in NavigationGroup:
        links = [
            NavigationLink(item.label, url, item.icon, url == current, item.count(user) if item.count else None)
            for item, url in addressed
            if item.group == group
        ]
        if links:
            sections.append(NavigationSection(group.label, links))
    return sections


def _sorted_items() -> list[NavigationItem]:
    return sorted(_items.values(), key=lambda item: (item.order, item.url_name))


def _is_open(item: NavigationItem, user: Any) -> bool:
    return may_open(user, item.module, item.action) and (item.opens is None or item.opens(user))


def _address(item: NavigationItem) -> str | None:
    try:
        return reverse(item.url_name)
    except NoReverseMatch:
        return None


def _lies_under(path: str, url: str) -> bool:
    return path == url if url == "/" else path.startswith(url)
