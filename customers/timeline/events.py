"""Sources made of what the history keeps: every change of rows that hang from a customer, those included that are gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from access.history.reading import Version, versions_of
from access.history.subjects import event_model_of
from access.models import User
from common.tracking import INSERT, UPDATE
from customers.models import Customer
from customers.timeline.registry import Detail, Entry, Text, TimelineSource

Says = Callable[[Sequence[Any], User], Sequence[Text]]


@dataclass(frozen=True, slots=True)
class _Teller:
    """What is said of events; see `event_source`."""

    event_model: Any
    says: Callable[[Sequence[Any], User], Sequence[Text]]
    page: Callable[[Any], str] | None
    quiet: Collection[str]
    tells_entering: bool

    def entries(self, events: Sequence[Any], user: User) -> list[Entry | None]:
        """One entry an event."""
        standing = self._standing(events, user)
        told = zip(events, versions_of(self.event_model, events, user), self.says(events, user), strict=True)
        return [self._entry(event, version, text, standing.get(event.pgh_obj_id)) for event, version, text in told]

    def _standing(self, events: Sequence[Any], user: User) -> dict[Any, Any]:
        """The rows that the events are about, as far as they still stand."""
        if self.page is None or not events:
            return {}
        manager: Any = self.event_model.pgh_tracked_model._default_manager
        rows: dict[Any, Any] = manager.visible_to(user).in_bulk({event.pgh_obj_id for event in events})
        return rows

    def _entry(self, event: Any, version: Version, text: Text, row: Any) -> Entry | None:
        if event.pgh_label == INSERT and not self.tells_entering:
            return None
        changes = [change for change in version.changes if change.field not in self.quiet] if event.pgh_label == UPDATE else []
        if event.pgh_label == UPDATE and not changes:
            return None
        return Entry(
            text=f"{text} · {version.label}" if text else version.label,
            url=self.page(row) if self.page is not None and row is not None else "",
            actor=event.pgh_actor,
            details=[Detail(one.label, *((one.before, one.after) if not one.secret else ("", _("kept secret")))) for one in changes],
            note=version.source,
        )


def event_source(
    *,
    key: str,
    kind: str,
    module: str,
    model: type[models.Model],
    says: Says,
    page: Callable[[Any], str] | None = None,
    customer: Sequence[str] = ("customer",),
    quiet: Collection[str] = (),
    tells_entering: bool = True,
) -> TimelineSource:
    """A source of what happened to rows of `model`, which is `tracked(told_of=…)` by the keys in `customer`.

    Arguments:
        says: what each of some events is about, as text, by a fixed number of queries; "entered", "changed" or "removed" follows.
        page: the page of a row, for those that still stand and are in reach.
        quiet: fields whose changes another source tells.
        tells_entering: whether a row that comes or goes is told of; otherwise another source does that.
    """
    event_model: Any = event_model_of(model)
    teller = _Teller(event_model, says, page, frozenset(quiet), tells_entering)

    def rows(about: Customer, _user: User) -> QuerySet[Any]:
        """All events below the customer, who is in reach for the source's module."""
        condition = Q()
        for name in customer:
            condition |= Q(**{name: about.pk})
        events: QuerySet[Any] = event_model._default_manager.filter(condition).select_related("pgh_context")
        return events if tells_entering else events.filter(pgh_label=UPDATE)

    return TimelineSource(key=key, kind=kind, module=module, moment="pgh_created_at", rows=rows, entries=teller.entries)
