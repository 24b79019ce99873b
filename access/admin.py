"""Administration of people, org units and roles."""
# ruff: noqa: ARG002  (the signatures are Django's)

from __future__ import annotations

from typing import Any, ClassVar, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import ValidationError
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm

from access import delegation_admin, group_admin  # noqa: F401  # they register their pages
from access.admin_forms import RoleForm
from access.administration import PolicyAdmin, PolicyInline, person_pages
from access.audit import record_event
from access.models import AuditEventKind, OrgUnit, Role, RoleAssignment, User
from access.people_import_admin import people_import
from access.person_forms import PersonCreationForm, PersonForm
from access.reveals import admin_shown, mark_revealable
from access.services.org_units import save_org_unit
from access.services.people import save_person
from access.services.roles import save_role_permissions
from access.services.sessions import end_sessions, remove_factors, unlock_sign_in
from access.services.standard_roles import MODULES

UNITS_PER_PAGE: Final = 600
"""The whole tree of an operator on one page."""
DEEPEST: Final = 8
"""Units below that depth are indented no further."""

admin.site.index_title = gettext_lazy("What can be administered")
# Secrets of factors, keys of sessions and the provider's configuration are nobody's to read or change here; what an administrator may do to
# them are actions on a person.
for model in (Authenticator, UserSession, SocialAccount, SocialApp, SocialToken, EmailAddress):
    admin.site.unregister(model)


class RoleAssignmentInline(PolicyInline):
    """The roles of a person, each in a unit."""

    model = RoleAssignment
    raw_id_fields = ("org_unit",)


@admin.register(User)
class UserAdmin(PolicyAdmin, DjangoUserAdmin):  # type: ignore[misc, type-arg]  # not subscriptable at run time; our paginator
    """People. They are disabled, never deleted, so that what they did keeps its name. Superusers are made on the command line."""

    form = PersonForm
    add_form = PersonCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "name", "org_unit", "held_roles", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    list_select_related = ("org_unit",)
    search_fields = ("username", "name")
    ordering = ("username",)
    filter_horizontal = ()
    raw_id_fields = ("org_unit",)
    inlines: ClassVar = [RoleAssignmentInline]
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("name", "email", "phone", "masked_phone", "org_unit", "locale")}),
        (gettext_lazy("Access"), {"fields": ("is_active", "is_staff", "pages")}),
    )
    readonly_fields = ("pages", "masked_phone")
    change_form_outer_after_template = "access/reveal_form.html"
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "name", "org_unit", "usable_password", "password1", "password2")}),
    )

    actions = ("end_their_sessions", "unlock_sign_in", "remove_second_factors")
    actions_list = ("enter_by_list",)

    @action(description=gettext_lazy("Enter people by a list"), url_path="list", permissions=["change"])  # type: ignore[untyped-decorator]
    def enter_by_list(self, request: HttpRequest) -> HttpResponse:
        """Enter and change many people at once."""
        return people_import(request, self)

    @admin.action(description=gettext_lazy("End all sessions"), permissions=["change"])
    def end_their_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Whoever is chosen has to sign in again, everywhere."""
        ended = sum(end_sessions(user=user, request=request, reason="administrator") for user in self._within_power(request, queryset))
        self.message_user(request, ngettext("%(count)d session has ended.", "%(count)d sessions have ended.", ended) % {"count": ended})

    @admin.action(description=gettext_lazy("Unlock sign-in"), permissions=["change"])
    def unlock_sign_in(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Forget the wrong passwords and codes of whoever is chosen."""
        users = self._within_power(request, queryset)
        for user in users:
            unlock_sign_in(user=user, request=request)
        self.message_user(
            request, ngettext("%(count)d login is open again.", "%(count)d logins are open again.", len(users)) % {"count": len(users)}
        )

    @admin.action(description=gettext_lazy("Remove second factors (phone and keys are lost)"), permissions=["change"])
    def remove_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Whoever is chosen signs in with the password alone and sets a factor up anew; all their sessions end."""
        removed = sum(remove_factors(user=user, request=request) for user in self._within_power(request, queryset))
        self.message_user(
            request, ngettext("%(count)d factor was removed.", "%(count)d factors were removed.", removed) % {"count": removed}
        )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Who only looks sees no phone but the masked one."""
        sets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return sets
        return [(title, options | {"fields": [name for name in options["fields"] if name != "phone"]}) for title, options in sets]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        """With whether the request's user may see the phone in full."""
        user: User | None = super().get_object(request, object_id, from_field)
        if user is not None:
            mark_revealable(request.user, [user])
        return user

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With the roles that the list shows."""
        users: QuerySet[User] = super().get_queryset(request)
        return users.prefetch_related("assignments__role")

    @admin.display(description=gettext_lazy("Roles"))
    def held_roles(self, user: User) -> str:
        """The roles of the person, each once."""
        return ", ".join(dict.fromkeys(assignment.role.label for assignment in user.assignments.all()))

    @admin.display(description=gettext_lazy("Phone, masked"))
    def masked_phone(self, user: User) -> str:
        """The phone with a button that shows it in full to whoever may, which the audit keeps."""
        return admin_shown(user, "phone")

    @admin.display(description=gettext_lazy("More of this person"))
    def pages(self, user: User) -> str:
        """Links to what the apps above know of a person."""
        links = ((address, title) for title, address in person_pages(user.pk)) if user.pk else ()
        return format_html_join(" · ", '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', links)

    def _within_power(self, request: HttpRequest, queryset: QuerySet[User]) -> list[User]:
        return [user for user in queryset if self.has_change_permission(request, user)]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A disabled person's sessions end at once."""
        save_person(obj, request=request)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002  # Django's name
        """A password that an administrator sets ends the person's sessions, and is an event."""
        before = User.objects.filter(pk=id).values_list("password", flat=True).first()
        response: HttpResponse = super().user_change_password(request, id, form_url)
        user = User.objects.filter(pk=id).exclude(password=before or "").first()
        if user is not None:
            if user == request.user:
                UserSession.objects.create_from_request(request)  # its key is new: a session that no list has could not be ended
            record_event(AuditEventKind.PASSWORD_CHANGED, request=request, target=user, details={"by": "administrator"})
            spared = request.session.session_key if user == request.user else None
            end_sessions(user=user, request=request, reason="password", sparing=spared)
        return response

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
    list_display = ("tree", "code", "level", "staff_count")
    list_display_links = ("tree",)
    list_filter = ("level",)
    list_per_page = UNITS_PER_PAGE
    search_fields = ("code", "name_zh", "name_en")
    raw_id_fields = ("parent",)
    ordering = ("path",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrgUnit]:
        """With the number of active people who work in the unit itself."""
        staff = User.objects.filter(org_unit=OuterRef("pk"), is_active=True).order_by().values("org_unit").annotate(count=Count("pk"))
        units: QuerySet[OrgUnit] = super().get_queryset(request)
        return units.annotate(staff_count=Coalesce(Subquery(staff.values("count")), 0))

    @admin.display(description=gettext_lazy("Unit"))
    def tree(self, unit: OrgUnit) -> str:
        """The name, indented by how deep the unit lies."""
        return format_html('<span class="unit-depth-{}">{}</span>', min(unit.path.count("/"), DEEPEST), unit)

    @admin.display(description=gettext_lazy("Active staff"))
    def staff_count(self, unit: OrgUnit) -> int:
        """How many active people work in the unit itself."""
        return int(getattr(unit, "staff_count", 0))

    def save_model(self, request: HttpRequest, obj: OrgUnit, form: Any, change: bool) -> None:
        """Through the service, which moves all units below."""
        save_org_unit(obj)


@admin.register(Role)
class RoleAdmin(PolicyAdmin):
    """Roles: actions by module, and one data scope."""

    form = RoleForm
    list_display = ("code", "name_zh", "name_en", "scope", "requires_second_factor")
    list_filter = ("scope", "requires_second_factor")
    fieldsets = (
        (None, {"fields": ("code", "name_zh", "name_en", "scope", "requires_second_factor")}),
        (gettext_lazy("What the role allows"), {"fields": MODULES}),
    )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write the permissions that were ticked or unticked."""
        super().save_related(request, form, formsets, change)
        save_role_permissions(form.instance, form.allowed())


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(PolicyAdmin):
    """Who holds which role where."""

    list_display = ("user", "role", "org_unit")
    list_filter = ("role",)
    list_select_related = ("user", "role", "org_unit")
    search_fields = ("user__username", "user__name")
    raw_id_fields = ("user", "org_unit")
