"""The lists of the product by name: what a worker needs to build a list again that somebody saw in a browser.

An app registers its lists in `AppConfig.ready`. A list that is registered can be exported, and carries what its `bulk_operations` offer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpRequest, QueryDict

if TYPE_CHECKING:
    from common.lists.definition import ListDefinition

_lists: Final[dict[str, type[ListDefinition]]] = {}


def register_list(*kinds: type[ListDefinition]) -> None:
    """Make lists known by their names."""
    _lists.update({kind.name: kind for kind in kinds})


def registered_list(name: str) -> type[ListDefinition]:
    """The list called `name`. Raises Http404 where there is none."""
    try:
        return _lists[name]
    except KeyError as error:
        raise Http404 from error


def registered_lists() -> list[type[ListDefinition]]:
    """All of them, by their names."""
    return [_lists[name] for name in sorted(_lists)]


def is_registered(definition: ListDefinition) -> bool:
    """Whether `definition` can be built again from its name, its address parameters and its scope."""
    return _lists.get(definition.name) is type(definition) and definition.scope_is_kept


def rebuilt(name: str, *, user: Any, query: str = "", scope: Mapping[str, str] | None = None, action: str = "") -> ListDefinition:
    """The list called `name` as `user` sees it now under the address parameters `query`.

    Arguments:
        scope: keys of the rows that narrow the list, as `ListDefinition.scope_keys` gives them.
        action: what the user must be allowed to do with a row for it to count, in place of the list's own action.

    Raises Http404 where there is no such list, or what narrows it is missing or hidden from `user`.
    """
    kind = registered_list(name)
    request = HttpRequest()
    request.method = "GET"
    request.user = user
    request.GET = QueryDict(query)
    definition = kind(request, url="/", **kind.read_scope(user, scope or {}))
    if action:
        setattr(definition, "action", action)  # noqa: B010  (of this one list, whose class declares another)
    return definition
