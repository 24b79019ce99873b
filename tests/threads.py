"""Several things at once, each in a thread with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection

Answer = TypeVar("Answer")

SECONDS = 30.0
"""How long a test waits for anything before it counts as hanging."""


def _alone(function: Callable[[], Answer]) -> Answer:
    try:
        return function()
    finally:
        connection.close()


def together(*functions: Callable[[], Answer]) -> list[Answer]:
    """Run functions at the same moment and return their answers in order; the first error is raised."""
    start = threading.Barrier(len(functions))

    def begin(function: Callable[[], Answer]) -> Answer:
        start.wait(SECONDS)
        return _alone(function)

    with ThreadPoolExecutor(len(functions)) as pool:
        futures = [pool.submit(begin, function) for function in functions]
        return [future.result(SECONDS) for future in futures]


@contextmanager
def aside(function: Callable[[], Answer]) -> Iterator[Future[Answer]]:
    """Run a function while the block runs; it must have ended soon after."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(_alone, function)
        yield future
        future.result(SECONDS)


def soon(event: threading.Event) -> None:
    """Wait for an event that must come."""
    if not event.wait(SECONDS):
        raise AssertionError("this should have happened by now")
