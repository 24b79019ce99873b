"""A person's API tokens: made, shown once, revoked. Administrators do it for others too."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from access.administration import may_administer
from access.models import Action, ApiToken, User
from access.requests import signed_in
from access.services.api_tokens import DEFAULT_DAYS, LONGEST_DAYS, create_token, revoke_token

_SHOWN: Final = 200


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=64, help_text=gettext_lazy("Which system will use it."))
    days = forms.IntegerField(label=gettext_lazy("Valid for (days)"), min_value=1, max_value=LONGEST_DAYS, initial=DEFAULT_DAYS)
    login = forms.CharField(
        label=gettext_lazy("For the login"), max_length=64, required=False, help_text=gettext_lazy("Empty: for yourself.")
    )

    def __init__(self, *args: Any, user: User, for_others: bool, **kwargs: Any) -> None:
        """`for_others`: whether `user` may make tokens of other people."""
        super().__init__(*args, **kwargs)
        self.user = user
        if not for_others:
            del self.fields["login"]

    def clean(self) -> dict[str, Any]:
        """Find whose token it shall be."""
        cleaned = super().clean() or {}
        login = cleaned.get("login")
        cleaned["owner"] = owner = User.objects.filter(username=login, is_active=True).first() if login else self.user
        if owner is None or (owner.is_superuser and not self.user.is_superuser):
            self.add_error("login", _("There is no such active user, or you may not act for it."))
        return cleaned


def _may_manage_others(request: HttpRequest) -> bool:
    return may_administer(request, "access", Action.CHANGE)


def _tokens_in_reach(request: HttpRequest, user: User) -> QuerySet[ApiToken]:
    tokens = ApiToken.objects.select_related("owner")
    if not _may_manage_others(request):
        return tokens.filter(owner=user)
    return tokens if user.is_superuser else tokens.exclude(owner__is_superuser=True)


@require_http_methods(["GET", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]  # allauth ships no types
def api_tokens(request: HttpRequest) -> HttpResponse:
    """The tokens, and a form for a new one. The answer to the form shows the token, once: it goes into no redirect and no session.

    Making one asks for the password (or second factor) again, unless that was given in the last minutes: a token outlives the session.
    """
    user = signed_in(request)
    for_others = _may_manage_others(request)
    form = TokenForm(request.POST if request.method == "POST" else None, user=user, for_others=for_others)
    made = ""
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        _token, made = create_token(owner=wanted["owner"], name=wanted["name"], days=wanted["days"], actor=user, request=request)
        form = TokenForm(user=user, for_others=for_others)
    context = {"form": form, "made": made, "tokens": _tokens_in_reach(request, user)[:_SHOWN], "for_others": for_others}
    return render(request, "access/api_tokens.html", context, status=422 if form.is_bound else 200)


@require_POST
def api_token_revoke(request: HttpRequest) -> HttpResponse:
    """End a token. One that is out of reach is one that is not there."""
    user = signed_in(request)
    key = request.POST.get("token", "")
    token = _tokens_in_reach(request, user).filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
    if token is None:
        raise Http404
    revoke_token(token=token, actor=user, request=request)
    messages.success(request, _("The token is revoked. Nothing gets in by it from now on."))
    return redirect("access:api_tokens")
