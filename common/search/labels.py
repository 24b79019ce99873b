"""Pages and actions by their labels: as they are shown, in the other language, and by their pinyin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from pypinyin import Style, lazy_pinyin

from common.navigation import navigation_for
from common.panels import ShownAction, Text, actions_for
from common.search.places import Place
from common.search.query import Query
from common.search.registry import COUNTED, Found, Group, Likelihood, Result, register_search

ANYWHERE: Final = ("palette", "home")
"""The slots whose actions are offered wherever one is."""
_ACTIONS: Final = 60
_PAGES: Final = 70


def palette_slot(slot: str) -> str:
    """The slot of actions that only the search offers for a thing, such as "palette:customer"."""
    return f"palette:{slot}"


def register_pages() -> None:
    """Called when the app is ready."""
    register_search(
        key="pages", title=_("Pages"), icon="layout-sidebar", module="", likelihood=_could_be_label, find=_find_pages, order=_PAGES
    )


def _could_be_label(query: Query) -> Likelihood:
    return Likelihood.NO if query.digits or query.ending else Likelihood.MAYBE


def _find_pages(user: Any, query: Query, limit: int) -> Found:
    links = [link for section in navigation_for(user) for link in section.links]
    matching = [link for link in links if matches(query, link.label)]
    results = [Result(label=str(link.label), url=link.url, icon=link.icon) for link in matching[:limit]]
    return Found(results=results, count=len(matching), certain=_is_whole(query, results))


def actions_here(user: Any, query: Query, place: Place | None) -> Group | None:
    """The actions for the thing at hand, then the others that are offered everywhere; all of them where nothing is typed."""
    results: list[Result] = []
    if place is not None:
        for slot in (place.slot, palette_slot(place.slot)):
            results += _matching(query, actions_for(slot, user, place.subject, place.may), (place.name,))
    here = {result.label for result in results}
    for slot in ANYWHERE:
        results += [result for result in _matching(query, actions_for(slot, user), ()) if result.label not in here]
    if not results:
        return None
    rank = (not _is_whole(query, results), False, -Likelihood.MAYBE, _ACTIONS)
    return Group("actions", _("Actions"), "bolt", Found(results=results[:COUNTED], count=len(results)), rank)


def _matching(query: Query, actions: Sequence[ShownAction], details: Sequence[str]) -> list[Result]:
    return [
        Result(label=str(action.label), url=action.url, icon=action.icon, details=details)
        for action in actions
        if not query or matches(query, action.label)
    ]


def _is_whole(query: Query, results: Sequence[Result]) -> bool:
    return bool(results) and results[0].label.casefold() == query.text.casefold()


def matches(query: Query, label: Text) -> bool:
    """Whether `label` holds the text in one of the product's languages, or its pinyin or initials begin with it."""
    text = query.text.casefold()
    forms = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            forms.append(str(label))
    return any(text in form.casefold() or _sounds_like(text, form) for form in forms)


def _sounds_like(text: str, form: str) -> bool:
    typed = "".join(text.split())
    return any(sound.startswith(typed) for sound in _sounds(form))


@lru_cache(maxsize=1_000)
def _sounds(form: str) -> tuple[str, ...]:
    """The pinyin of a label and its initials; nothing for a label without Chinese characters."""
    if form.isascii():
        return ()
    return "".join(lazy_pinyin(form.casefold())), "".join(lazy_pinyin(form.casefold(), style=Style.FIRST_LETTER))
