"""Grants of one record: what was shared with a user, alone or through a group.

The records that are shared are customers, an app above this one; it hands over how they are read by `read_with` in `AppConfig.ready`.

A grant opens the customer and all that hangs from it:

* a grant to view opens viewing; a grant to change opens viewing, adding and changing. Deleting, approving, exporting and revealing masked
  data are never shared, nor is sharing itself.
* it never gives what a person's roles lack: outside the module of the record itself an action counts only where some role of the person
  allows that action in that module, for whatever rows. Viewing the shared record takes no role: whoever has nothing else reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from access.models import Action

if TYPE_CHECKING:
    from access.models import User

MODULE: Final = "customers"
"""The module of the shared records: viewing them there takes no role."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The customers shared with a user, by their ids.

    Attributes:
        to_view: those to look at only.
        to_change: those to work with.
    """

    to_view: frozenset[int] = frozenset()
    to_change: frozenset[int] = frozenset()

    def for_action(self, action: str) -> frozenset[int]:
        """The ids of the customers that the grants open for `action`."""
        match action:
            case Action.VIEW:
                return self.to_view | self.to_change
            case Action.ADD | Action.CHANGE:
                return self.to_change
        return frozenset()


GrantReader: TypeAlias = "Callable[[User], Granted]"

_readers: list[GrantReader] = []


def read_with(reader: GrantReader) -> None:
    """Let `reader(user)` say from now on what was shared with a user; it takes one query."""
    _readers[:] = [reader]


def granted_to(user: User) -> Granted:
    """What was shared with `user`; read anew at each call."""
    return _readers[0](user) if _readers else Granted()
