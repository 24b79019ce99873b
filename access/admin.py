"""Administration of people, org units and roles."""
# ruff: noqa: ARG002  (the signatures are Django's)

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.administration import PolicyAdmin, PolicyInline
from access.models import OrgUnit, Role, RoleAssignment, RolePermission, User
from access.services.org_units import save_org_unit
from access.services.standard_roles import MODULES

admin.site.site_header = gettext_lazy("Administration")
admin.site.site_title = gettext_lazy("Administration")
admin.site.index_title = gettext_lazy("What can be administered")
admin.site.unregister(Group)


class RoleAssignmentInline(PolicyInline):
    """The roles of a person, each in a unit."""

    model = RoleAssignment
    raw_id_fields = ("org_unit",)


class PersonCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A new person with a password."""

    class Meta:
        model = User
        fields = ("username", "name")


class PersonForm(UserChangeForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A person's details."""

    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(PolicyAdmin, DjangoUserAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """People. They are disabled, never deleted, so that what they did keeps its name. Superusers are made on the command line."""

    form = PersonForm
    add_form = PersonCreationForm
    list_display = ("username", "name", "org_unit", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    list_select_related = ("org_unit",)
    search_fields = ("username", "name")
    ordering = ("username",)
    filter_horizontal = ()
    raw_id_fields = ("org_unit",)
    inlines: ClassVar = [RoleAssignmentInline]
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("name", "email", "phone", "org_unit", "locale")}),
        (gettext_lazy("Access"), {"fields": ("is_active", "is_staff")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "name", "org_unit", "usable_password", "password1", "password2")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Superusers are changed by superusers alone: whoever sets a password could sign in as that person."""
        if isinstance(obj, User) and obj.is_superuser and not getattr(request.user, "is_superuser", False):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No: people are disabled."""
        return False


class OrgUnitForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A unit; its path follows from code and parent."""

    class Meta:
        model = OrgUnit
        fields = ("code", "name_zh", "name_en", "level", "parent")

    def clean_code(self) -> str:
        """The path is made of codes and slashes."""
        code: str = self.cleaned_data["code"]
        if "/" in code:
            raise ValidationError(_("A code holds no slash."))
        return code

    def clean_parent(self) -> OrgUnit | None:
        """Not the unit itself, nor one below it."""
        parent: OrgUnit | None = self.cleaned_data["parent"]
        if parent and self.instance.pk and parent.path.startswith(OrgUnit.objects.values_list("path", flat=True).get(pk=self.instance.pk)):
            raise ValidationError(_("A unit cannot lie below itself."))
        return parent


@admin.register(OrgUnit)
class OrgUnitAdmin(PolicyAdmin):
    """The operator's organisation."""

    form = OrgUnitForm
    list_display = ("code", "name_zh", "name_en", "level", "parent", "path")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("code", "name_zh", "name_en")
    raw_id_fields = ("parent",)
    ordering = ("path",)

    def save_model(self, request: HttpRequest, obj: OrgUnit, form: Any, change: bool) -> None:
        """Through the service, which moves all units below."""
        save_org_unit(obj)


class RolePermissionForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """One permission; the modules are those of the program."""

    module = forms.ChoiceField(label=gettext_lazy("Module"), choices=[(module, module) for module in MODULES])

    class Meta:
        model = RolePermission
        fields = ("module", "action")


class RolePermissionInline(PolicyInline):
    """What a role allows."""

    model = RolePermission
    form = RolePermissionForm
    ordering = ("module", "action")


@admin.register(Role)
class RoleAdmin(PolicyAdmin):
    """Roles: actions by module, and one data scope."""

    list_display = ("code", "name_zh", "name_en", "scope")
    list_filter = ("scope",)
    inlines: ClassVar = [RolePermissionInline]


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(PolicyAdmin):
    """Who holds which role where."""

    list_display = ("user", "role", "org_unit")
    list_filter = ("role",)
    list_select_related = ("user", "role", "org_unit")
    search_fields = ("user__username", "user__name")
    raw_id_fields = ("user", "org_unit")
