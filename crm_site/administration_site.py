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
        """Also the page of schedules; but not the way from any row of any table to its page, which asks no policy."""
        from crm_site.schedules import schedule_page

        pages: list[URLPattern | URLResolver] = super().get_urls()
        kept = [page for page in pages if getattr(page, "name", None) != "view_on_site"]
        return [path("schedules/", self.admin_view(schedule_page), name="schedules"), *kept]
