"""The list of people: whom somebody may choose from in forms and filters, and for those who see who may do what, everybody."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, Final

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.administration import may_administer, may_look_into, person_pages
from access.audit_lists import may_audit
from access.choices import staff_in_reach, units_in_reach
from access.models import Action, OrgUnit, Role, RoleAssignment, User
from access.policy import require
from access.scope import scope_of
from common.lists import Column, Filters, ListDefinition, ModelChoicesFilter, TextFilter, TreeChoicesFilter, YesNoFilter

MODULE: Final = "customers"
"""Whose reach says who is offered: the people whose customers one may come to."""

Figures = Callable[[Collection[int], User], Mapping[int, Mapping[str, int]]]
_readers: Final[list[Figures]] = []


def tell_figures_by(reader: Figures) -> None:
    """Let `reader(keys, user)` say what those people have on their hands, each figure by its name, of whom `user` may know it."""
    _readers.append(reader)


def figures_of_people(keys: Collection[int], user: User) -> dict[int, dict[str, int]]:
    """All figures of the people with these `keys` that `user` may know; who is missing has none to be known."""
    found: dict[int, dict[str, int]] = {}
    for reader in _readers:
        for key, figures in reader(keys, user).items():
            found.setdefault(key, {}).update(figures)
    return found


def _units(request: HttpRequest) -> QuerySet[OrgUnit]:
    return OrgUnit.objects.order_by("path") if may_audit(request.user) else units_in_reach(request.user, MODULE)


def _roles(request: HttpRequest) -> QuerySet[Role]:
    return Role.objects.order_by("code") if may_audit(request.user) else Role.objects.none()


class PeopleFilters(Filters):
    """Of people. Who holds which role is asked by those who may see it."""

    name = TextFilter(label=pgettext_lazy("person", "Name"))
    username = TextFilter(label=_("Login"))
    org_unit = TreeChoicesFilter(label=_("Org unit"), queryset=_units)
    role = ModelChoicesFilter(label=_("Role"), queryset=_roles, method="by_role")
    is_active = YesNoFilter(label=pgettext_lazy("user", "active"))

    def by_role(self, queryset: QuerySet[Any], _name: str, value: Sequence[Role]) -> QuerySet[Any]:
        """People who hold one of the roles, in whatever unit."""
        held = RoleAssignment.objects.filter(user=OuterRef("pk"), role__in=[role.pk for role in value])
        return queryset.filter(Exists(held)) if value else queryset


def sees_people(user: Any) -> bool:
    """Whether the list shows `user` more than the own name and those of lenders: of a whole unit, or of all."""
    reach = scope_of(user).role_reach(MODULE, Action.VIEW)
    return may_audit(user) or reach.everything or bool(reach.unit_ids)


class PeopleList(ListDefinition):
    """People: the active ones in reach, or for those who see who may do what all of them, those disabled included."""

    name = "people"
    model = User
    title = _("People")
    filterset_class = PeopleFilters
    search_fields: ClassVar[Sequence[str]] = ("name__icontains", "username__istartswith")
    search_label = _("Name or login")
    default_sort = "name"
    empty_text = _("Nobody is in your reach.")
    columns = (
        Column(key="name", label=pgettext_lazy("person", "Name"), sort=("name",), link=True),
        Column(key="username", label=_("Login"), sort=("username",)),
        Column(key="org_unit", label=_("Org unit"), value="org_unit.label", related=("org_unit",)),
        Column(key="is_active", label=pgettext_lazy("user", "active")),
        Column(key="created_at", label=_("Entered"), sort=("created_at",), optional=True),
    )

    @property
    def module(self) -> str:
        """Whose permissions open the list."""
        return MODULE

    def queryset(self) -> QuerySet[Any]:
        """Raises PermissionDenied for whom no role lets choose from people."""
        if self.action == Action.VIEW and may_audit(self.user):
            return User.objects.all()
        require(self.user, MODULE, self.action)
        return staff_in_reach(self.user, MODULE, self.action)

    def row_url(self, row: Any) -> str:
        """The administration's page of the person for who may open it, else what the person reaches for who may look into that."""
        if may_administer(self.request, "access", Action.VIEW):
            return reverse("admin:access_user_change", args=[row.pk])
        pages = person_pages(row.pk) if may_look_into(self.user, row) else []
        return pages[0][1] if pages else ""
