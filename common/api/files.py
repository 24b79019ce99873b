"""Files that the API answers with."""

from __future__ import annotations

from typing import Any

from rest_framework.renderers import BaseRenderer


class FileRenderer(BaseRenderer):
    """Stands for a file in the negotiation of types; the view writes the file itself. A subclass names `media_type` and `format`."""

    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:  # noqa: ARG002
        """Never asked: errors are JSON."""
        return data
