"""Reading workbooks: how fast, and with how much memory."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.clock import figure, median, seconds
from bench.sample import write_xlsx
from jobs.services.files import keep_source
from members.services.reading import read_rows

ROUNDS = 3


def measure_reading(*, full: bool) -> Iterator[dict[str, Any]]:
    """Read a workbook in the reader's process: rows a second, and the most memory that any of our processes held."""
    size = 1_000_000 if full else 100_000
    with TemporaryDirectory(prefix="crm-bench-") as name:
        path = Path(name) / "members.xlsx"
        write_xlsx(path, size, seed=1)
        with path.open("rb") as stream:
            source = keep_source(stream, "xlsx")

    def read() -> None:
        with read_rows(source, None) as run:
            while run.rows.read(1 << 20):
                pass
        assert run.answer["rows"] == size

    taken = [seconds(read) for _ in range(ROUNDS)]
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)) / 1024
    yield figure("xlsx_rows_per_second", size / median(taken), "rows/s", size=size)
    yield figure("xlsx_peak_mb", peak, "MB", size=size, goal=None if full else 400)
