"""The sections of a customer's file, and who makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise

from access.models import User
from common.documents import Part
from customers.models import Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierSection:
    """A section.

    Attributes:
        key, title: its name in the program and for people.
        module: the module in which a person must be allowed to export what hangs from the customer.
        read: the parts, of rows that the person may export, masked as for everybody; nothing leaves the section out.
    """

    key: str
    title: str | Promise
    module: str
    read: Callable[[Customer, User], Sequence[Part]]
    order: int = 100


_sections: Final[dict[str, DossierSection]] = {}


def register_section(section: DossierSection) -> None:
    """Let `section` stand in customers' files; called from an app's `AppConfig.ready`."""
    _sections[section.key] = section


def sections() -> list[DossierSection]:
    """All sections, in order."""
    return sorted(_sections.values(), key=lambda section: (section.order, section.key))
