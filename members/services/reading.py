"""Reading sources of numbers by this app's reader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from jobs.models import SourceFile
from jobs.services import reading
from jobs.services.reading import ReaderRun
from members.models import NumberSegment

_READER: Final = "members.reading.child"


def inspect_source(source: SourceFile) -> dict[str, Any]:
    """The layout of a source. Raises JobRefused with the reader's reason."""
    return reading.inspect_source(_READER, source)


@contextmanager
def read_rows(source: SourceFile, mapping: dict[str, int] | None) -> Iterator[ReaderRun]:
    """Read all rows below the headings in COPY text format; `mapping` (field to column from 0) replaces the guess.

    The answer stands when the block ends. Raises JobRefused as `jobs.services.reading.reading` does.
    """
    segments = list(NumberSegment.objects.values_list("prefix", flat=True))
    with reading.reading(_READER, source, {"task": "rows", "mapping": mapping or {}, "segments": segments}) as run:
        yield run
