"""The answer to the button beside a masked value."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from access.requests import signed_in
from access.reveals import reveal_values
from common.htmx import is_by_htmx


@never_cache
@require_POST
def reveal(request: HttpRequest) -> HttpResponse:
    """Show the values named by the parameters `value` in full: in their places by htmx, else on a page of their own.

    Raises Http404 when none of them is the user's to see: missing, hidden and masked for good look alike.
    """
    revealed = reveal_values(signed_in(request), request.POST.getlist("value"), request)
    if not revealed:
        raise Http404
    if is_by_htmx(request):
        return render(request, "access/partials/_revealed.html", {"revealed": revealed})
    asked = request.POST.get("next", "")
    back = asked if url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()) else ""
    return render(request, "access/revealed.html", {"revealed": revealed, "back": back})
