"""Which rows of a list somebody chose: some by their boxes, or all that match, however many; carried by forms and kept by jobs.

Without a script the boxes are a form that leads to the chosen action; the names of its fields are here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

from common.encryption import BrokenCiphertext, UnknownFieldKey, keyring
from common.keys import key_in
from common.lists.definition import ListDefinition
from common.lists.registry import rebuilt
from common.lists.state import ListState

ROW: Final = "row"
EVERYTHING: Final = "everything"
QUERY: Final = "of"
BACK: Final = "back"
SCOPE: Final = "in-"
MOST_BOXES: Final = 1_000
_CONTEXT: Final = "list:selection"


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of the list called `name` under the address parameters `query`.

    Attributes:
        scope: the keys of the rows that narrow the list.
        keys: the rows that were chosen one by one; nothing where `everything` was: all that match, also on other pages.
        back: the address of the page with the list; empty where it is not known.
    """

    name: str
    query: str = ""
    scope: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[int, ...] = ()
    everything: bool = False
    back: str = ""

    @classmethod
    def sent(cls, request: HttpRequest, name: str) -> Selection:
        """What the form sent."""
        given = request.POST if request.method == "POST" else request.GET
        scope = scope_in(given)
        everything = given.get(EVERYTHING) == "yes"
        found = [] if everything else [whole for text in given.getlist(ROW)[:MOST_BOXES] if (whole := key_in(text)) is not None]
        back = given.get(BACK, "")
        local = back.startswith("/") and url_has_allowed_host_and_scheme(back, None)
        return cls(name, given.get(QUERY, ""), scope, tuple(dict.fromkeys(found)), everything, back if local else "")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is chosen."""
        return not (self.keys or self.everything)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Names and values of the hidden inputs that carry the selection on."""
        chosen = [(EVERYTHING, "yes")] if self.everything else [(ROW, str(key)) for key in self.keys]
        return [*fields_of(self.query, self.scope, self.back), *chosen]

    def bound(self, user: Any, action: str = "") -> ListDefinition:
        """The list as `user` sees it now; with `action`, of the rows alone on which the user may do that. Raises Http404."""
        return rebuilt(self.name, user=user, query=self.query, scope=self.scope, action=action)

    def rows(self, user: Any, action: str = "") -> QuerySet[Any]:
        """The chosen rows that `user` reaches, in no order.

        Raises Http404 where the list, or what narrows it, is hidden, and PermissionDenied where no row of the kind may be reached.
        """
        return self.among(self.bound(user, action).state.matching)

    def among(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of `rows`, which are the list's, that were chosen."""
        return rows if self.everything else rows.filter(pk__in=self.keys)

    @property
    def facts(self) -> list[Any]:
        """Which rows these are, as JSON can say it; where the list stands is no part of that."""
        return [self.name, self.query, dict(self.scope), list(self.keys), self.everything]

    def dump(self) -> str:
        """The selection as an encrypted text for a job's parameters: what is searched for may be a number that pages mask."""
        text = json.dumps([*self.facts, self.back], separators=(",", ":"))
        return base64.b64encode(keyring().encrypt(text, _CONTEXT)).decode()

    @classmethod
    def load(cls, text: str) -> Selection:
        """Read what `dump` wrote. Raises Http404 where it cannot be read."""
        try:
            name, query, scope, keys, everything, back = json.loads(keyring().decrypt(base64.b64decode(text), _CONTEXT))
        except (UnknownFieldKey, BrokenCiphertext, ValidationError, ValueError) as error:
            raise Http404 from error
        return cls(name, query, scope, tuple(keys), everything, back)


def scope_in(given: QueryDict) -> dict[str, str]:
    """The keys of the rows that narrow the list, as an address or a form carries them."""
    return {key.removeprefix(SCOPE): value for key, value in given.items() if key.startswith(SCOPE) and isinstance(value, str)}


def fields_of(query: str, scope: Mapping[str, str], back: str) -> list[tuple[str, str]]:
    """Names and values of the inputs that say which list it is, the choice apart."""
    return [(QUERY, query), (BACK, back), *((f"{SCOPE}{name}", key) for name, key in scope.items())]


def form_fields(state: ListState) -> list[tuple[str, str]]:
    """The inputs that stand beside the boxes of the list in `state`."""
    return fields_of(query_of(state), state.definition.scope_keys(), state.canonical_address)


def query_of(state: ListState) -> str:
    """The address parameters that make the list what it is, without its prefix, its place and those of other lists on the page."""
    kept = QueryDict(mutable=True)
    for name, values in QueryDict(state.address().partition("?")[2]).lists():
        if name.startswith(state.prefix):
            kept.setlist(name.removeprefix(state.prefix), values)
    return kept.urlencode()
