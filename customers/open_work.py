"""What is under way about customers, and passes with them to another account manager: to-dos, jobs, offers that expire.

Apps register what they know of in `AppConfig.ready`; the page of a hand-over shows it to both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.models import User
from access.scope import allowed
from customers.models import Customer, LifecycleProposal, ProposalState
from jobs.models import FINISHED, Job
from workflow.models import Task
from workflow.tables import due_words

COUNTED: Final = 1_000
SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """A kind of work.

    Attributes:
        key, label: its name, and what people call it.
        module: whose permission to view shows it; empty: everybody's.
        find: what is under way about customers (a queryset of their keys) of an account manager, the most pressing first, each row with the
            customer's key as `about`.
        show: a row in words, and when it is due or expires (None: at no time).
        order: its place.
    """

    key: str
    label: str | Promise
    module: str
    find: Callable[[QuerySet[Any, Any], User], QuerySet[Any]]
    show: Callable[[Any], tuple[str, Any]]
    order: int = 100


@dataclass(frozen=True, slots=True)
class ShownWork:
    """A kind of work about some customers: how much there is (None: more than is counted), and the most pressing of it."""

    label: str | Promise
    count: int | None
    lines: Sequence[tuple[str, str, Any]]


_kinds: Final[dict[str, OpenWork]] = {}


def register_open_work(kind: OpenWork) -> None:
    """Make a kind known."""
    _kinds[kind.key] = kind


def open_work(customers: QuerySet[Any, Any], giver: User, reader: User) -> list[ShownWork]:
    """What is under way about `customers`, a queryset of their keys, as `reader` may see it; three queries for each kind."""
    found = []
    for kind in sorted(_kinds.values(), key=lambda kind: (kind.order, kind.key)):
        if kind.module and not allowed(reader, kind.module):
            continue
        rows = kind.find(customers, giver)
        count = rows.order_by()[: COUNTED + 1].count()
        if count:
            shown = list(rows[:SHOWN])
            names = dict(Customer._base_manager.filter(pk__in=[row.about for row in shown]).values_list("pk", "name"))
            lines = [(names.get(row.about, "—"), *kind.show(row)) for row in shown]
            found.append(ShownWork(kind.label, count if count <= COUNTED else None, lines))
    return found


def _to_dos(customers: QuerySet[Any, Any], giver: User) -> QuerySet[Any]:
    rows = Task.objects.is_open().filter(subject_kind="customers.customer", subject_key__in=customers, assignee=giver)
    return rows.annotate(about=F("subject_key")).order_by("due_on", "pk")


def _jobs(customers: QuerySet[Any, Any], _giver: User) -> QuerySet[Any]:
    return Job.objects.filter(customer_key__in=customers).exclude(status__in=FINISHED).annotate(about=F("customer_key")).order_by("-pk")


def _proposals(customers: QuerySet[Any, Any], _giver: User) -> QuerySet[Any]:
    rows = LifecycleProposal.objects.filter(customer__in=customers, state=ProposalState.OPEN)
    return rows.annotate(about=F("customer")).select_related("rule").order_by("-pk")


def register_own_work() -> None:
    """Called once, when Django is ready."""
    register_open_work(
        OpenWork(key="tasks", label=_("Open to-dos"), module="", find=_to_dos, show=lambda row: (row.title, due_words(row)), order=10)
    )
    register_open_work(
        OpenWork(
            key="jobs",
            label=_("Jobs under way"),
            module="jobs",
            find=_jobs,
            show=lambda row: (str(row), row.get_status_display()),
            order=20,
        )
    )
    register_open_work(
        OpenWork(
            key="proposals",
            label=_("Proposed steps of the lifecycle"),
            module="customers",
            find=_proposals,
            show=lambda row: (row.rule.label, str(row)),
            order=50,
        )
    )
