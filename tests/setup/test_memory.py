"""The embedded PostgreSQL takes a share of the memory that there is, on a small machine, in a container, and on a large one."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_site.embedded.memory import MEGABYTE, memory_settings, memory_size

GIGABYTE = 1024 * MEGABYTE


@pytest.mark.parametrize(
    ("size", "buffers", "cache"),
    [
        (GIGABYTE // 4, "128MB", "256MB"),
        (GIGABYTE, "256MB", "512MB"),
        (8 * GIGABYTE, "2048MB", "4096MB"),
        (64 * GIGABYTE, "4096MB", "32768MB"),
    ],
)
def test_a_share_of_the_memory(size: int, buffers: str, cache: str) -> None:
    assert memory_settings(size) == {"shared_buffers": buffers, "effective_cache_size": cache}


def test_a_containers_limit_counts_where_it_is_lower(tmp_path: Path) -> None:
    limit, none, absent = tmp_path / "limit", tmp_path / "none", tmp_path / "absent"
    limit.write_text(f"{300 * MEGABYTE}\n")
    none.write_text("max\n")
    assert memory_size((absent, none)) > 300 * MEGABYTE
    assert memory_size((absent, none, limit)) == 300 * MEGABYTE
