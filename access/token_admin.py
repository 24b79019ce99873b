"""The administration's list of API tokens: who has which, when it was last used, and an action to end some."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from access.administration import ReadOnlyAdmin, may_administer
from access.models import Action, ApiToken
from access.requests import signed_in
from access.services.api_tokens import revoke_token


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens are made on the page of tokens, where the new one can be shown."""

    list_display = ("name", "owner", "prefix", "created_at", "expires_at", "last_used_on", "revoked_at")
    list_select_related = ("owner",)
    search_fields = ("name", "prefix", "owner__username")
    exclude = ("digest",)
    actions = ("revoke",)

    @admin.action(description=gettext_lazy("Revoke the chosen tokens"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """End them at once; those of superusers only by superusers."""
        user = signed_in(request)
        if may_administer(request, "access", Action.CHANGE):
            for token in queryset.select_related("owner"):
                if user.is_superuser or not token.owner.is_superuser:
                    revoke_token(token=token, actor=user, request=request)
