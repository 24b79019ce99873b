"""The filters of the audit search."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from access.models import AuditEventKind, User
from common.keys import key_in
from common.lists import ChoicesFilter, Filters, MomentsFilter, TextFilter
from common.tracking import DELETE, INSERT, UPDATE


def people_called(text: str) -> list[int]:
    """The keys of the users whose login is `text`; logins are told apart as the sign-in does."""
    return list(User.objects.filter(username__iexact=text.strip()).values_list("pk", flat=True))


class AuditEventFilters(Filters):
    """Of what people did or were refused."""

    kind = ChoicesFilter(choices=AuditEventKind.choices, label=_("Event"))
    login = TextFilter(field_name="actor_login", lookup_expr="exact", label=_("Login"), method="by_login")
    address = TextFilter(lookup_expr="exact", label=_("Address"), method="by_address")
    object_type = TextFilter(lookup_expr="exact", label=_("Type of object"))
    object_key = TextFilter(lookup_expr="exact", label=_("Key of object"))
    happened = MomentsFilter(field_name="happened_at", label=_("When"))

    def by_login(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Of the user with this login, also under a former one; where nobody has it, what was typed at failed sign-ins."""
        people = people_called(value)
        return queryset.filter(actor__in=people) if people else queryset.filter(actor=None, actor_login=value.strip())

    def by_address(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """From this address; what is no address is nobody's."""
        try:
            return queryset.filter(address=str(ipaddress.ip_address(value.strip())))
        except ValueError:
            return queryset.none()


class ChangeFilters(Filters):
    """Of changes of one kind of object."""

    pgh_label = ChoicesFilter(choices=[(INSERT, _("entered")), (UPDATE, _("changed")), (DELETE, _("removed"))], label=_("What was done"))
    login = TextFilter(lookup_expr="exact", label=_("Login"), method="by_login")
    job = TextFilter(lookup_expr="exact", label=_("Job"), method="by_job")
    key = TextFilter(lookup_expr="exact", label=_("Key of object"), method="by_key")
    moment = MomentsFilter(field_name="pgh_created_at", label=_("When"))

    def by_login(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """By the user with this login."""
        return queryset.filter(pgh_actor__in=people_called(value))

    def by_job(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """By this job."""
        number = key_in(value.strip().removeprefix("#"))
        return queryset.none() if number is None else queryset.filter(pgh_job=number)

    def by_key(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Of the object with this key."""
        number = key_in(value.strip().removeprefix("#"))
        return queryset.none() if number is None else queryset.filter(pgh_obj_id=number)
