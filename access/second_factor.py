"""The second factor: who needs one, how its secrets are kept, and that nothing opens without it to whoever needs one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, ClassVar, Final

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.models import RoleAssignment, User
from access.requests import refuse_what_is_no_page
from common.encryption import keyring

BY_PROVIDER: Final = "second_factor_by_provider"
"""Session key: the id of the user whom the identity provider has asked for a second factor, and is trusted with that."""
_COLUMN: Final = "mfa.authenticator.data"
_OPEN_WITHOUT: Final = {
    *("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_logout", "account_inactive", "account_change_password"),
    *("account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
    *("access:set_language", "access:set_theme", "access:session_state", "access:session_keep"),
}


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """How allauth's second factor behaves here: its secrets are encrypted, and whoever needs a factor keeps one."""

    error_messages: ClassVar = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("The code is not correct. Codes change every 30 seconds, and each counts once."),
        "cannot_delete_authenticator": gettext_lazy("Your role asks for a second factor. Set up another one first, then remove this one."),
    }

    def encrypt(self, text: str) -> str:
        """A secret as the table keeps it."""
        return base64.b64encode(keyring().encrypt(text, _COLUMN)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """A kept secret in the clear."""
        return keyring().decrypt(base64.b64decode(encrypted_text), _COLUMN)

    def get_totp_issuer(self) -> str:
        """The name under which authenticator apps list the code."""
        return _("Group Customer CRM")

    def get_totp_label(self, user: User) -> str:
        """Whose code it is, in authenticator apps."""
        return str(user.username)

    def _get_site_name(self) -> str:
        return _("Group Customer CRM")

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one of a person whose role asks for one."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        return others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists() or not needs_second_factor(authenticator.user)


def needs_second_factor(user: User) -> bool:
    """Whether a role of `user` (or being a superuser) asks for a second factor. Never of the demo's people while the demo runs."""
    if user.is_demo and settings.DEBUG:
        return False
    return user.is_superuser or RoleAssignment.objects.filter(user=user, role__requires_second_factor=True).exists()


def lacks_second_factor(user: User) -> bool:
    """Whether `user` needs a second factor and has set up none. One query."""
    if user.is_demo and settings.DEBUG:
        return False
    asked = RoleAssignment.objects.filter(user=OuterRef("pk"), role__requires_second_factor=True)
    factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    found = User.objects.filter(pk=user.pk).annotate(asked=Exists(asked), has=Exists(factors)).values_list("asked", "has").get()
    return (found[0] or user.is_superuser) and not found[1]


def reencrypt_secrets() -> int:
    """Write the secrets of all factors with the newest key; how many factors were written. For the rotation of keys."""
    adapter, changed = SecondFactorAdapter(), 0
    kept = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN)
    for pk in list(kept.values_list("pk", flat=True)):
        changed += _reencrypt(adapter, pk)
    return changed


def _reencrypt(adapter: SecondFactorAdapter, pk: int) -> int:
    factor = Authenticator.objects.filter(pk=pk).first()
    names = [name for name in ("secret", "seed") if factor and name in factor.data]
    if factor is None or all(base64.b64decode(factor.data[name]).startswith(keyring().head) for name in names):
        return 0
    fresh = factor.data | {name: adapter.encrypt(adapter.decrypt(factor.data[name])) for name in names}
    # Only if nobody used the factor meanwhile: its data also say which codes are spent.
    return int(Authenticator.objects.filter(pk=pk, data=factor.data).update(data=fresh))


class SecondFactorMiddleware:
    """Opens nothing but the set-up of a second factor to a person whose role asks for one and who has none.

    Requests with an API token carry no session and are not asked: a token is a secret of its own, given by `manage.py api_token`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; the work is done once the view is known."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """Lead to the set-up, or refuse what is no page."""
        user, match = request.user, request.resolver_match
        if not isinstance(user, User) or (match and match.view_name in _OPEN_WITHOUT) or request.session.get(BY_PROVIDER) == user.pk:
            return None
        if not lacks_second_factor(user):
            return None
        text = _("Your role asks for a second factor. Set one up on your profile first.")
        return refuse_what_is_no_page(request, code="second_factor_required", text=text) or redirect("mfa_index")
