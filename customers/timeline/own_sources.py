"""What this app tells of a customer: ownership, lifecycle, fields, people, tags, relations, levels set by hand, merges,
to-dos.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from access.history.subjects import event_model_of
from access.models import User
from common.tracking import DELETE
from customers.former import LIFECYCLE, OWNERSHIP, former_customers, lifecycle_before, ownership_before
from customers.history import Happening, handed_over, moved
from customers.models import (
    ContactPerson,
    Customer,
    CustomerMerge,
    CustomerRelation,
    CustomerTag,
    LevelOverride,
    LifecycleChange,
    MergeState,
    OwnershipChange,
    Tag,
)
from customers.services.merging import merges_to_open
from customers.timeline.events import event_source
from customers.timeline.registry import Entry, TimelineSource, register_kind, register_source
from workflow.models import Task

MODULE: Final = "customers"
_OWN_FIELDS: Final = ("manager", "org_unit", "lifecycle")
"""Fields of customers with a source of their own, which knows the reason."""


def register_own_sources() -> None:
    """Called once, when Django is ready."""
    register_kind("ownership", label=_("Ownership"), icon="arrows-exchange", order=10)
    register_kind("lifecycle", label=_("Lifecycle"), icon="route", order=20)
    register_kind("fields", label=_("Details"), icon="pencil", order=30)
    register_kind("people", label=_("Contact persons"), icon="address-book", order=40)
    register_kind("tags", label=_("Tags"), icon="tag", order=50)
    register_kind("relations", label=_("Relations"), icon="affiliate", order=60)
    register_kind("merges", label=_("Merges"), icon="arrows-join", order=70)
    register_kind("todos", label=pgettext_lazy("timeline", "To-dos"), icon="checkbox", order=110)
    register_source(_changes_of("ownership", _ownership, handed_over, ownership_before))
    register_source(_changes_of("lifecycle", _lifecycle, moved, lifecycle_before))
    register_source(
        event_source(
            key="fields",
            kind="fields",
            module=MODULE,
            model=Customer,
            says=lambda events, _user: [gettext("Customer")] * len(events),
            customer=("pgh_obj",),
            quiet=_OWN_FIELDS,
            tells_entering=False,
        )
    )
    register_source(
        event_source(
            key="levels", kind="fields", module=MODULE, model=LevelOverride, says=_levels, quiet=("set_at", "actor"), tells_entering=True
        )
    )
    register_source(
        event_source(
            key="people",
            kind="people",
            module=MODULE,
            model=ContactPerson,
            says=lambda events, _user: [event.name for event in events],
            page=lambda person: reverse("customers:contact_person", args=[person.pk]),
        )
    )
    register_source(
        event_source(
            key="relations",
            kind="relations",
            module=MODULE,
            model=CustomerRelation,
            says=_relations,
            customer=("customer", "other"),
            quiet=("note", "actor"),  # the note is for those who reach both customers
        )
    )
    _register_tags()
    _register_merges()
    _register_todos()


# --- ownership and lifecycle -----------------------------------------------------------------------------------------------------------


def _ownership(customer: Customer, _user: User) -> QuerySet[Any]:
    return OwnershipChange.objects.filter(customer=customer.pk).select_related(*OWNERSHIP)


def _lifecycle(customer: Customer, _user: User) -> QuerySet[Any]:
    return LifecycleChange.objects.filter(customer=customer.pk).select_related(*LIFECYCLE)


def _changes_of(
    key: str,
    rows: Callable[[Customer, User], QuerySet[Any]],
    happening: Callable[[Any], Happening],
    kept: Callable[[Sequence[CustomerMerge]], list[Any]],
) -> TimelineSource:
    def entries(changes: Sequence[Any], _user: User) -> list[Entry | None]:
        return [_of(happening(change)) for change in changes]

    return TimelineSource(key=key, kind=key, module=MODULE, moment="changed_at", rows=rows, entries=entries, kept=kept)


def _of(change: Happening) -> Entry:
    path = f"{change.before} → {change.after}" if change.before else change.after
    return Entry(text=f"{change.kind} · {path}", actor=change.actor.pk if change.actor else None, note=change.reason)


# --- tags ------------------------------------------------------------------------------------------------------------------------------


def _register_tags() -> None:
    """A tag that is carried was given once; one that was taken off was given and taken."""
    removals: Any = event_model_of(CustomerTag)

    def standing(customer: Customer, _user: User) -> QuerySet[Any]:
        found: QuerySet[Any] = CustomerTag.objects.filter(customer=customer).annotate(who=F("actor_id"), which=F("tag_id"))
        return found

    def taken_off(customer: Customer, _user: User) -> QuerySet[Any]:
        events: QuerySet[Any] = removals._default_manager.filter(customer=customer.pk, pgh_label=DELETE)
        found: QuerySet[Any] = events.annotate(who=F("pgh_actor"), which=F("tag_id"))
        return found

    def once_given(customer: Customer, user: User) -> QuerySet[Any]:
        found: QuerySet[Any] = taken_off(customer, user).annotate(who=F("actor_id"))
        return found

    for key, moment, rows, words in (
        ("tags", "tagged_at", standing, _("Tag given: %(tag)s")),
        ("tags_given", "tagged_at", once_given, _("Tag given: %(tag)s")),
        ("tags_taken", "pgh_created_at", taken_off, _("Tag taken off: %(tag)s")),
    ):
        register_source(TimelineSource(key=key, kind="tags", module=MODULE, moment=moment, rows=rows, entries=_tag_entries(words)))


def _tag_entries(words: Any) -> Callable[[Sequence[Any], User], list[Entry | None]]:
    def entries(rows: Sequence[Any], _user: User) -> list[Entry | None]:
        tags = Tag.objects.in_bulk({row.which for row in rows})
        return [Entry(text=words % {"tag": tags[row.which].label if row.which in tags else "—"}, actor=row.who) for row in rows]

    return entries


# --- relations, levels, to-dos ---------------------------------------------------------------------------------------------------------


def _relations(events: Sequence[Any], user: User) -> list[str]:
    """The two customers, also those that were merged since; one that is out of reach has no name."""
    keys = {key for event in events for key in (event.customer_id, event.other_id)}
    names = {key: customer.name for key, customer in Customer.objects.visible_to(user).in_bulk(keys).items()}
    if gone := keys - set(names):
        names |= dict(former_customers(user).filter(loser_key__in=gone).values_list("loser_key", "loser_name"))
    hidden = gettext("a customer outside your reach")
    return [f"{names.get(event.customer_id, hidden)} – {names.get(event.other_id, hidden)}" for event in events]


def _levels(events: Sequence[Any], _user: User) -> list[str]:
    words = gettext("Level set by hand")
    return [f"{words} {event.level} ({event.reason})" for event in events]


def _register_merges() -> None:
    """What was merged into the customer, and what of it was taken back; to be seen by whoever sees the customer, as on its overview."""

    def rows(customer: Customer, _user: User) -> QuerySet[Any]:
        return (
            CustomerMerge.objects.filter(winner=customer, merged_at__isnull=False).select_related("job").prefetch_related("job__undo_jobs")
        )

    def undone(customer: Customer, user: User) -> QuerySet[Any]:
        return rows(customer, user).filter(undone_at__isnull=False)

    def entries(words: Any, *, is_undo: bool) -> Callable[[Sequence[Any], User], list[Entry | None]]:
        def of(merges: Sequence[Any], user: User) -> list[Entry | None]:
            linked = merges_to_open(user, merges)
            return [_merge_entry(merge, words, is_linked=merge.pk in linked, is_undo=is_undo) for merge in merges]

        return of

    for key, moment, found, told in (
        ("merges", "merged_at", rows, entries(_("Merged into this customer: %(name)s"), is_undo=False)),
        ("merges_undone", "undone_at", undone, entries(_("Merge taken back: %(name)s"), is_undo=True)),
    ):
        register_source(TimelineSource(key=key, kind="merges", module=MODULE, moment=moment, rows=found, entries=told))


def _merge_entry(merge: CustomerMerge, words: Any, *, is_linked: bool, is_undo: bool) -> Entry:
    job = merge.job.undone_by if is_undo else merge.job
    return Entry(
        text=words % {"name": f"{merge.loser_name} {merge.loser_code}"},
        url=_merge_url(merge, is_linked=is_linked, is_undo=is_undo),
        actor=job.actor_id if job is not None else None,
        note="" if is_undo else merge.reason,
    )


def _merge_url(merge: CustomerMerge, *, is_linked: bool, is_undo: bool) -> str:
    """The merge's page; for who may not open that, what happened to the customer that is gone."""
    if is_linked:
        return reverse("customers:merge_detail", args=[merge.pk])
    return "" if is_undo or merge.state != MergeState.DONE else reverse("customers:merge_history", args=[merge.pk])


def _register_todos() -> None:
    def rows(customer: Customer, user: User) -> QuerySet[Any]:
        return Task.objects.visible_to(user).filter(subject_kind="customers.customer", subject_key=customer.pk)

    def made(tasks: Sequence[Any], _user: User) -> list[Entry | None]:
        words = gettext("To-do: %(title)s")
        return [Entry(text=words % {"title": task.title}, url=_task_url(task), actor=task.creator_id) for task in tasks]

    def ended(tasks: Sequence[Any], _user: User) -> list[Entry | None]:
        return [Entry(text=f"{task.get_state_display()} · {task.title}", url=_task_url(task), actor=task.ended_by_id) for task in tasks]

    register_source(TimelineSource(key="todos", kind="todos", module="", moment="created_at", rows=rows, entries=made))
    register_source(
        TimelineSource(
            key="todos_ended",
            kind="todos",
            module="",
            moment="ended_at",
            rows=lambda customer, user: rows(customer, user).filter(ended_at__isnull=False),
            entries=ended,
        )
    )


def _task_url(task: Task) -> str:
    return reverse("workflow:task_detail", args=[task.pk])
