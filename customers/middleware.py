"""What this app does with answers of all apps."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from common.middleware import GetResponse
from customers.services.merging import merged_into

_PAGES: Final = "customers/<int:pk>/"


class MergedCustomerMiddleware:
    """Leads from the pages of a customer that was merged, whichever app shows them, to the customer into which it went."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing, unless the view raises."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """To the other's overview, if it is in reach; else it stays what the view said."""
        match = request.resolver_match
        is_page = match is not None and match.route.startswith(_PAGES) and request.method in ("GET", "HEAD")
        if match is None or not is_page or not isinstance(exception, Http404) or not request.user.is_authenticated:
            return None
        winner = merged_into(request.user, match.kwargs["pk"])
        if winner is None:
            return None
        messages.info(request, _("The customer that you looked for was merged into this one."))
        return redirect("customers:customer_detail", winner.pk)
