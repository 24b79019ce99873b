"""The site of the administration."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.core.exceptions import BadRequest
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_http_methods
from unfold.sites import UnfoldAdminSite

METHODS: Final = ["GET", "HEAD", "POST"]


def _without_nul(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """`view` for addresses that the database can read: it takes no text with a NUL, and Django's filters and keys let one through."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        texts = (request.path, *(text for values in request.GET.lists() for text in (values[0], *values[1])))
        if any("\x00" in text for text in texts):
            raise BadRequest
        return view(request, *args, **kwargs)

    return checked


class AdministrationSite(UnfoldAdminSite):  # type: ignore[misc]  # the package has no types
    """unfold's site, whose colours come from a stylesheet: the `<style>` that it would write needs `unsafe-inline`."""

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page gets."""
        return {**super().each_context(request), "colors": {}}

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Pages are asked and forms posted; Django would show a page for any other method too."""
        page: Callable[..., HttpResponse] = super().admin_view(_without_nul(view), cacheable)
        return require_http_methods(METHODS)(page)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Find pages by their title. Raises Http404 for a page of results that does not exist, which unfold would not catch."""
        text = request.GET.get("page", "1")
        if not (text.isdecimal() and len(text) <= 9):
            raise Http404
        try:
            found: HttpResponse = super().search(request, extra_context)
        except InvalidPage as error:
            raise Http404 from error
        return found

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Also the page of schedules; but not the way from any row of any table to its page, which asks no policy."""
        from crm_site.schedules import schedule_page

        pages: list[URLPattern | URLResolver] = super().get_urls()
        kept = [page for page in pages if getattr(page, "name", None) != "view_on_site"]
        return [path("schedules/", self.admin_view(schedule_page), name="schedules"), *kept]
