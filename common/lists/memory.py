"""What is remembered of a list for a person: its layout, and the saved views. Who keeps it registers itself; without, nothing is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from common.lists.layout import Layout


@dataclass(frozen=True, slots=True)
class KeptView:
    """A saved view that the reader may open.

    Attributes:
        key: its id, the parameter `view` of its address.
        label: its name.
        parameters: the parameters that make the list what it is.
        is_own: it is the reader's; else a colleague shared it.
        owner: who saved it.
        shared_with: the unit it is shared with; empty: it is not.
    """

    key: int
    label: str
    parameters: Mapping[str, Sequence[str]]
    is_own: bool
    owner: str
    shared_with: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """All of it; `default_view` is the saved view that opens first."""

    layout: Layout = field(default_factory=Layout)
    default_view: int | None = None
    views: tuple[KeptView, ...] = ()


class Memory(Protocol):
    """Who remembers."""

    def __call__(self, user: Any, list_name: str, *, with_views: bool) -> Remembered:
        """What is remembered of list `list_name` for `user`."""


def _nothing(user: Any, list_name: str, *, with_views: bool) -> Remembered:  # noqa: ARG001
    return Remembered()


_memory: Memory = _nothing


def remember_by(memory: Memory) -> None:
    """Name who remembers."""
    global _memory
    _memory = memory


def recall(user: Any, list_name: str, *, with_views: bool) -> Remembered:
    """What is remembered of list `list_name` for `user`; the saved views only where they are asked for."""
    return _memory(user, list_name, with_views=with_views)
