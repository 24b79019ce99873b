"""Notices in words: the sentence of a kind with a notice's parameters, in the language of whoever reads it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.urls import NoReverseMatch

from common.notices import kind_named
from workflow.models import Notice


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice as it is read. `text` is empty for a kind that no app sends any more."""

    pk: int
    text: str
    icon: str
    tone: str
    url: str
    created_at: datetime.datetime
    is_read: bool


def shown_notice(notice: Notice) -> ShownNotice:
    """`notice` in the present language."""
    kind = kind_named(notice.kind)
    text, icon, tone, url = "", "bell", "", ""
    if kind is not None:
        icon, tone = kind.icon, kind.tone
        try:
            text = (str(kind.text) % notice.parameters).rstrip()  # the last parameter may be an empty text
            url = kind.url(notice.parameters) if kind.url is not None else ""
        except (KeyError, NoReverseMatch):
            # It was sent by an older release, with other parameters.
            text = text or str(kind.label)
    return ShownNotice(notice.pk, text, icon, tone, url, notice.created_at, notice.read_at is not None)
