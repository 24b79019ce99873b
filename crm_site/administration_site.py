"""The site of the administration."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite


class AdministrationSite(UnfoldAdminSite):  # type: ignore[misc]  # the package has no types
    """unfold's site, whose colours come from a stylesheet: the `<style>` that it would write needs `unsafe-inline`."""

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page gets."""
        return {**super().each_context(request), "colors": {}}
