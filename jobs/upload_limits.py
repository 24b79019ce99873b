"""What a source may need, as the pages tell it beforehand."""

from __future__ import annotations

from django.conf import settings
from django.template.defaultfilters import filesizeformat


class _UploadLimits:
    """Read when shown, so that a changed setting counts at once."""

    @property
    def bytes(self) -> int:
        """The most bytes of a file."""
        size: int = settings.UPLOAD_MAX_BYTES
        return size

    @property
    def size(self) -> str:
        """The largest file for people."""
        return filesizeformat(self.bytes)

    @property
    def rows(self) -> int:
        """The most rows of a source."""
        rows: int = settings.BATCH_MAX_ROWS
        return rows

    @property
    def text(self) -> str:
        """The longest pasted text for people."""
        return filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


UPLOAD_LIMITS = _UploadLimits()
