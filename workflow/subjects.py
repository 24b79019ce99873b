"""What a to-do can be about: rows of models that upper apps register.

A to-do keeps the key alone; what its reader sees of the subject is asked of the policy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404
from django.utils.functional import Promise

from access.models import User


@dataclass(frozen=True, slots=True)
class ShownSubject:
    """A subject as somebody sees it who may."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """A model whose rows to-dos are about.

    Attributes:
        code: the model's label in lower case, such as "customers.customer".
        label: what a row is called.
        visible: the rows that a user may look at: a queryset through the access policy.
        show: the name and the page of a row.
    """

    code: str
    label: str | Promise
    visible: Callable[[User], Any]
    show: Callable[[Any], ShownSubject]


_kinds: Final[dict[str, SubjectKind]] = {}


def register_subject_kind(kind: SubjectKind) -> None:
    """Let to-dos be about rows of a model; called in `AppConfig.ready`."""
    _kinds[kind.code] = kind


def reference_of(kind: str, key: int) -> str:
    """How an address names a subject: "customers.customer:17"."""
    return f"{kind}:{key}"


def subject_in(reference: str, user: User) -> tuple[str, int, ShownSubject]:
    """The kind, key and look of the subject that an address names. Raises Http404 where there is none that `user` sees."""
    code, _colon, key = reference.partition(":")
    if code not in _kinds or not key.isdecimal() or len(key) > 18:
        raise Http404
    found = _kinds[code].visible(user).filter(pk=int(key)).first()
    if found is None:
        raise Http404
    return code, found.pk, _kinds[code].show(found)


def subjects_of(rows: Iterable[Any], user: User) -> Mapping[int, ShownSubject]:
    """The subjects of to-dos, by the to-do's key, as far as `user` sees them; one query for each kind among them."""
    wanted: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.subject_kind in _kinds:
            wanted[row.subject_kind][row.subject_key].append(row.pk)
    found: dict[int, ShownSubject] = {}
    for code, keys in wanted.items():
        for subject in _kinds[code].visible(user).filter(pk__in=list(keys)):
            shown = _kinds[code].show(subject)
            found.update(dict.fromkeys(keys[subject.pk], shown))
    return found
