"""Enter and change many people at once, by login: what a list of rows would do, and doing it in a handful of statements."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from access.audit import record_event
from access.models import Action, AuditEventKind, RoleAssignment, User
from access.people_checks import CREATED, ERROR, UPDATED, CheckedRow, check_people
from access.people_files import PersonRow
from access.scope import scope_of
from access.services.sessions import end_sessions_of_all

MOST_FIRST_PASSWORDS: Final = 1_000
"""So many people get first passwords at once."""
WRITTEN_FIELDS: Final = ("name", "email", "phone", "org_unit", "locale", "is_active", "updated_at")

_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_PIECES: Final = 4
_PIECE: Final = 5
# The hash of a password that people choose must be slow, as it can be guessed. Of these there are 10**29; and Django makes the slow hash
# anew when the password is first used.
_ROUNDS: Final = 1_000


@dataclass(slots=True)
class Imported:
    """What was done: how many rows of each kind, and the first passwords by login, in the order of the rows, where some were made."""

    counts: Counter[str]
    first_passwords: list[tuple[User, str]] = field(default_factory=list)


def may_import(user: User) -> bool:
    """Whether `user` may enter and change everybody."""
    scope = scope_of(user)
    return all(scope.role_reach("access", action).everything for action in (Action.ADD, Action.CHANGE))


@transaction.atomic
def import_people(*, rows: Sequence[PersonRow], actor: User, request: HttpRequest, first_passwords: bool) -> Imported:
    """Enter and change the people of `rows`, whole or not at all. New people have no password unless `first_passwords`.

    However many rows there are, it takes as many statements. Raises PermissionDenied where `actor` may not change everybody,
    ValidationError where a row has an error, which happens when somebody else changed what the rows were checked against.
    """
    if not may_import(actor):
        raise PermissionDenied
    checked = check_people(rows, actor, lock=True)
    created = [row for row in checked if row.kind == CREATED]
    updated = [row for row in checked if row.kind == UPDATED]
    if any(row.kind == ERROR for row in checked):
        raise ValidationError(_("What the rows were checked against has changed meanwhile. Check the file again."))
    if first_passwords and len(created) > MOST_FIRST_PASSWORDS:
        raise ValidationError(_("At most %(limit)d people get first passwords at once.") % {"limit": MOST_FIRST_PASSWORDS})
    passwords = _give_passwords([row.user for row in created if row.user], made=first_passwords)
    try:
        with transaction.atomic():
            _write(created, updated)
    except IntegrityError as error:
        raise ValidationError(_("What the rows were checked against has changed meanwhile. Check the file again.")) from error
    end_sessions_of_all(users=[row.user for row in updated if row.user and row.disables], request=request, reason="disabled")
    counts = Counter(row.kind for row in checked)
    details = {CREATED: counts[CREATED], UPDATED: counts[UPDATED], "first_passwords": len(passwords)}
    if created or updated:
        record_event(AuditEventKind.PEOPLE_IMPORTED, actor=actor, request=request, details=details)
    return Imported(counts, passwords)


def _write(created: list[CheckedRow], updated: list[CheckedRow]) -> None:
    User.objects.bulk_create(row.user for row in created if row.user)
    # One statement for all of them, where `bulk_update` would write a condition for each row and field.
    User.objects.bulk_create(
        [row.user for row in updated if row.user], update_conflicts=True, unique_fields=["username"], update_fields=WRITTEN_FIELDS
    )
    RoleAssignment.objects.bulk_create((_assignment(row) for row in (*created, *updated) if row.assigns), ignore_conflicts=True)


def _assignment(row: CheckedRow) -> RoleAssignment:
    """The role in the person's unit; a row that assigns a role has both."""
    unit_id: Any = row.user.org_unit_id if row.user else None
    return RoleAssignment(user=row.user, role=row.role, org_unit_id=unit_id)


def _give_passwords(users: list[User], *, made: bool) -> list[tuple[User, str]]:
    moment = timezone.now()
    given = []
    hasher = PBKDF2PasswordHasher()
    for user in users:
        user.created_at = moment
        if made:
            password = _first_password(user)
            user.password = hasher.encode(password, hasher.salt(), iterations=_ROUNDS)
            user.must_change_password = True
            given.append((user, password))
        else:
            user.password = make_password(None)
    return given


def _first_password(user: User) -> str:
    """A random password that the password policy takes; chance may write a date or a word into one."""
    while True:
        password = "-".join("".join(secrets.choice(_ALPHABET) for _letter in range(_PIECE)) for _piece in range(_PIECES))
        try:
            validate_password(password, user)
        except ValidationError:
            continue
        return password
