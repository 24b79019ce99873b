"""Saving a person's details, for the administration's form and for putting old values back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest

from access.models import User
from access.services.sessions import end_sessions
from common.versions import ensure_version


def save_person(person: User, *, request: HttpRequest | None = None) -> None:
    """Save `person`, new or changed; a disabled person's sessions end at once."""
    known = person.pk is not None
    with transaction.atomic():
        person.save()
        if known and not person.is_active:
            end_sessions(user=person, request=request, reason="disabled")


@transaction.atomic
def change_person(*, person_id: int, actor: User, seen: str, values: Mapping[str, Any]) -> User:
    """Set `values` of a person; `actor` has been found to be allowed to.

    Arguments:
        seen: the version of the person that was shown.

    Raises ValidationError when a value is not valid or somebody else was quicker, PermissionDenied where `actor` would change a superuser
    without being one, or shut himself out.
    """
    person = User.objects.select_for_update().get(pk=person_id)
    ensure_version(person, seen)
    shut_out = person.pk == actor.pk and not (values.get("is_active", True) and values.get("is_staff", True))
    if shut_out or (person.is_superuser and not actor.is_superuser):
        raise PermissionDenied
    for name, value in values.items():
        setattr(person, name, value)
    person.full_clean()
    save_person(person)
    return person
