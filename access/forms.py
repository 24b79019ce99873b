"""Forms of a person's own account."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.core import context
from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from access.preferences import Theme


class LanguageForm(forms.Form):
    """Which language the pages speak."""

    language = forms.ChoiceField(label=_("Language"), choices=lambda: settings.LANGUAGES)


class ThemeForm(forms.Form):
    """Which colours the pages have."""

    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices)


class ProfileForm(LanguageForm, ThemeForm):
    """Both, as the profile page asks for them."""

    field_order = ("language", "theme")


class PlainFields(forms.BaseForm):
    """Without placeholders: the labels say what belongs where."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        next(iter(self.fields.values())).widget.attrs["autofocus"] = True


class SignInForm(PlainFields, LoginForm):  # type: ignore[misc]  # allauth ships no types
    """allauth's sign-in with this project's word for the login."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Login")


class PasswordChangeForm(PlainFields, ChangePasswordForm):  # type: ignore[misc]  # allauth ships no types
    """allauth's change of password. A wrong present password counts like one at sign-in: nobody guesses it from a session left open."""

    user: Any

    def clean_oldpassword(self) -> str:
        """The present password, if it is right and the login is not locked."""
        request, credentials = context.request, {"username": self.user.username}
        if not AxesProxyHandler.is_allowed(request, credentials):
            request.axes_locked_out = True
            raise ValidationError(_("Too many wrong passwords."))
        try:
            present: str = super().clean_oldpassword()
        except ValidationError:
            user_login_failed.send(sender=__name__, credentials=credentials, request=request)
            raise
        return present


class ConfirmForm(PlainFields, ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """allauth's question for the password before something sensitive."""
