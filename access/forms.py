"""Forms of a person's own account."""

from __future__ import annotations

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
