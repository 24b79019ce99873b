"""What can be done to many entries of the catalogue at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.lists.bulk import EditableField, FieldEdit, Given, Obstacle
from products.querysets import may_keep_catalogue


class _EditCatalogue(FieldEdit):
    """Give many entries the same value of a field; for those who keep the catalogue."""

    label = _("Edit")

    def is_open(self) -> bool:
        """Changing offers of the own customers is not enough."""
        return may_keep_catalogue(self.user)


class EditProducts(_EditCatalogue):
    """Of products."""

    fields: ClassVar[Sequence[str | EditableField]] = ("available_from", "retired_on", "min_members", "description")

    def obstacles(self, given: Given) -> Sequence[Obstacle]:
        """A product retires after the day from which it is available."""
        conflicts = {"available_from": Q(retired_on__lte=given["value"]), "retired_on": Q(available_from__gte=given["value"])}
        own = conflicts.get(given["field"]) if given["value"] is not None else None
        reason = _("Would retire before it is available")
        return [*super().obstacles(given), *([Obstacle(reason, own)] if own is not None else [])]


class EditDiscounts(_EditCatalogue):
    """Of discounts."""

    fields: ClassVar[Sequence[str | EditableField]] = ("retired_on",)
