"""Fields of resources whose values the access policy masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from access.reveals import masked_text
from common.api.fields import Fetched


class MaskedField(Fetched, serializers.CharField):
    """A sensitive value: read masked, whoever asks (`reveal/` shows it in full and enters that into the audit); written in full.

    The mask sent back leaves the value as it is.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True, "help_text": "Read masked; write it in full.", **kwargs})

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:  # noqa: ARG002  # masked for everybody
        """The masks."""
        return {row.pk: masked_text(row, str(self.field_name)) for row in rows}
