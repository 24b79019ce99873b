"""Forms that warn, while somebody types, of rows that may be the one that is being entered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

if TYPE_CHECKING:
    from customers.duplicates import Alike

SEEN = "alike_seen"


class WarnsOfAlike(forms.BaseForm):
    """A form with a place for the warning, below the last of the fields that it follows.

    Attributes:
        alike_fields: the fields that are sent to `alike_url` while one types; the warning stands below the last of them.
        alike: what was found when the form was saved.
    """

    alike_fields: ClassVar[tuple[str, ...]] = ()
    alike_url = ""
    alike: Sequence[Alike] = ()

    def has_seen(self, found: Sequence[Alike]) -> bool:
        """Keep what was found; whether the person has been shown all of it, and saves nevertheless."""
        data: Any = self.data
        unseen = {one.key for one in found} - set(data.getlist(SEEN))
        self.alike = found if unseen else ()
        return not unseen

    @property
    def alike_after(self) -> str:
        """The field below which the warning stands."""
        return self.alike_fields[-1]

    @property
    def alike_names(self) -> str:
        """The fields that are sent, as htmx writes them."""
        return ",".join(self.alike_fields)

    @property
    def alike_trigger(self) -> str:
        """When they are sent, as htmx writes it: a moment after one of them was typed in."""
        return ", ".join(f"input changed delay:300ms from:#{self[name].id_for_label}" for name in self.alike_fields if name in self.fields)
