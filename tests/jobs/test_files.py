"""Sources as they are kept."""

import io
import stat
from pathlib import Path

import pytest
from pytest_django import Settings

from jobs.services.files import keep_source

pytestmark = pytest.mark.django_db


def test_nobody_else_on_the_machine_reads_a_source(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    kept = Path(keep_source(io.BytesIO(b"13912340001\n"), "csv").stored.path)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
