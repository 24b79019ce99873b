"""The reader's process: `python -m customers.reading.child`, a request as JSON on standard input.

`inspect` answers with the layout and the first rows; `rows` writes every row below the headings to standard output as one JSON array a
line, `[line, cell, …]`, and then answers. See `common.reading.child`.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from common.reading.child import LaidOutSource, inspect, serve
from common.reading.layout import FindLayout
from customers.reading.headings import finder

_CELL_LIMIT: Final = 2_500
"""Characters; longer than any field may be, so that what is cut off is an error anyway."""


def main() -> int:
    """Answer the one request on standard input."""
    return serve({"inspect": lambda request: inspect(request, _finder(request)), "rows": _write_rows})


def _finder(request: dict[str, Any]) -> FindLayout:
    return finder(request["subject"], request["more"])


def _write_rows(request: dict[str, Any]) -> dict[str, Any]:
    laid_out = LaidOutSource(request, _finder(request))
    width = max([len(laid_out.layout.headings), *(column + 1 for column in laid_out.layout.mapping.values())])
    rows = 0
    for block in laid_out.blocks():
        rows += len(block)
        sys.stdout.writelines(_line(line, cells[:width]) for line, cells in block)
    sys.stdout.flush()
    return laid_out.described() | {"rows": rows}


def _line(line: int, cells: list[str]) -> str:
    return json.dumps([line, *(cell if len(cell) <= _CELL_LIMIT else cell[:_CELL_LIMIT] for cell in cells)]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
