"""Filters by where a row hangs in the organisation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from access.models import OrgUnit
from access.placing import PLACES
from common.lists import TreeChoicesFilter
from common.lists.operators import Operator


class UnitFilter(TreeChoicesFilter):
    """The org unit of a row that carries the places above it (`access.placing`), with all units below: one comparison each, by an index.

    `field_name` is the column with the unit's own key: `org_unit`, or `unit_key` of a row that hangs from a customer.
    """

    def offered(self) -> list[Operator]:
        """Every row hangs somewhere, so whether it does is no question."""
        return list(self.operators)

    def is_below(self, chosen: Sequence[OrgUnit]) -> Q:
        """Whether the row hangs from one of `chosen` or below; units deeper than there are columns are few, and found by their keys."""
        return reduce(or_, (self._is_below(unit) for unit in chosen))

    def _is_below(self, unit: OrgUnit) -> Q:
        depth = self.depth_of(unit)
        if depth < len(PLACES):
            return Q(**{PLACES[depth]: unit.pk})
        return Q(**{f"{self.field_name}__in": list(OrgUnit.objects.filter(path__startswith=unit.path).values_list("pk", flat=True))})

    def depth_of(self, row: Any) -> int:
        """How many units stand above."""
        return int(row.path.count("/")) - 1
