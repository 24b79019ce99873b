"""Timing, and the form of a figure."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes, in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def figure(
    name: str, value: float, unit: str, *, size: int, goal: float | None = None, at_most: bool = True, **more: Any
) -> dict[str, Any]:
    """One line of the output: with a goal, whether it is met (a value at most, or at least, the goal)."""
    line: dict[str, Any] = {"figure": name, "value": round(value, 2), "unit": unit}
    if goal is not None:
        line |= {"goal": goal, "met": value <= goal if at_most else value >= goal}
    return line | {"size": size} | more
