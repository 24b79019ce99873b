"""Figures of portfolios that are too dear to count when a page is opened: how many customers and members each person looks after.

Upper apps register how a figure is counted for everybody at once; a scheduled task counts them, and the home page reads what was counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from access.choices import staff_in_reach
from access.models import Action, User
from access.scope import scope_of
from workflow import bulk
from workflow.models import Figure


@dataclass(frozen=True, slots=True)
class FigureKind:
    """A figure: `count()` is a queryset of (user's key, value) for everybody who has any."""

    code: str
    count: Callable[[], Any]


_kinds: Final[dict[str, FigureKind]] = {}


def register_figure(code: str, count: Callable[[], Any]) -> None:
    """Let a figure be counted; called in `AppConfig.ready`."""
    _kinds[code] = FigureKind(code, count)


def count_figures() -> int:
    """Count every figure anew, each by one statement; how many rows were written."""
    written = 0
    for kind in _kinds.values():
        with transaction.atomic():
            written += bulk.replace_figures(kind.code, kind.count(), timezone.now())
    return written


def reaches_units(user: User, module: str) -> bool:
    """Whether a role opens to `user` the rows of whole units in `module`: too many to count when a page is opened."""
    reach = scope_of(user).reach(module, Action.VIEW)
    return reach.everything or bool(reach.unit_ids)


def sums_in_reach(user: User, module: str, codes: Sequence[str]) -> dict[str, int]:
    """The figures of everybody whose rows in `module` `user` reaches, added up; one query. What was not counted yet is missing."""
    figures = Figure.objects.filter(code__in=codes)
    if not scope_of(user).reach(module, Action.VIEW).everything:
        figures = figures.filter(user__in=staff_in_reach(user, module).order_by().values("pk"))
    return dict(figures.order_by().values_list("code").annotate(Sum("value")))


def figures_of(users: Iterable[int], codes: Iterable[str]) -> dict[int, dict[str, int]]:
    """What was counted for `users`, by user and code; one query."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Figure.objects.filter(user__any_of=list(users), code__in=list(codes))
    for user, code, value in rows.values_list("user", "code", "value"):
        found[user][code] = value
    return found
