"""What every reader's process does: limits of its own, one request as JSON on standard input, one answer.

It parses what strangers upload, so it runs apart, with limits on memory and processor time, and without a database. Rows go to standard
output; the answer is one JSON object, the last line on standard error: `{"ok": …}` or `{"refused": code, "figures": {…}}`.
A reader of an app is a module that calls `serve`; `jobs.services.reading` starts it.
"""

from __future__ import annotations

import gc
import itertools
import json
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TypeAlias

from common.reading.layout import HEADER_SEARCH_ROWS, FindLayout, Layout
from common.reading.sources import Limits, OpenSource, Row, SourceRefused, open_source

SAMPLE_ROWS: Final = 8
_SAMPLE_LENGTH: Final = 200
_BLOCK_ROWS: Final = 1_000

Request: TypeAlias = dict[str, Any]
Answer: TypeAlias = dict[str, Any]
Task: TypeAlias = Callable[[Request], Answer]


def serve(tasks: Mapping[str, Task]) -> int:
    """Answer the one request on standard input by the task that it names.

    Exit code 0 when answered, refusals included; anything else is a crash.
    """
    request = json.load(sys.stdin)
    _limit_resources(request["memory_bytes"], request["seconds"])
    gc.disable()  # millions of short lists and no cycles among them: the collector would find nothing, over and over
    try:
        answer: Answer = {"ok": tasks[request["task"]](request)}
    except SourceRefused as refusal:
        answer = {"refused": refusal.code, "figures": refusal.figures}
    except MemoryError:
        answer = {"refused": "source_too_demanding", "figures": {}}
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what a defect of the parser, which is written in Rust, looks like here
            raise
        answer = {"refused": "not_a_spreadsheet", "figures": {}}
    sys.stderr.write("\n" + json.dumps(answer))
    return 0


def _limit_resources(memory_bytes: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class LaidOutSource:
    """An open source with its first rows drawn, and how it is laid out."""

    def __init__(self, request: Request, find_layout: FindLayout) -> None:
        """Open what `request` names; its `mapping`, if any, replaces the guess of `find_layout`. Raises SourceRefused."""
        limits = Limits(request["unpacked_bytes"], request["max_columns"])
        self.source: OpenSource = open_source(Path(request["path"]), request["format"], limits)
        self.most_rows: int = request["max_rows"]
        self._head: list[Row] = list(itertools.islice(self.source.rows, HEADER_SEARCH_ROWS + SAMPLE_ROWS))
        if not self._head:
            raise SourceRefused("empty_file")
        self.layout: Layout = find_layout(self._head)
        if request.get("mapping"):
            self.layout.mapping = request["mapping"]
            self._check_columns()

    def _check_columns(self) -> None:
        width = max(len(self.layout.headings), *(len(cells) for _, cells in self._head))
        for column in self.layout.mapping.values():
            if not 0 <= column < width:
                raise SourceRefused("no_such_column", column=column + 1, columns=width)

    def body(self) -> Iterator[Row]:
        """The rows below the headings, to be drawn once."""
        return itertools.chain([row for row in self._head if row[0] > self.layout.header_line], self.source.rows)

    def blocks(self) -> Iterator[list[Row]]:
        """The rows below the headings, a thousand at a time. Raises SourceRefused where there are none, or too many."""
        rows, count = self.body(), 0
        while block := list(itertools.islice(rows, _BLOCK_ROWS)):
            count += len(block)
            yield block
            self.ensure_few(count)
        if not count:
            raise SourceRefused("only_headings")

    def ensure_few(self, rows: int) -> None:
        """Raise SourceRefused when `rows` are more than are taken."""
        if rows > self.most_rows:
            raise SourceRefused("too_many_rows", limit=self.most_rows)

    def described(self) -> Answer:
        """The layout, the encoding, the sheet and notes of what its cells do not tell."""
        return asdict(self.layout) | {"encoding": self.source.encoding, "sheet": _shown(self.source.sheet), "notes": self.source.notes}


def inspect(request: Request, find_layout: FindLayout) -> Answer:
    """The task `inspect`: the layout, the first rows and how many there are. Raises SourceRefused."""
    laid_out = LaidOutSource(request, find_layout)
    body = laid_out.body()
    sample = list(itertools.islice(body, SAMPLE_ROWS))
    if not sample:
        raise SourceRefused("only_headings")
    rows = len(sample) + sum(1 for _ in itertools.islice(body, request["max_rows"]))
    laid_out.ensure_few(rows)
    return laid_out.described() | {"sample": [[line, *map(_shown, cells)] for line, cells in sample], "rows": rows}


def _shown(cell: str) -> str:
    """A cell for the first look: of bounded length, and without the character that PostgreSQL cannot hold."""
    return cell[:_SAMPLE_LENGTH].replace("\0", "\ufffd")
