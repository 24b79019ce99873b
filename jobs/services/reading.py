"""Run the reader's child process with its limits, and turn its refusals into messages."""

from __future__ import annotations

import json
import logging
import math
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from jobs.errors import JobRefused
from jobs.models import SourceFile

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise  # the stubs' name of a lazy text

_PIPE_BYTES: Final = 1 << 20  # so that the reader seldom waits for the database, nor the database for the reader
logger = logging.getLogger(__name__)

NOTES: Final[dict[str, _StrPromise]] = {
    "formulas": _("The sheet holds formulas. Their last saved results are read."),
    "formulas_without_values": _(
        "Some formulas have no saved result, and their cells count as empty. Open the file in a spreadsheet program and save it again."
    ),
    "merged_cells": _("The sheet has merged cells. Only the first cell of each holds its value; the others count as empty."),
    "several_sheets": _("The workbook has several sheets. Only the first visible one with content is read."),
}
"""What to tell people of a source that can be read, but perhaps not as they mean it."""


def notes_of(inspection: dict[str, Any] | None) -> list[str]:
    """The notes of an inspection as sentences in the current language."""
    return [str(NOTES[code]) for code in (inspection or {}).get("notes", []) if code in NOTES]


@dataclass(slots=True)
class ReaderRun:
    """A reader at work: `rows` is its output; `answer` is filled when the output has ended."""

    rows: IO[bytes]
    answer: dict[str, Any]


def inspect_source(reader: str, source: SourceFile, **details: Any) -> dict[str, Any]:
    """The layout of a source: headings, guessed mapping, first rows, number of rows, notes.

    Arguments:
        reader: the reader's module, such as `members.reading.child`.
        details: what that reader's request has beside what every one has.

    Raises JobRefused with the reader's reason.
    """
    with reading(reader, source, {"task": "inspect", **details}) as run:
        run.rows.read()
    return run.answer


@contextmanager
def reading(reader: str, source: SourceFile, task: dict[str, Any]) -> Iterator[ReaderRun]:
    """Let the module `reader` do `task` with a source, beside its limits. The answer stands when the block ends.

    Raises JobRefused when the block ends and the reader has refused, was stopped by a limit, or crashed; nothing it wrote may be kept then.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", reader],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pipesize=_PIPE_BYTES,
        env={"PYTHONUTF8": "1"},  # nothing of our own environment, which holds secrets
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
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
        try:
            yield run
        except Exception as error:
            # A reader that is stopped amid a line makes COPY fail on the half line: its own reason is the one to tell.
            if _has_ended(process):
                listener.join()
                _answer(process.returncode, b"".join(said), error)
            raise
        process.stdout.close()
        code = process.wait()
        listener.join()
        run.answer.update(_answer(code, b"".join(said)))
    finally:
        deadline.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has ended by itself, or is just about to. One that still writes rows is held up by the full pipe and stays."""
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return False
    return True


def _request(source: SourceFile) -> dict[str, Any]:
    return {
        "path": str(Path(source.stored.path)),
        "format": source.format,
        "memory_bytes": settings.BATCH_READER_MEMORY_BYTES,
        "seconds": math.ceil(settings.BATCH_READER_SECONDS),
        "unpacked_bytes": settings.BATCH_MAX_UNPACKED_BYTES,
        "max_rows": settings.BATCH_MAX_ROWS,
        "max_columns": settings.BATCH_MAX_COLUMNS,
    }


def _answer(code: int, said: bytes, cause: Exception | None = None) -> dict[str, Any]:
    """What the reader answered.

    Raises JobRefused (from `cause`) when it refused the source, was stopped by a limit or crashed.
    """
    try:
        answer = json.loads(said.decode(errors="replace").rpartition("\n")[2] or "{}")
    except ValueError:
        answer = {}
    if "ok" in answer:
        return dict(answer["ok"])
    if "refused" in answer:
        raise JobRefused(answer["refused"], **answer["figures"]) from cause
    logger.warning("the reader ended with %s: %s", code, said[-2_000:].decode(errors="replace").strip())
    raise JobRefused("source_too_demanding" if code < 0 else "not_a_spreadsheet") from cause
