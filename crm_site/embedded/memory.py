"""How much memory PostgreSQL may count on: the machine's, or the container's where that has less."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

MEGABYTE: Final = 1024 * 1024
LEAST: Final = 128
MOST: Final = 4096
"""The least and most buffers, in megabytes. Beyond, the operating system's own cache serves as well, and others live on the machine too."""

# Where Linux says what a container may take: of control groups in their second and in their first version.
LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory_size(limits: tuple[Path, ...] = LIMITS) -> int:
    """The memory in bytes; a gigabyte where the machine does not tell."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        size = 1024 * MEGABYTE
    for path in limits:
        try:
            size = min(size, int(path.read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return size


def memory_settings(size: int) -> dict[str, str]:
    """PostgreSQL's settings for `size` bytes: a quarter as its own buffers, half as what it may expect to find in a cache."""
    megabytes = size // MEGABYTE
    buffers = min(max(megabytes // 4, LEAST), MOST)
    return {"shared_buffers": f"{buffers}MB", "effective_cache_size": f"{max(megabytes // 2, 2 * LEAST)}MB"}
