"""The search: a page of its own, and the list that opens below the top bar's box and in the command palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from common.htmx import asks_for
from common.search.labels import actions_here
from common.search.marking import marked
from common.search.places import place_of
from common.search.query import Query
from common.search.registry import Group, Result, groups_for, recent_for

BOXES: Final = ("find", "palette")
"""The boxes that open a list: the top bar's and the command palette's."""
_IN_A_LIST: Final = 5
_ON_THE_PAGE: Final = 20
_RECENT: Final = 8


@dataclass(frozen=True, slots=True)
class ShownResult:
    """A result as a page shows it; `place` counts through all groups."""

    label: SafeString
    details: list[SafeString]
    url: str
    icon: str
    place: int


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A kind with its results; `place` is that of the link to all of them."""

    group: Group
    results: list[ShownResult]
    place: int


@require_GET
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """What is found for `q`, the last things before anything is typed, and the actions for the thing that the page `at` is about."""
    query = Query.of(request.GET.get("q", ""))
    box = next((name for name in BOXES if asks_for(request, f"{name}-panel")), "")
    groups = _groups(request, query, _IN_A_LIST if box else _ON_THE_PAGE)
    context = {"query": query, "box": box, "groups": _shown(groups, query), "count": sum(len(group.found.results) for group in groups)}
    response = render(request, "search/_panel.html" if box else "search/search.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _groups(request: HttpRequest, query: Query, limit: int) -> list[Group]:
    user: Any = request.user
    actions = actions_here(user, query, place_of(user, request.GET.get("at", "")))
    if not query:
        return [*recent_for(user, _RECENT), *([actions] if actions else [])]
    groups = [*groups_for(user, query, limit), *([actions] if actions else [])]
    return sorted(groups, key=lambda group: group.rank)


def _shown(groups: list[Group], query: Query) -> list[ShownGroup]:
    shown, place = [], 0
    for group in groups:
        results = [_shown_result(result, group, query, place + number) for number, result in enumerate(group.found.results)]
        place += len(results)
        shown.append(ShownGroup(group, results, place))
        place += 1
    return shown


def _shown_result(result: Result, group: Group, query: Query, place: int) -> ShownResult:
    details = [marked(detail, query) for detail in result.details if detail]
    return ShownResult(marked(result.label, query, result.marked), details, result.url, result.icon or group.icon, place)
