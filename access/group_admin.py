"""Administration of groups: whoever is in one works with what is shared with it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy

from access.administration import PolicyAdmin, PolicyInline
from access.models import User

admin.site.unregister(Group)


class PersonInline(PolicyInline):
    """The people of a group; chosen by typing, as there are thousands."""

    model = User.groups.through
    verbose_name = gettext_lazy("person in the group")
    verbose_name_plural = gettext_lazy("people in the group")
    autocomplete_fields = ("user",)


@admin.register(Group)
class GroupAdmin(PolicyAdmin):
    """Groups have a name and people. Django's own permissions of groups are not used, and so not shown."""

    module = "access"
    fields = ("name",)
    search_fields = ("name",)
    ordering = ("name",)
    inlines: ClassVar = [PersonInline]
