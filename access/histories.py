"""Which old values of people and org units may be put back in the administration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Model
from django.http import Http404
from django.urls import reverse

from access.history import Subject, register_subject
from access.history.restoring import with_values
from access.models import Action, OrgUnit, User
from access.scope import scope_of
from access.services.org_units import save_org_unit
from access.services.people import change_person
from common.versions import ensure_version

# What the form of a person sets. Passwords are in no history; who is a superuser is said on the command line.
_PERSON: Final = frozenset({"username", "name", "email", "phone", "org_unit", "locale", "is_active", "is_staff"})
_UNIT: Final = frozenset({"code", "name_zh", "name_en", "level", "parent"})


def register_histories() -> None:
    """Called once, when Django is ready."""
    register_subject(_subject(User, _PERSON, _write_person))
    register_subject(_subject(OrgUnit, _UNIT, _write_unit))


def _subject(model: type[Model], restorable: frozenset[str], write: Any) -> Subject:
    name = f"admin:access_{model._meta.model_name}"

    def find(user: User, pk: Any, action: str) -> Any:
        """As the administration asks: staff whose role reaches everything."""
        row = model._default_manager.filter(pk=pk).first()
        above = action == Action.CHANGE and isinstance(row, User) and row.is_superuser and not user.is_superuser
        if row is None or above or not (user.is_staff and scope_of(user).reach("access", action).everything):
            raise Http404
        return row

    return Subject(
        model=model,
        page=lambda row: reverse(f"{name}_change", args=[row.pk]),
        history_url=f"{name}_history",
        restore_url=f"{name}_restore",
        find=find,
        restorable=restorable,
        write=write,
    )


def _write_person(row: User, values: Mapping[str, Any], actor: User, seen: str) -> None:
    change_person(person_id=row.pk, actor=actor, seen=seen, values=values)


@transaction.atomic
def _write_unit(row: OrgUnit, values: Mapping[str, Any], _actor: User, seen: str) -> None:
    unit = OrgUnit.objects.select_for_update().get(pk=row.pk)
    ensure_version(unit, seen)
    save_org_unit(with_values(unit, values))
