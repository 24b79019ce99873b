"""Who can sign in to the demo data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from access.models import User
from members.demo.organisation import PERSONAS

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

DEMO_PASSWORD: Final = "yunjiang-demo"  # noqa: S105  (shown on the sign-in page; exists only with DEBUG)
_LABELS: Final = {
    "manager": _("Account manager"),
    "director": _("City director"),
    "province": _("Province director"),
    "administrator": _("Administrator"),
    "viewer": _("Viewer"),
}


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """A demo sign-in. `role` is text in the reader's language once it is shown."""

    login: str
    password: str
    role: StrPromise | str


def demo_sign_ins() -> list[DemoSignIn]:
    """The demo sign-ins that work in this database, in the order of rank; none where `settings.DEBUG` is off.

    One query. Users of these names with an unusable password (loaded without DEBUG) are left out.
    """
    if not settings.DEBUG:
        return []
    users = {user.username: user for user in User.objects.filter(username__in=PERSONAS, is_active=True)}
    return [
        DemoSignIn(login, DEMO_PASSWORD, label) for login, label in _LABELS.items() if login in users and users[login].has_usable_password()
    ]
