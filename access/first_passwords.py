"""First passwords, which somebody else has made and read: nothing opens until the person has chosen another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from access.models import User
from access.requests import refuse_what_is_no_page

_OPEN: Final = {
    *("account_change_password", "account_logout", "account_inactive"),
    *("access:set_language", "access:set_theme", "access:session_state", "access:session_keep"),
}


class FirstPasswordMiddleware:
    """Leads whoever has a first password to its change, and refuses what is no page. API tokens of such a person let nobody in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; the work is done once the view is known."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """Lead to the change of the password, or refuse."""
        user, match = request.user, request.resolver_match
        if not isinstance(user, User) or not user.must_change_password or (match and match.view_name in _OPEN):
            return None
        text = _("Your password was made by somebody else. Choose your own first.")
        refusal = refuse_what_is_no_page(request, code="password_change_required", text=text)
        if refusal is not None:
            return refusal
        messages.warning(request, text)
        return redirect("account_change_password")


def chosen_by_oneself(user: User) -> None:
    """`user` has chosen a password: everything opens again."""
    if user.must_change_password:
        user.must_change_password = False
        user.save(update_fields=["must_change_password", "updated_at"])
