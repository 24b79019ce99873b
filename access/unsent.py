"""A form that was sent after the session had ended: it waits on the server until the same person has signed in again."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from access.models import User
from common.encryption import UnknownFieldKey, keyring

_KEY: Final = "unsent_form"
_CONTEXT: Final = "session.unsent_form"
MOST_CHARACTERS: Final = 200_000
_NEVER_KEPT: Final = ("/accounts/", "/admin/")
_TOKEN: Final = "csrfmiddlewaretoken"  # noqa: S105  (the name of a field)


@dataclass(frozen=True, slots=True)
class UnsentForm:
    """The address that the form goes to, its fields in their order, and the names of files, which cannot be kept."""

    address: str
    fields: list[tuple[str, str]]
    files: list[str]


def keep_unsent(request: HttpRequest, user: User) -> bool:
    """Keep the form of `request` in its (new, anonymous) session for `user`; whether there was anything to keep.

    Passwords and codes are never kept, nor more than `MOST_CHARACTERS`. What is kept is encrypted: an ID number may be among it.
    """
    if request.method != "POST" or request.path.startswith(_NEVER_KEPT):
        return False
    fields = [(name, value) for name, values in request.POST.lists() if name != _TOKEN for value in values]
    if not fields or sum(len(name) + len(value) for name, value in fields) > MOST_CHARACTERS:
        return False
    files = [file.name for name in request.FILES for file in request.FILES.getlist(name) if file.name]
    text = json.dumps({"address": request.get_full_path(), "fields": fields, "files": files})
    request.session[_KEY] = {"user": user.pk, "form": base64.b64encode(keyring().encrypt(text, _CONTEXT)).decode()}
    return True


def unsent_of(session: SessionBase, user: User) -> UnsentForm | None:
    """The form that waits in `session` for `user`; another person's is thrown away."""
    kept: dict[str, Any] | None = session.get(_KEY)
    if kept is None:
        return None
    if kept["user"] != user.pk:
        forget_unsent(session)
        return None
    try:
        form = json.loads(keyring().decrypt(base64.b64decode(kept["form"]), _CONTEXT))
    except UnknownFieldKey:  # it waited across a change of keys
        forget_unsent(session)
        return None
    return UnsentForm(form["address"], [(name, value) for name, value in form["fields"]], form["files"])


def forget_unsent(session: SessionBase) -> None:
    """Throw the waiting form away."""
    session.pop(_KEY, None)
