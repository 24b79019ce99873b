"""What the resources of this app have in common."""

from __future__ import annotations

from typing import Any

from common.api.editing import EditableResource


class WrittenByForm(EditableResource):
    """Rows whose form hands itself to its service; it carries the version that was seen."""

    def make(self, form: Any) -> Any:
        """By the form."""
        return form.write()

    def save(self, row: Any, form: Any, seen: str) -> None:  # noqa: ARG002  # the form holds both
        """By the form."""
        form.write()
