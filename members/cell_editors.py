"""Which cells of the lists of numbers are edited where they stand, by the form and the service of a number's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from common.lists.cell_editing import CellEditor
from members.forms import MemberForm
from members.services.members import change_member, why_kept


class MemberCells(CellEditor):
    """Of numbers. What is kept of those that have left stays as it was."""

    fields: ClassVar[Mapping[str, str]] = {name: name for name in ("holder_name", "department", "short_number", "employee_no", "pay_mode")}

    def closed_text(self, row: Any) -> str:
        """Whether the number has left."""
        return why_kept(row)

    def form(self, row: Any, data: Any = None) -> MemberForm:
        """The form of the number's page."""
        return MemberForm(data, instance=row, actor=self.user)

    def save(self, row: Any, given: Mapping[str, Any], seen: str) -> None:
        """By the service of that page."""
        change_member(member_id=row.pk, values=given, seen=seen, actor=self.user)
