"""Single sign-on at an OpenID Connect provider, where `OIDC_ISSUER` names one: for people who are entered here already, and nobody else."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.signals import user_login_failed
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from requests import RequestException

from access.models import User
from access.second_factor import BY_PROVIDER

PROVIDER_ID: Final = "sso"
_SECOND_FACTORS: Final = {"mfa", "otp", "hwk", "swk", "sms", "sc", "pop", "fpt", "face", "iris"}
"""Values of the claim `amr` (RFC 8176) that speak of more than a password."""


def single_sign_on() -> dict[str, str] | None:
    """Name and address of single sign-on, for the sign-in page; None where none is configured."""
    provider = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect")
    if not provider:
        return None
    name = provider["APPS"][0]["name"] or _("single sign-on")
    return {"name": name, "url": reverse("openid_connect_login", kwargs={"provider_id": PROVIDER_ID})}


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Who may come in by single sign-on."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002  # allauth passes them
        """No: the operator's administrators create users."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find the user by the login claim, at the first time; from then on the provider's own key for the person must stay the same.

        So a login that the provider gives to somebody else later does not open what was its former owner's.
        """
        claims = _claims(sociallogin)
        if sociallogin.state.get("process", "login") != "login":
            _refuse(request, claims)
        if not sociallogin.is_existing:
            user = _user_named(claims)
            if user is None or SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider).exists():
                _refuse(request, claims)
            sociallogin.connect(request, user)
        methods = claims.get("amr") or []
        strong = isinstance(methods, list) and bool(_SECOND_FACTORS & {str(method) for method in methods})
        request.session[BY_PROVIDER] = sociallogin.user.pk if settings.OIDC_TRUST_SECOND_FACTOR and strong else None


def _claims(sociallogin: Any) -> dict[str, Any]:
    data = sociallogin.account.extra_data
    return {**data.get("userinfo", {}), **data.get("id_token", {})}


def _user_named(claims: dict[str, Any]) -> User | None:
    login = str(claims.get(settings.OIDC_LOGIN_CLAIM) or "")
    found = list(User.objects.filter(username__iexact=login, is_active=True)[:2]) if login else []
    return found[0] if len(found) == 1 else None


def _refuse(request: HttpRequest, claims: dict[str, Any]) -> NoReturn:
    login = str(claims.get(settings.OIDC_LOGIN_CLAIM) or "")
    user_login_failed.send(sender=__name__, credentials={"username": login}, request=request, single_sign_on=True)
    messages.error(request, _("Single sign-on worked, but nobody of that login may work here. Ask an administrator."))
    raise ImmediateHttpResponse(redirect("account_login"))


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]  # allauth ships no types
    """Asks for the second factor, unless the provider has and is trusted with it (`OIDC_TRUST_SECOND_FACTOR`)."""

    def _should_handle(self, request: HttpRequest) -> bool:
        user = self.login.user
        return (user is None or request.session.get(BY_PROVIDER) != user.pk) and bool(super()._should_handle(request))


class VerifyingAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth ships no types
    """Checks the signature of the ID token in any case, that it comes from the configured issuer, and that all claims are one person's."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. Raises OAuth2Error where it is another one than configured."""
        found: dict[str, Any] = super().openid_config
        if str(found.get("issuer", "")).rstrip("/") != self.get_provider().app.settings["server_url"].rstrip("/"):
            raise OAuth2Error("the provider calls itself by another name than OIDC_ISSUER")
        return found

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """The login that the tokens speak of. Raises OAuth2Error."""
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("the provider sent no ID token")
        login = super().complete_login(request, app, token, **kwargs)
        data = login.account.extra_data
        if data.get("userinfo", {}).get("sub") != data["id_token"]["sub"]:
            raise OAuth2Error("user information and ID token speak of two people")
        return login

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        config = self.openid_config
        decoded: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=config["jwks_uri"],
            issuer=config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return decoded


def _ensure_configured(provider_id: str) -> None:
    if provider_id != PROVIDER_ID or single_sign_on() is None:
        raise Http404


def _answered(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    """What allauth's `view` answers; our page where the provider cannot be reached or is not the one that is configured."""
    _ensure_configured(provider_id)
    adapter = VerifyingAdapter(request, provider_id)
    try:
        response: HttpResponse = view.adapter_view(adapter)(request)
    except (OAuth2Error, RequestException) as error:
        response = render_authentication_error(request, adapter.get_provider(), exception=error)
    return response


@login_not_required
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider."""
    return _answered(OAuth2LoginView, request, provider_id)


@login_not_required
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the provider's answer."""
    return _answered(OAuth2CallbackView, request, provider_id)
