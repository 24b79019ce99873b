"""Change what is kept of one member. Joining, leaving and subscribing go through batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Action, User
from access.policy import ensure_still_reached
from common.saving import save_unless_taken
from common.versions import ensure_version
from members.models import Member

FIELDS: Final = ("holder_name", "employee_no", "department", "short_number", "pay_mode", "state")


def why_kept(member: Member) -> str:
    """Why nothing of `member` is changed any more: it has left. Empty as long as it may be changed."""
    if member.left_on is None or member.left_on > timezone.localdate():
        return ""
    return _("This number has left the group; what was kept of it stays as it was.")


@transaction.atomic
def change_member(*, member_id: int, values: Mapping[str, Any], seen: str, actor: User) -> Member:
    """Write new values of `FIELDS`, already validated, to a membership that has not ended.

    Args:
        values: by field name; others are left as they are.
        seen: the version that the form showed (`common.versions.version_of`).

    Raises Http404 when the membership is out of the actor's reach for `change`; ValidationError when it has ended, was changed meanwhile,
    or another member of the group has the short number.
    """
    member = Member.objects.select_for_update(of=("self",)).get_visible(actor, member_id, Action.CHANGE)
    if kept := why_kept(member):
        raise ValidationError(kept)
    ensure_version(member, seen)
    changed = [name for name in FIELDS if name in values and values[name] != getattr(member, name)]
    if not changed:
        return member
    for name in changed:
        setattr(member, name, values[name])
    save_unless_taken(member, update_fields=[*changed, "updated_at"])
    ensure_still_reached(Member.objects.all(), actor, member.pk)
    return member
