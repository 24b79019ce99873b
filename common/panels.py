"""Slots: what a lower app's page shows of the apps above it.

The page's app names the slot; upper apps register panels (tabs with their own address), facts (header figures), cards and actions for
it in their `AppConfig.ready`. Everything asks the access policy, so a user sees only what a role opens.

A page that has panels registers itself with `register_slot`; `render_panel` then answers an htmx request with the panel alone and any
other request with the whole page around it, so every tab has an address of its own and works without JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise

from common.gate import may_open
from common.htmx import asks_for

Text: TypeAlias = str | Promise


@dataclass(frozen=True, slots=True)
class Slot:
    """A page that shows panels. `context(request, subject)` gives what `page_template` needs beside `panel_template` and `tabs`."""

    name: str
    page_template: str
    context: Callable[[HttpRequest, Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Panel:
    """A tab of a slot's page.

    `url_name` takes the subject's pk; `count(subject, user)` gives the number behind the title, capped and cheap.
    """

    slot: str
    key: str
    title: Text
    url_name: str
    module: str
    order: int
    action: str
    count: Callable[[Any, Any], int | str | None] | None


@dataclass(frozen=True, slots=True)
class Tab:
    """A panel as one user sees it on one subject's page."""

    key: str
    title: Text
    url: str
    active: bool
    count: int | str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure in the header of a slot's page; `value(subject, user)` None leaves it out."""

    slot: str
    key: str
    label: Text
    value: Callable[[Any, Any], Any]
    module: str
    order: int


@dataclass(frozen=True, slots=True)
class ShownFact:
    """A fact with its value for one subject."""

    label: Text
    value: Any


@dataclass(frozen=True, slots=True)
class Card:
    """A card of a slot's page.

    `context(request)` feeds `template`; None leaves the card out. `url_name` is the page that shows all, `opens(user)` is asked as well as
    the permission in `module`.
    """

    slot: str
    key: str
    title: Text
    template: str
    context: Callable[[HttpRequest], Mapping[str, Any] | None]
    module: str
    order: int
    url_name: str
    wide: bool
    opens: Callable[[Any], bool] | None


@dataclass(frozen=True, slots=True)
class Arranged:
    """How a person wants a card: whether it is shown, and whether it takes the whole width. Its place is its place in a list of these."""

    key: str
    shown: bool
    wide: bool


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card with its context for one user."""

    key: str
    title: Text
    template: str
    data: Mapping[str, Any]
    url: str
    wide: bool


@dataclass(frozen=True, slots=True)
class PageAction:
    """A link in the header of a slot's page. `url(subject)` gives its address; subject is None on pages without one."""

    slot: str
    key: str
    label: Text
    url: Callable[[Any], str]
    module: str
    action: str
    icon: str
    primary: bool
    order: int
    shortcut: str


@dataclass(frozen=True, slots=True)
class ShownAction:
    """An action for one subject; `shortcut` is the single key that follows it."""

    label: Text
    url: str
    icon: str
    primary: bool
    shortcut: str


_slots: dict[str, Slot] = {}
_panels: dict[tuple[str, str], Panel] = {}
_facts: dict[tuple[str, str], Fact] = {}
_cards: dict[tuple[str, str], Card] = {}
_actions: dict[tuple[str, str], PageAction] = {}


def register_slot(name: str, *, page_template: str, context: Callable[[HttpRequest, Any], Mapping[str, Any]]) -> None:
    """Name the page on which the panels of slot `name` are shown to requests that do not come from htmx."""
    _slots[name] = Slot(name, page_template, context)


def register_panel(
    *,
    slot: str,
    key: str,
    title: Text,
    url_name: str,
    module: str,
    order: int = 100,
    action: str = "view",
    count: Callable[[Any, Any], int | str | None] | None = None,
) -> None:
    """Add a tab. Key "overview" with order 0 is by custom the page's own first tab."""
    _panels[slot, key] = Panel(slot, key, title, url_name, module, order, action, count)


def registered_panels() -> list[Panel]:
    """Every panel of every slot."""
    return list(_panels.values())


def register_fact(*, slot: str, key: str, label: Text, value: Callable[[Any, Any], Any], module: str, order: int = 100) -> None:
    """Add a header figure; `value` gets (subject, user) and may answer None for "do not show"."""
    _facts[slot, key] = Fact(slot, key, label, value, module, order)


def register_card(
    *,
    slot: str,
    key: str,
    title: Text,
    template: str,
    context: Callable[[HttpRequest], Mapping[str, Any] | None],
    module: str,
    order: int = 100,
    url_name: str = "",
    wide: bool = False,
    opens: Callable[[Any], bool] | None = None,
) -> None:
    """Add a card, for example to the slot "home". `template` renders the card's body with `card` (its context) and the page's context."""
    _cards[slot, key] = Card(slot, key, title, template, context, module, order, url_name, wide, opens)


def register_action(
    *,
    slot: str,
    key: str,
    label: Text,
    url: Callable[[Any], str],
    module: str,
    action: str = "add",
    icon: str = "",
    primary: bool = False,
    order: int = 100,
    shortcut: str = "",
) -> None:
    """Add a header link, shown to users whose role allows `action` in `module`."""
    _actions[slot, key] = PageAction(slot, key, label, url, module, action, icon, primary, order, shortcut)


def panels_for(slot: str, user: Any) -> list[Panel]:
    """The panels of `slot` that `user` may open, in order."""
    found = [panel for panel in _panels.values() if panel.slot == slot and may_open(user, panel.module, panel.action)]
    return sorted(found, key=lambda panel: (panel.order, panel.key))


def tabs_for(slot: str, user: Any, subject: Any, active: str = "") -> list[Tab]:
    """The tabs of `subject`'s page for `components/_tabs.html`; `active` is the key of the open one."""
    return [
        Tab(
            key=panel.key,
            title=panel.title,
            url=reverse(panel.url_name, args=[subject.pk]),
            active=panel.key == active,
            count=panel.count(subject, user) if panel.count else None,
        )
        for panel in panels_for(slot, user)
    ]


def facts_for(slot: str, user: Any, subject: Any) -> list[ShownFact]:
    """The header figures of `subject` for `components/_facts.html`."""
    found = sorted((fact for fact in _facts.values() if fact.slot == slot), key=lambda fact: (fact.order, fact.key))
    shown = [ShownFact(fact.label, fact.value(subject, user)) for fact in found if may_open(user, fact.module)]
    return [fact for fact in shown if fact.value is not None]


def cards_for(slot: str, request: HttpRequest, kept: Sequence[Arranged] = ()) -> list[ShownCard]:
    """The cards of `slot` for the request's user, as arranged in `kept`; what is hidden is not read."""
    shown = []
    for arranged in arrange(slot, request.user, kept):
        card = _cards[slot, arranged.key]
        data = card.context(request) if arranged.shown else None
        if data is not None:
            shown.append(ShownCard(card.key, card.title, card.template, data, _reverse_or_empty(card.url_name), arranged.wide))
    return shown


def arrange(slot: str, user: Any, kept: Sequence[Arranged] = ()) -> list[Arranged]:
    """The cards of `slot` that `user` may open: those of `kept` in its order, then the others as they were registered."""
    found = sorted((card for card in _cards.values() if card.slot == slot), key=lambda card: (card.order, card.key))
    opened = {card.key: card for card in found if may_open(user, card.module) and (card.opens is None or card.opens(user))}
    known = [arranged for arranged in kept if arranged.key in opened]
    names = {arranged.key for arranged in known}
    return [*known, *(Arranged(key, shown=True, wide=card.wide) for key, card in opened.items() if key not in names)]


def card_title(slot: str, key: str) -> Text:
    """The title of a card. Raises KeyError for one that no app has registered."""
    return _cards[slot, key].title


def actions_for(slot: str, user: Any, subject: Any = None, may: Callable[[str, str], bool] | None = None) -> list[ShownAction]:
    """The header links of `slot` that `user` may follow, in order.

    `may(module, action)` answers for `subject` itself; without it the roles do, and the link's own page looks at the subject.
    """
    found = sorted((action for action in _actions.values() if action.slot == slot), key=lambda action: (action.order, action.key))
    return [
        ShownAction(action.label, action.url(subject), action.icon, action.primary, action.shortcut)
        for action in found
        if (may(action.module, action.action) if may is not None else may_open(user, action.module, action.action))
    ]


def render_panel(
    request: HttpRequest, *, slot: str, key: str, subject: Any, template: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Answer with panel `key` of `subject`, rendered from the partial `template`.

    An htmx request that swaps the panel area (`#panel-area`) gets tabs and panel; every other request gets the slot's whole page.
    The slot's page includes `components/_panel_area.html` where the panels stand.
    """
    registered = _slots[slot]
    swap = asks_for(request, "panel-area")
    full = {
        **({} if swap else registered.context(request, subject)),
        **(context or {}),
        "tabs": tabs_for(slot, request.user, subject, key),
        "panel_template": template,
        "panel_key": key,
    }
    response = render(request, "components/_panel_area.html" if swap else registered.page_template, full, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _reverse_or_empty(url_name: str) -> str:
    try:
        return reverse(url_name) if url_name else ""
    except NoReverseMatch:
        return ""
