"""What the rows of a list of people would do, row by row: enter somebody, change somebody, nothing, or nothing because of an error."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from access.models import OrgUnit, Role, RoleAssignment, User
from access.people_files import FORMULA, PersonRow
from common.cells import neutralised

CREATED: Final = "created"
UPDATED: Final = "updated"
UNCHANGED: Final = "unchanged"
ERROR: Final = "error"
KINDS: Final = (ERROR, CREATED, UPDATED, UNCHANGED)

_LOGIN: Final = re.compile(r"\w[\w.@+-]{0,63}")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()-]{2,18}")
_LANGUAGES: Final = {
    **dict.fromkeys(("en", "english", "英文", "英语"), "en"),
    **dict.fromkeys(("zh-hans", "zh", "zh-cn", "chinese", "中文", "简体中文"), "zh-hans"),
}
_YES_OR_NO: Final = {
    **dict.fromkeys(("yes", "true", "1", "active", "是", "启用", "有效"), True),
    **dict.fromkeys(("no", "false", "0", "disabled", "否", "停用", "无效"), False),
}
_PLAIN_FIELDS: Final = ("name", "email", "phone", "locale", "is_active")


@dataclass(slots=True)
class CheckedRow:
    """A row and what it would do.

    Attributes:
        source: the row.
        kind: one of `KINDS`.
        messages: the errors of an error row; the names of what changes of a changed one.
        user: as the person would be; None for an error.
        role: the role that the row names.
        assigns: whether the person does not hold it yet.
        disables: whether the person would be disabled by it.
    """

    source: PersonRow
    kind: str
    messages: list[str] = field(default_factory=list)
    user: User | None = None
    role: Role | None = None
    assigns: bool = False
    disables: bool = False


@dataclass(slots=True)
class _Known:
    """What the rows are checked against; read by as many queries for one row as for ten thousand."""

    actor: User
    in_file: Counter[str]
    users: dict[str, User]
    spellings: dict[str, str]
    units: dict[str, OrgUnit]
    roles: dict[str, Role]
    held: set[tuple[int, int, int]]


def check_people(rows: Sequence[PersonRow], actor: User, *, lock: bool = False) -> list[CheckedRow]:
    """What each of `rows` would do when `actor` lets it; with `lock` the people are kept from others until the transaction ends."""
    known = _read_known(rows, actor, lock=lock)
    return [_checked(row, known) for row in rows]


def _login_of(row: PersonRow) -> str:
    return User.normalize_username(row.texts.get("username", ""))


def _read_known(rows: Sequence[PersonRow], actor: User, *, lock: bool) -> _Known:
    logins = {_login_of(row) for row in rows}
    people = User.objects.filter(username__in=logins)
    if lock:
        people = people.select_for_update(of=("self",), no_key=True).order_by("pk")
    users = {user.username: user for user in people}
    units = OrgUnit.objects.filter(code__in={row.texts.get("org_unit", "") for row in rows})
    roles = Role.objects.filter(code__in={row.texts.get("role", "") for row in rows})
    held = RoleAssignment.objects.filter(user__in=[user.pk for user in users.values()])
    return _Known(
        actor=actor,
        in_file=Counter(login.casefold() for login in map(_login_of, rows)),
        users=users,
        spellings={login.casefold(): login for login in User.objects.order_by().values_list("username", flat=True)},
        units={unit.code: unit for unit in units},
        roles={role.code: role for role in roles},
        held=set(held.values_list("user_id", "role_id", "org_unit_id")),
    )


def _checked(row: PersonRow, known: _Known) -> CheckedRow:
    login = _login_of(row)
    before = known.users.get(login)
    errors = _login_errors(login, known)
    values: dict[str, Any] = {}
    for name, text in row.texts.items():
        # An empty cell leaves what is there.
        if text and name != "username":
            try:
                values[name] = _value(name, text, known)
            except ValidationError as error:
                errors += error.messages
    if before is None and not row.texts.get("name"):
        errors.append(_("A new person needs a name."))
    user = copy.copy(before) if before else User(username=login)
    changed = _assign(user, values)
    role = values.get("role")
    assigns = role is not None and (user.pk, role.pk, user.org_unit_id) not in known.held
    if role is not None and user.org_unit_id is None:
        errors.append(_("A role is held in a unit: name the unit."))
    disables = before is not None and before.is_active and not user.is_active
    errors += _forbidden(before, known, changes=bool(changed or assigns), disables=disables)
    if errors:
        return CheckedRow(row, ERROR, errors)
    if before is None:
        return CheckedRow(row, CREATED, [], user, role, assigns)
    if assigns:
        changed.append(_("role"))
    return CheckedRow(row, UPDATED if changed else UNCHANGED, changed, user, role, assigns, disables)


def _login_errors(login: str, known: _Known) -> list[str]:
    if not login:
        return [_("The login is missing.")]
    if not _LOGIN.fullmatch(login):
        return [_("A login has at most 64 letters, digits and . @ + - _, and begins with a letter or digit.")]
    errors = []
    if known.in_file[login.casefold()] > 1:
        errors.append(_("The login stands in the file more than once."))
    taken = known.spellings.get(login.casefold())
    if login not in known.users and taken is not None:
        errors.append(_("The login is taken, written %(login)s.") % {"login": taken})
    return errors


def _forbidden(before: User | None, known: _Known, *, changes: bool, disables: bool) -> list[str]:
    errors = []
    if before is not None and before.is_superuser and changes:
        errors.append(_("A superuser is not changed by a list."))
    if before is not None and before.pk == known.actor.pk and disables:
        errors.append(_("You cannot disable yourself."))
    return errors


def _value(name: str, text: str, known: _Known) -> Any:
    """The value that `text` stands for in the column `name`. Raises ValidationError."""
    if text == FORMULA or (name != "phone" and neutralised(text) != text):
        raise ValidationError(_("%(column)s: a formula is not taken.") % {"column": label_of(name)})
    if not text.isprintable():
        raise ValidationError(_("%(column)s: there are invisible characters.") % {"column": label_of(name)})
    match name:
        case "org_unit":
            found: Any = known.units.get(text)
            message = _("There is no unit %(code)s.") % {"code": text}
        case "role":
            found = known.roles.get(text)
            message = _("There is no role %(code)s.") % {"code": text}
        case "locale":
            found = _LANGUAGES.get(text.casefold())
            message = _("The language is en or zh-hans.")
        case "is_active":
            found = _YES_OR_NO.get(text.casefold())
            message = _("Active is yes or no.")
        case _:
            return _plain_text(name, text)
    if found is None:
        raise ValidationError(message)
    return found


def _plain_text(name: str, text: str) -> str:
    limit = _field(name).max_length or 0
    if len(text) > limit:
        raise ValidationError(_("%(column)s: at most %(limit)d characters.") % {"column": label_of(name), "limit": limit})
    if name == "email":
        validate_email(text)
    if name == "phone" and not _PHONE.fullmatch(text):
        raise ValidationError(_("This is not a phone number."))
    return text


def _assign(user: User, values: dict[str, Any]) -> list[str]:
    """Set the values on `user`; the names of those that differ."""
    changed = []
    for name in _PLAIN_FIELDS:
        if name in values and getattr(user, name) != values[name]:
            setattr(user, name, values[name])
            changed.append(label_of(name))
    unit = values.get("org_unit")
    if unit is not None and user.org_unit_id != unit.pk:
        user.org_unit = unit
        changed.append(label_of("org_unit"))
    return changed


def label_of(name: str) -> str:
    """The column `name` in words."""
    return str(_("role") if name == "role" else _field(name).verbose_name)


def _field(name: str) -> Any:
    return User._meta.get_field(name)
