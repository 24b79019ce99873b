"""Figures of customers that add up along the hierarchy: every app registers its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from django.utils.formats import number_format
from django.utils.functional import Promise

from access.models import User
from access.scope import allowed

Amount: TypeAlias = int | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RollUp:
    """A figure.

    Attributes:
        key, label: its name in the program and for people.
        module: whose permission opens it.
        read: takes the keys of customers and who reads; returns the figure of each customer that has one, of rows in the reader's reach.
            It takes one statement over all of them, and at most a fixed number of small ones besides.
        is_money: whether it is in CNY.
    """

    key: str
    label: str | Promise
    module: str
    read: Callable[[Collection[int], User], Mapping[int, Amount]]
    is_money: bool = False
    order: int = 100

    def words(self, amount: Amount) -> str:
        """The figure as people read it."""
        text = number_format(round(amount), force_grouping=True)
        return f"¥{text}" if self.is_money else text


_figures: Final[dict[str, RollUp]] = {}


def register_roll_up(figure: RollUp) -> None:
    """Show `figure` in the hierarchy; called from an app's `AppConfig.ready`."""
    _figures[figure.key] = figure


def roll_ups_for(user: User, action: str) -> list[RollUp]:
    """The figures that the roles of `user` open for `action`, in order."""
    found = [figure for figure in _figures.values() if allowed(user, figure.module, action)]
    return sorted(found, key=lambda figure: (figure.order, figure.key))
