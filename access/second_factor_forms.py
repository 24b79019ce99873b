"""Forms of the second factor. A wrong code or key counts like a wrong password, and no code counts twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal.auth import extract_user_from_response, parse_authentication_response
from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.forms import PlainFields
from access.second_factor import SecondFactorAdapter

_LAST_COUNTER: Final = "last_counter"
_NAME_LENGTH: Final = 60


class _CountedCode(PlainFields):
    """Counts wrong codes by the login, with wrong passwords, in the database; a locked login's codes are not even looked at."""

    user: Any
    authenticator: Authenticator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = gettext_lazy("Code")
        field.help_text = gettext_lazy("Six figures from your authenticator app, or one of your recovery codes.")
        field.widget.attrs |= {"inputmode": "numeric", "spellcheck": "false"}

    def clean_code(self) -> str:
        """The code, if it is right and not spent."""
        with counted(self.user):
            code: str = super().clean_code()  # type: ignore[misc]  # of the form that this is mixed into
            spend(self.authenticator, code)
        return code


class _CountedKey(forms.BaseForm):
    """Counts what is no answer of the person's key as a wrong code is counted."""

    user: Any

    def clean_credential(self) -> Authenticator:
        """The key that answered. Raises ValidationError."""
        credential = self.cleaned_data["credential"]
        if not isinstance(credential, dict):
            raise SecondFactorAdapter().validation_error("incorrect_code")
        # At a sign-in by passkey alone the answer itself says whose it is. Who names nobody has tried nobody's login.
        user = self.user or _named_by(credential)
        with counted(user):
            found: Authenticator = super().clean_credential()  # type: ignore[misc]  # of the form that this is mixed into
        return found


def _named_by(credential: dict[str, Any]) -> Any:
    parse_authentication_response(credential)
    return extract_user_from_response(credential)


@contextmanager
def counted(user: Any) -> Iterator[None]:
    """Let a factor of `user` be tried: a ValidationError counts as a wrong try, and a locked login's tries are not even looked at."""
    request, credentials = context.request, {"username": user.username}
    if not AxesProxyHandler.is_allowed(request, credentials):
        request.axes_locked_out = True
        raise ValidationError(_("Too many wrong codes."))
    try:
        yield
    except ValidationError:
        user_login_failed.send(sender=__name__, credentials=credentials, request=request, second_factor=True)
        raise


@transaction.atomic
def spend(factor: Authenticator, code: str) -> None:
    """Keep in the database which code was used last, so that neither it nor an earlier one is taken again. Raises ValidationError."""
    if factor.type != Authenticator.Type.TOTP:
        return  # a recovery code is marked as used by allauth, in the database
    adapter = SecondFactorAdapter()
    kept = Authenticator.objects.select_for_update().get(pk=factor.pk)
    secret = adapter.decrypt(kept.data["secret"])
    expected = {counter: format_hotp_value(hotp_value(secret, counter)) for counter in yield_hotp_counters_from_time()}
    counters = [counter for counter, value in expected.items() if compare_user_code(actual=code, expected=value)]
    if not counters or max(counters) <= kept.data.get(_LAST_COUNTER, 0):
        raise adapter.validation_error("incorrect_code")
    kept.data[_LAST_COUNTER] = max(counters)
    kept.save(update_fields=["data"])


class CodeForm(_CountedCode, AuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """The code at sign-in."""


class ConfirmingCodeForm(_CountedCode, ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """The code before something sensitive."""


class KeyForm(_CountedKey, AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """The key at sign-in, after the password."""


class PasskeyForm(_CountedKey, LoginWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """The key instead of a password."""


class ConfirmingKeyForm(_CountedKey, ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """The key before something sensitive."""


class FirstCodeForm(PlainFields, ActivateTOTPForm):  # type: ignore[misc]  # allauth ships no types
    """The first code of a new authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = gettext_lazy("Code that the app shows")
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "spellcheck": "false"}


def _key_name() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Name of the key"),
        max_length=_NAME_LENGTH,
        required=False,
        help_text=gettext_lazy("So that you can tell your keys apart: the blue one, this laptop."),
    )


class NewKeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """A new security key or passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = _key_name()
        passwordless = self.fields["passwordless"]
        passwordless.label = gettext_lazy("Sign in with this key alone, without a password (passkey)")
        passwordless.help_text = gettext_lazy("The key then asks for a fingerprint, your face or a PIN.")


class KeyNameForm(PlainFields, EditWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """Another name for a key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        initial = self.initial.get("name")
        self.fields["name"] = _key_name()
        self.fields["name"].required = True
        self.initial["name"] = initial
