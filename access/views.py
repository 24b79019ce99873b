"""A person's own profile, and the switches of language and theme."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account_views
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.forms import LanguageForm, ProfileForm, ThemeForm
from access.models import RoleAssignment, User
from access.preferences import remember_language, remember_theme, theme_of
from common.panels import actions_for


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language and go back to the page that asked."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    response = HttpResponseRedirect(_way_back(request))
    remember_language(request, response, form.cleaned_data["language"])
    return response


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Switch the theme; a script's request gets an empty answer, a form's goes back to its page."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    response = HttpResponse(status=204) if request.headers.get("X-Requested-With") == "fetch" else HttpResponseRedirect(_way_back(request))
    remember_theme(response, form.cleaned_data["theme"])
    return response


@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Who the user is to the system, and how the pages look to them."""
    user = request.user
    if not isinstance(user, User):
        return redirect("account_login")
    form = ProfileForm(request.POST or None, initial={"language": user.locale or get_language(), "theme": theme_of(request)})
    if request.method == "POST" and form.is_valid():
        response = redirect("access:profile")
        remember_language(request, response, form.cleaned_data["language"])
        remember_theme(response, form.cleaned_data["theme"])
        messages.success(request, _("Your settings are saved."))
        return response
    assignments = RoleAssignment.objects.filter(user=user).select_related("role", "org_unit").order_by("role__code", "org_unit__path")
    factors = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    context = {"form": form, "assignments": assignments, "factors": factors.count(), "actions": actions_for("profile", user)}
    return render(request, "access/profile.html", context)


@login_not_required
def sign_out(request: HttpRequest) -> HttpResponse:
    """allauth's, and the browser forgets what it has kept of the pages."""
    response: HttpResponse = account_views.logout(request)
    if request.method == "POST":
        response["Clear-Site-Data"] = '"cache"'
    return response


@login_not_required
@require_GET
def account_inactive(request: HttpRequest) -> HttpResponse:
    """Tell a disabled user whom to ask."""
    return render(request, "account/account_inactive.html", status=403)


@login_not_required
@require_GET
def single_sign_on_cancelled(request: HttpRequest) -> HttpResponse:
    """Somebody turned back at the identity provider."""
    messages.info(request, _("Single sign-on was cancelled."))
    return redirect("account_login")


def to_password_change(_request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG001  # Django's admin
    """The administration's change of password is that of the profile."""
    return redirect("account_change_password")


def _way_back(request: HttpRequest) -> str:
    asked = request.POST.get("next", "")
    return asked if url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()) else "/"
