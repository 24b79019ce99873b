"""The site of the administration."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path
from unfold.sites import UnfoldAdminSite


class AdministrationSite(UnfoldAdminSite):  # type: ignore[misc]  # the package has no types
    """unfold's site, whose colours come from a stylesheet: the `<style>` that it would write needs `unsafe-inline`."""

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page gets."""
        return {**super().each_context(request), "colors": {}}

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Besides the pages of models, the page of schedules."""
        from crm_site.schedules import schedule_page

        pages: list[URLPattern | URLResolver] = super().get_urls()
        return [path("schedules/", self.admin_view(schedule_page), name="schedules"), *pages]
