"""How people keep their lists: saved views, and the layout that each likes."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from common.db import CodeField, TimestampedModel
from common.tracking import tracked, untracked


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Reads of saved views."""

    def open_to(self, user: models.Model) -> Self:
        """Those of `user`, and those shared with a unit in which, or below which, `user` works."""
        units = SavedView._meta.get_field("shared_unit").related_model._default_manager
        own_unit = units.filter(pk=getattr(user, "org_unit_id", None), path__startswith=OuterRef("shared_unit__path"))
        return self.filter(Q(owner=user.pk) | Q(Exists(own_unit), shared_unit__isnull=False))


@tracked()
class SavedView(TimestampedModel):
    """A list as somebody likes to see it: `parameters` are those of its address, by name, each with its values.

    It holds no rows: whoever opens it sees those in the own reach. Shared with `shared_unit`, all who work there or below may open it.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", db_index=False, verbose_name=_("owner"))
    list_name = CodeField(_("list"), max_length=60)
    name = models.CharField(_("name"), max_length=60)
    shared_unit = models.ForeignKey(
        "access.OrgUnit", models.SET_NULL, null=True, blank=True, related_name="shared_views", verbose_name=_("shared with")
    )
    parameters = models.JSONField(_("parameters"), default=dict)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "list_name", "name"],
                name="saved_view_name_unique",
                violation_error_message=_("You have a view with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name


@untracked("What somebody's lists look like is no fact of the business.")
class ListSetting(models.Model):
    """How a person likes one list; what is empty is as the list itself says. See `common.lists.layout`.

    `view_order` holds the keys of saved views, own and shared ones, in the order of the person's tabs.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="list_settings", db_index=False, verbose_name=_("user"))
    list_name = CodeField(_("list"), max_length=60)
    columns = models.JSONField(_("columns"), default=list)
    sort = models.CharField(_("order"), max_length=200, blank=True)
    density = CodeField(_("density"), max_length=12, blank=True)
    default_view = models.ForeignKey(SavedView, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("opens first"))
    view_order = models.JSONField(_("order of the views"), default=list)

    class Meta:
        verbose_name = _("list setting")
        verbose_name_plural = _("list settings")
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "list_name"], name="list_setting_unique")]

    def __str__(self) -> str:
        return f"{self.user} · {self.list_name}"
