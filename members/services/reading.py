"""Run the reader's child process with its limits, and turn its refusals into messages."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from jobs.errors import JobRefused
from jobs.models import SourceFile
from members.models import NumberSegment


@dataclass(slots=True)
class ReaderRun:
    """A reader at work: `rows` is its output in COPY text format; `answer` is filled when the output has ended."""

    rows: IO[bytes]
    answer: dict[str, Any]


def inspect_source(source: SourceFile) -> dict[str, Any]:
    """The layout of a source: headings, guessed mapping, first rows, number of rows, notes.

    Raises JobRefused with the reader's reason.
    """
    with _reader(source, {"task": "inspect"}) as run:
        run.rows.read()
    return run.answer


@contextmanager
def read_rows(source: SourceFile, mapping: dict[str, int] | None) -> Iterator[ReaderRun]:
    """Read all rows below the headings; `mapping` (field to column from 0) replaces the guess. The answer stands when the block ends.

    Raises JobRefused when the block ends and the reader has refused, was stopped by a limit, or crashed; nothing it wrote may be kept then.
    """
    segments = list(NumberSegment.objects.values_list("prefix", flat=True))
    with _reader(source, {"task": "rows", "mapping": mapping or {}, "segments": segments}) as run:
        yield run


@contextmanager
def _reader(source: SourceFile, task: dict[str, Any]) -> Iterator[ReaderRun]:
    process = subprocess.Popen(
        [sys.executable, "-m", "members.reading.child"],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},  # nothing of our own environment, which holds secrets
    )
    assert process.stdin and process.stdout and process.stderr
    deadline = threading.Timer(settings.BATCH_READER_SECONDS, process.kill)
    deadline.daemon = True
    deadline.start()
    said: list[bytes] = []
    listener = threading.Thread(target=lambda pipe: said.append(pipe.read()), args=(process.stderr,), daemon=True)
    listener.start()
    run = ReaderRun(process.stdout, {})
    try:
        process.stdin.write(json.dumps(_request(source) | task).encode())
        process.stdin.close()
        yield run
        process.stdout.close()
        code = process.wait()
        listener.join()
        run.answer.update(_answer(code, said[0] if said else b""))
    finally:
        deadline.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()


def _request(source: SourceFile) -> dict[str, Any]:
    return {
        "path": str(Path(source.stored.path)),
        "format": source.format,
        "memory_bytes": settings.BATCH_READER_MEMORY_BYTES,
        "seconds": settings.BATCH_READER_SECONDS,
        "unpacked_bytes": settings.BATCH_MAX_UNPACKED_BYTES,
        "max_rows": settings.BATCH_MAX_ROWS,
        "max_columns": settings.BATCH_MAX_COLUMNS,
    }


def _answer(code: int, said: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(said.decode().rpartition("\n")[2] or "{}")
    except ValueError:
        answer = {}
    if "ok" in answer:
        return dict(answer["ok"])
    if "refused" in answer:
        raise JobRefused(answer["refused"], **answer["figures"])
    raise JobRefused("source_too_demanding" if code < 0 else "not_a_spreadsheet", limit=settings.BATCH_READER_MEMORY_BYTES)
