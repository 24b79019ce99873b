"""How static files are collected and named: hashed and compressed, so that browsers keep them for ever."""
# ruff: noqa: ARG002  (the signatures are Django's)

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.files.storage import FileSystemStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# What packages carry for build tools, for other writing directions and for pages that the product does not have.
UNUSED = (
    *("*.scss", "*.ts", "*.md", "*.html", "*.map", "package.json", "LICENSE", "metadata.json", "unicode.json"),
    *("*.rtl.*", "*.esm.*", "*.amd.*", "*.cjs.*", "esm", "cjs", "scss", "types"),
    *("tabler-flags*", "tabler-payments*", "tabler-socials*", "tabler-marketing*", "tabler-props*", "flags", "payments", "social"),
    *("tabler-icons-200*", "tabler-icons-300*", "tabler-icons-outline*"),
)


class SiteStaticFilesConfig(StaticFilesConfig):
    """Django's static files without those that no page asks for."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, *UNUSED]


# The apps whose own modules import each other; third-party bundles hold texts that only look like imports.
OWN_MODULES = tuple(f"{app}/*.js" for app in ("common", "access", "jobs", "workflow", "customers", "products", "members"))


def _patterns() -> tuple[Any, ...]:
    """Return which texts in which files are rewritten to hashed names: addresses in CSS, imports in our own modules.

    `sourceMappingURL` comments are left alone: a source map is for developers, and not every package ships those its comments name.
    """
    kept = tuple(
        (files, tuple(rule for rule in rules if "sourceMappingURL" not in str(rule))) for files, rules in HashedFilesMixin.patterns
    )
    _, import_rules = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]  # unknown to the stubs
    return (*kept, *((files, import_rules) for files in OWN_MODULES))


class HashedImports:
    """Which references are hashed; beside one of Django's manifest storages."""

    patterns = _patterns()


class ManifestStorage(HashedImports, CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Hashed names, also for our modules that import each other."""


class _OneFile(FileSystemStorage):
    """A folder of which one file goes by another name."""

    def __init__(self, name: str, file: Path) -> None:
        super().__init__(location=file.parent)
        self.name, self.file = name, file

    def path(self, name: str) -> str:
        """Where the file lies."""
        return str(self.file) if name == self.name else super().path(name)


class StrictAlpineFinder(BaseFinder):
    """Puts Alpine's build for strict policies where the administration's package has the one that needs `unsafe-eval`."""

    NAME: Final = "unfold/js/alpine/alpine.js"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.file = settings.BASE_DIR / "node_modules" / "@alpinejs" / "csp" / "dist" / "cdn.min.js"

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing: a missing package is told by the set-up."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file, when it is the one."""
        found = str(self.file)
        if path != self.NAME:
            return []
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """The one file."""
        yield self.NAME, _OneFile(self.NAME, self.file)
