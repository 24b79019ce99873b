"""Create and move org units, keeping the path of every unit below."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from access.models import OrgUnit


def path_below(parent: OrgUnit | None, code: str) -> str:
    """The path of a unit with `code` under `parent` (None: a root)."""
    return f"{parent.path if parent else ''}{code}/"


@transaction.atomic
def save_org_unit(unit: OrgUnit) -> OrgUnit:
    """Save `unit`, new or changed, and rewrite the paths below it in one statement.

    Raises ValidationError when the new parent lies below the unit itself.
    """
    OrgUnit.objects.select_for_update().filter(parent=None).first()  # one mover at a time, so that paths never cross
    old_path = OrgUnit.objects.filter(pk=unit.pk).values_list("path", flat=True).first() if unit.pk else None
    if old_path and unit.parent and unit.parent.path.startswith(old_path):
        raise ValidationError({"parent": _("A unit cannot lie below itself.")})
    unit.path = path_below(unit.parent, unit.code)
    unit.save()
    if old_path and old_path != unit.path:
        below = OrgUnit.objects.filter(path__startswith=old_path).exclude(pk=unit.pk)
        below.update(path=Concat(Value(unit.path), Substr(F("path"), len(old_path) + 1)))
    return unit
