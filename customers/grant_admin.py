"""Administration of what is shared of single customers."""
# ruff: noqa: ARG002  (the signatures are Django's)

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from access.administration import ReadOnlyAdmin
from access.models import Action, User
from customers.grants import TO_CHANGE, CustomerGroupObjectPermission, CustomerUserObjectPermission
from customers.models import Customer
from customers.services.sharing import end_grants

FOUND: Final = 500
"""So many people, groups or customers that answer a search are followed to their grants."""


class GrantAdmin(ReadOnlyAdmin):
    """Grants of single customers, half a million of them: shared on the customer's page, ended there or here."""

    holder: str
    list_filter = (("granted_at", admin.DateFieldListFilter),)
    ordering = ("-id",)
    actions = ("end",)
    search_fields = ("content_object",)
    search_help_text = gettext_lazy("Name or login, code or name of the customer")

    @admin.display(description=gettext_lazy("Permission"))
    def permission_in_words(self, grant: Any) -> str:
        """In words."""
        return _("to view and change") if grant.permission.codename == TO_CHANGE else _("to view")

    @admin.action(description=gettext_lazy("No longer share"), permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """End the chosen grants."""
        try:
            count = end_grants(grants=queryset, request=request)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return
        self.message_user(request, ngettext("%(count)d grant has ended.", "%(count)d grants have ended.", count) % {"count": count})

    def has_end_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether grants may be ended: by whoever may change every customer."""
        return self._may(request, Action.CHANGE)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """The grants of the people or groups, and of the customers, that answer to the text; first found by their own indexes."""
        if not search_term:
            return queryset, False
        customers = list(Customer.objects.matching(search_term).order_by().values_list("pk", flat=True)[:FOUND])
        holders = list(self.holders(search_term)[:FOUND])
        return queryset.filter(Q(content_object__in=customers) | Q(**{f"{self.holder}__in": holders})), False

    def holders(self, text: str) -> QuerySet[Any, int]:
        """Keys of the people or groups that answer to the text."""
        raise NotImplementedError


@admin.register(CustomerUserObjectPermission)
class UserGrantAdmin(GrantAdmin):
    """Customers shared with one person."""

    holder = "user"
    list_display = ("content_object", "user", "permission_in_words", "granted_by", "granted_at")
    list_select_related = ("content_object", "user", "permission", "granted_by")

    def holders(self, text: str) -> QuerySet[Any, int]:
        """People by login or name."""
        return User.objects.filter(Q(username__icontains=text) | Q(name__icontains=text)).order_by().values_list("pk", flat=True)


@admin.register(CustomerGroupObjectPermission)
class GroupGrantAdmin(GrantAdmin):
    """Customers shared with all people of a group."""

    holder = "group"
    list_display = ("content_object", "group", "permission_in_words", "granted_by", "granted_at")
    list_select_related = ("content_object", "group", "permission", "granted_by")

    def holders(self, text: str) -> QuerySet[Any, int]:
        """Groups by name."""
        return Group.objects.filter(name__icontains=text).order_by().values_list("pk", flat=True)
