"""Telling people in the product that something happened: any app names its kinds of notices and sends them, without knowing who keeps them.

`workflow` keeps and shows them: its `AppConfig.ready` hands over how they are delivered. A notice is kept as its kind and parameters, so
that everybody reads it in the own language, however long ago it was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise

Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of notices.

    Attributes:
        code: its stable name; kept with each notice.
        label: what people choose by in their settings.
        text: the sentence, with a place like `%(customer)s` for each parameter.
        icon: a Tabler icon without its `ti-` prefix.
        url: the address that a notice with these parameters leads to; empty: none.
        tone: "ok", "warn", "bad" or "run", as for states; empty: none.
    """

    code: str
    label: str | Promise
    text: str | Promise
    icon: str = "bell"
    url: Callable[[Parameters], str] | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One notice to be sent: to whom (a user's key), with what; a second one with the same key, where there is one, is not sent."""

    recipient: int
    parameters: Parameters
    key: str = ""


Deliver = Callable[[str, Sequence[Entry]], int]

_kinds: Final[dict[str, NoticeKind]] = {}
_deliverers: Final[list[Deliver]] = []


def register_kind(kind: NoticeKind) -> None:
    """Make a kind known; called in `AppConfig.ready`."""
    _kinds[kind.code] = kind


def notice_kinds() -> list[NoticeKind]:
    """All kinds, as they were registered."""
    return list(_kinds.values())


def kind_named(code: str) -> NoticeKind | None:
    """The kind `code`; None for one that no app sends any more."""
    return _kinds.get(code)


def deliver_with(deliver: Deliver) -> None:
    """Let `deliver(kind, entries)` keep the notices from now on; it returns how many it kept."""
    _deliverers[:] = [deliver]


def notify_each(kind: str, entries: Iterable[Entry]) -> int:
    """Send notices of one kind, each with its own parameters, by one statement; how many were kept.

    They count with the caller's transaction. Who is disabled, or does not want the kind, is sent none. Raises KeyError for an unknown kind.
    """
    known = _kinds[kind]
    listed = list(entries)
    return _deliverers[0](known.code, listed) if listed and _deliverers else 0


def notify(recipients: Iterable[int | None], kind: str, *, actor: int | None = None, key: str = "", **parameters: Any) -> int:
    """Send one notice to several people, by one statement; how many were kept.

    Arguments:
        recipients: keys of users; None and `actor`, who knows already, are left out.
        key: what the notice is about; whoever has one with the same key is sent no second.
        parameters: what the kind's sentence and address take: texts and numbers.
    """
    wanted = {pk for pk in recipients if pk is not None and pk != actor}
    return notify_each(kind, [Entry(pk, parameters, key) for pk in sorted(wanted)])
