"""Setting up an authenticator app, with allauth's page."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from django.db import transaction
from django.http import HttpResponse

from access.second_factor_forms import spend


class ActivateView(ActivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    """The code that activates the app is spent: whoever read it over a shoulder signs in by none."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Set up the factor and spend its first code, both or neither."""
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            spend(Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP), form.cleaned_data["code"])
        return response
