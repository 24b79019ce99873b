"""The two lists of the audit search: what people did or were refused, and what changed in one kind of object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from access.audit_filters import AuditEventFilters, ChangeFilters
from access.history.reading import LABELS
from access.history.subjects import event_model_of
from access.models import Action, AuditEvent, User
from access.scope import scope_of
from common.lists import Column, ListDefinition


def may_audit(user: Any) -> bool:
    """Whether `user` may read the audit: whoever sees everything of the module `access`."""
    return scope_of(user).reach("access", Action.VIEW).everything


def require_audit(user: Any) -> None:
    """Raise PermissionDenied unless `user` may read the audit."""
    if not may_audit(user):
        raise PermissionDenied


def _details(event: Any) -> str:
    return ", ".join(f"{name}: {_plain(value)}" for name, value in event.details.items())


def _plain(value: Any) -> str:
    """A detail without the brackets and quotes of a program's list."""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _kind(event: Any) -> str:
    """The kind in words, also of one that the program no longer has."""
    return str(event.get_kind_display())


class AuditEventList(ListDefinition):
    """Sign-ins, refusals, reveals, exports, sharing."""

    name = "audit-events"
    model = AuditEvent
    title = gettext_lazy("Audit")
    columns: ClassVar[Sequence[Column]] = (
        Column(key="happened_at", label=gettext_lazy("When"), sort=("id",), descending_first=True),
        Column(key="kind", label=gettext_lazy("Event"), value=_kind),
        Column(key="actor_login", label=gettext_lazy("Login")),
        Column(key="object_label", label=gettext_lazy("Object")),
        Column(key="path", label=gettext_lazy("Page"), hide_on_phone=True),
        Column(key="address", label=gettext_lazy("Address"), hide_on_phone=True),
        Column(key="details", label=gettext_lazy("Details"), value=_details, hide_on_phone=True),
    )
    filterset_class = AuditEventFilters
    default_sort = "-happened_at"
    empty_text = gettext_lazy("Nothing has happened yet.")

    def queryset(self) -> QuerySet[Any]:
        """All events, for those who may read the audit."""
        require_audit(self.user)
        return AuditEvent.objects.all()


def _people(rows: Sequence[Any], _user: Any) -> Mapping[Any, str]:
    """Who made the changes of the page; one query."""
    names = {user.pk: str(user) for user in User.objects.filter(pk__in={row.pgh_actor for row in rows} - {None})}
    return {row.pk: names.get(row.pgh_actor, "") for row in rows}


def _origins(rows: Sequence[Any], _user: Any) -> Mapping[Any, str]:
    """The pages and commands from which the changes of the page were made."""
    metadata = {row.pk: row.pgh_context.metadata if row.pgh_context else {} for row in rows}
    return {key: str(facts.get("path") or facts.get("command") or "") for key, facts in metadata.items()}


class ChangeList(ListDefinition):
    """Changes of one kind of object; `list_of` makes the list for a model."""

    name = "audit-changes"
    title = gettext_lazy("Audit")
    columns: ClassVar[Sequence[Column]] = (
        Column(key="moment", label=gettext_lazy("When"), value="pgh_created_at", sort=("pgh_id",), descending_first=True, link=True),
        Column(key="label", label=gettext_lazy("What was done"), value=lambda row: str(LABELS.get(row.pgh_label, row.pgh_label))),
        Column(key="object", label=gettext_lazy("Key of object"), value=lambda row: f"#{row.pgh_obj_id}"),
        Column(key="actor", label=gettext_lazy("By"), values=_people),
        Column(key="job", label=gettext_lazy("Job"), value=lambda row: f"#{row.pgh_job}" if row.pgh_job else ""),
        Column(key="origin", label=gettext_lazy("Page"), values=_origins, hide_on_phone=True),
    )
    filterset_class = ChangeFilters
    default_sort = "-moment"
    empty_text = gettext_lazy("Nothing of this kind has changed yet.")
    tracked: ClassVar[type[models.Model]]

    def queryset(self) -> QuerySet[Any]:
        """All events of the kind, for those who may read the audit."""
        require_audit(self.user)
        return self.model._default_manager.select_related("pgh_context")

    def row_url(self, row: Any) -> str:
        """The change with the values before and after it."""
        return reverse("access:audit_change", args=[self.tracked._meta.label_lower, row.pgh_id])


def list_of(model: type[models.Model]) -> type[ChangeList]:
    """The list of the changes of `model`."""
    return type("ChangeListOfModel", (ChangeList,), {"model": event_model_of(model), "tracked": model})


def kind_label(model: type[models.Model]) -> str:
    """What a kind of object is called."""
    return capfirst(str(model._meta.verbose_name))
