"""Single customers shared with a user or a group: guardian's models with direct foreign keys, and how the access policy reads them."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from access.grants import Granted
from access.models import User
from common.tracking import tracked

TO_VIEW: Final = "view_customer"
TO_CHANGE: Final = "change_customer"


@tracked()
class CustomerUserObjectPermission(UserObjectPermissionBase):
    """A customer shared with one user. A grant to change holds that to view."""

    content_object = models.ForeignKey("customers.Customer", models.CASCADE, related_name="user_grants", verbose_name=_("customer"))
    granted_by = models.ForeignKey(User, models.SET_NULL, null=True, db_index=False, related_name="+", verbose_name=_("shared by"))
    granted_at = models.DateTimeField(_("shared on"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("customer shared with a user")
        verbose_name_plural = _("customers shared with users")
        # The order of the columns serves the one question of each request: which customers, to view or to change, has this user?
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "permission", "content_object"], name="customer_user_grant_unique")
        ]


@tracked()
class CustomerGroupObjectPermission(GroupObjectPermissionBase):
    """A customer shared with all members of a group."""

    content_object = models.ForeignKey("customers.Customer", models.CASCADE, related_name="group_grants", verbose_name=_("customer"))
    granted_by = models.ForeignKey(User, models.SET_NULL, null=True, db_index=False, related_name="+", verbose_name=_("shared by"))
    granted_at = models.DateTimeField(_("shared on"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("customer shared with a group")
        verbose_name_plural = _("customers shared with groups")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "permission", "content_object"], name="customer_group_grant_unique")
        ]


def granted_customers(user: User) -> Granted:
    """The customers shared with `user`, alone or through a group; one query that two indexes answer by themselves."""
    columns = ("permission__codename", "content_object_id")
    alone: Any = CustomerUserObjectPermission.objects.filter(user=user).values_list(*columns)
    together: Any = CustomerGroupObjectPermission.objects.filter(group__user=user).values_list(*columns)
    found = list(alone.union(together, all=True))
    return Granted(
        to_view=frozenset(pk for codename, pk in found if codename == TO_VIEW),
        to_change=frozenset(pk for codename, pk in found if codename == TO_CHANGE),
    )
