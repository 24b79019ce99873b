"""How static files are collected and named: hashed and compressed, so that browsers keep them for ever."""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.storage import HashedFilesMixin
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
OWN_MODULES = tuple(f"{app}/*.js" for app in ("common", "access", "jobs", "customers", "products", "members"))


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
