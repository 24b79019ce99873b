"""Numbers pasted into the page become a source like any other."""

from __future__ import annotations

import io
import re
from typing import Final

from access.models import User
from jobs.models import SourceFile
from jobs.services.files import keep_source
from members.reading.normalise import normalise_number

_LISTED: Final = re.compile(r"[,;，；、]+")
_BETWEEN: Final = re.compile(r"[,;，；、\s]+")


def pasted_source(text: str, *, uploader: User | None = None) -> SourceFile:
    """Keep pasted text as a CSV source: cells as a spreadsheet copies them, or numbers one a line or many in a line.

    It counts for `uploader`, if any. Raises JobRefused as `keep_source` does.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip("\n").split("\n")
    kept = [number for line in lines for number in _numbers_of(line)]
    content = "\n".join(kept).strip()
    return keep_source(io.BytesIO(f"{content}\n".encode() if content else b""), "csv", uploader=uploader)


def _numbers_of(line: str) -> list[str]:
    """The numbers of a line that holds nothing but several numbers; else the line as it is."""
    for separator in (_LISTED, _BETWEEN):  # a number may hold blanks of its own, so commas are tried first
        parts = [part for part in separator.split(line) if part.strip()]
        if len(parts) > 1 and all(normalise_number(part)[0] for part in parts):
            return parts
    return [line]
