"""Forms of a person's own account."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from django import forms
from django.conf import settings
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
    """allauth's change of password."""


class ConfirmForm(PlainFields, ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """allauth's question for the password before something sensitive."""
