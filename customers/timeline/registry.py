"""What a timeline is told of, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from django.db.models import QuerySet
from django.utils.functional import Promise

from access.models import User
from access.scope import allowed
from customers.models import Customer, CustomerMerge

Text: TypeAlias = str | Promise


@dataclass(frozen=True, slots=True)
class Detail:
    """A value that changed. `before` and `after` are HTML."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a source says of one of its rows.

    Attributes:
        text: what happened, in a line.
        url: the page of what it is about; empty: none that the reader may open.
        actor: the key of who did it; None: nobody, or the system itself.
        details: the values that changed.
        note: a reason, a figure, or by which job.
    """

    text: Text
    url: str = ""
    actor: int | None = None
    details: Sequence[Detail] = field(default_factory=tuple)
    note: Text = ""


@dataclass(frozen=True, slots=True)
class TimelineKind:
    """A kind of happening, by which people filter; `icon` is one of the look's, without "ti-"."""

    key: str
    label: Text
    icon: str
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineSource:
    """Where happenings of a kind are read.

    Attributes:
        key: its name among all sources; it stands in addresses.
        kind: the key of its kind.
        module: whose permission opens it, for this customer; empty: `rows` alone says what a user sees.
        moment: the column of the rows that says when.
        rows: the rows about a customer that a user may see, in no order. They are asked for no more than a page has entries, so an index
            that begins with the customer and goes on with the moment serves them.
        entries: what to say of some of these rows, in their order, by a fixed number of queries; None for a row that has nothing to say.
        kept: rows about customers that were merged away which stand in no table any more, as the merges keep them: all of them, read
            with what `entries` needs. Rows that still stand under the key of such a customer `rows` finds.
    """

    key: str
    kind: str
    module: str
    moment: str
    rows: Callable[[Customer, User], QuerySet[Any]]
    entries: Callable[[Sequence[Any], User], Sequence[Entry | None]]
    kept: Callable[[Sequence[CustomerMerge]], Sequence[Any]] | None = None


_kinds: Final[dict[str, TimelineKind]] = {}
_sources: Final[dict[str, TimelineSource]] = {}


def register_kind(key: str, *, label: Text, icon: str, order: int = 100) -> None:
    """Name a kind of happenings; called from an app's `AppConfig.ready`."""
    _kinds[key] = TimelineKind(key, label, icon, order)


def register_source(source: TimelineSource) -> None:
    """Let the timeline ask `source`; called from an app's `AppConfig.ready`."""
    _sources[source.key] = source


def all_sources() -> list[TimelineSource]:
    """Every source, in an order that stays."""
    return [_sources[key] for key in sorted(_sources)]


def kind_of(source: TimelineSource) -> TimelineKind:
    """The kind that `source` tells of."""
    return _kinds[source.kind]


def kinds_for(user: User) -> list[TimelineKind]:
    """The kinds of which `user` may see something at some customer, in order."""
    open_kinds = {source.kind for source in _sources.values() if not source.module or allowed(user, source.module)}
    return sorted((kind for kind in _kinds.values() if kind.key in open_kinds), key=lambda kind: (kind.order, kind.key))
