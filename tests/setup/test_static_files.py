"""Static files as production serves them: under hashed names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command
from pytest_django import Settings

from crm_site.embedded.provide import BASE_DIR
from crm_site.static_files import HashedImports, ManifestStorage


class Uncompressed(HashedImports, ManifestStaticFilesStorage):  # type: ignore[misc]  # so it is in Django's stubs
    """What production uses, without the half minute that compression takes."""


def test_every_file_that_a_page_names_is_collected_under_a_hashed_name(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": f"{__name__}.Uncompressed"}}
    call_command("collectstatic", interactive=False, verbosity=0)

    storage = Uncompressed(location=str(tmp_path))
    named = {name for path in _templates() for name in re.findall(r"{% static ['\"]([^'\"{]+)['\"]", path.read_text(encoding="utf-8"))}
    assert "tabler/css/tabler.min.css" in named
    missing = [name for name in sorted(named) if name not in storage.hashed_files]
    assert missing == []

    app = (tmp_path / storage.hashed_files["common/app.js"]).read_text(encoding="utf-8")
    imported = re.findall(r"import\s*[\"']\./([\w.-]+)[\"']", app)
    assert imported
    assert all((tmp_path / "common" / name).exists() and re.search(r"\.[0-9a-f]{12}\.js$", name) for name in imported)


def _templates() -> list[Path]:
    return [
        path
        for folder in ("templates", "common", "access", "customers", "jobs", "members", "products")
        for path in (BASE_DIR / folder).rglob("*.html")
    ]


@pytest.mark.parametrize("storage", [ManifestStorage, Uncompressed])
def test_missing_source_maps_are_no_error(storage: type[HashedImports]) -> None:
    assert "sourceMappingURL" not in str(storage.patterns)
