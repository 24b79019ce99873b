"""Masked values: which there are, how each looks, who may see it in full, and showing it, which the audit keeps.

An app names its sensitive values by `register_sensitive` when it is ready. Pages show them by `shown` (or the tag `masked`), lists by
`masked_column`: masked to everybody, with a button for whoever may do `reveal` on that very row. The one view `access.reveal_views.reveal`
answers the button. Whoever writes a value into a file or an answer of the API asks `revealable`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from access.audit import record_event
from access.models import Action, AuditEventKind, User
from access.scope import allowed
from common.keys import key_in
from common.lists import NOTHING, Beside, Column

AT_ONCE: Final = 1_000
_MARK: Final = "_may_be_revealed"


@dataclass(frozen=True, slots=True)
class SensitiveField:
    """A value of a row: its name in addresses and in the audit, its label, the value in full as people read it, and its mask."""

    name: str
    label: str | Promise
    value: Callable[[Any], str]
    mask: Callable[[str], str]


Revealable = Callable[[User, Collection[str]], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Sensitive:
    """The sensitive values of one model.

    Attributes:
        kind: its name in addresses.
        module: the module whose action `reveal` opens them; asked first, so that most people cost no query.
        fields: by name.
        find: the rows with one of these keys on which a user may do `reveal`, by at most one query.
        key: a row's key as text.
    """

    kind: str
    module: str
    fields: Mapping[str, SensitiveField]
    find: Revealable
    key: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Revealed:
    """A value in full: the id of its place on the page, what it is of, and the value."""

    element_id: str
    row: str
    label: str | Promise
    value: str


_by_model: dict[type[models.Model], Sensitive] = {}
_by_kind: dict[str, Sensitive] = {}


def register_sensitive(
    model: type[models.Model],
    *fields: SensitiveField,
    kind: str,
    module: str,
    find: Revealable | None = None,
    key: Callable[[Any], str] = lambda row: str(row.pk),
) -> None:
    """Name the sensitive values of `model`. `find` is for rows that do not ask the policy by `visible_to` and their primary key."""

    def found(user: User, keys: Collection[str]) -> Sequence[Any]:
        whole = [number for text in keys if (number := key_in(text)) is not None]
        manager: Any = model._default_manager
        return list(manager.visible_to(user, Action.REVEAL).filter(pk__in=whole))

    sensitive = Sensitive(kind, module, {field.name: field for field in fields}, find or found, key)
    _by_model[model] = _by_kind[kind] = sensitive


def masked_text(row: models.Model, name: str) -> str:
    """The value `name` of `row` as everybody may see it."""
    field = _by_model[type(row)].fields[name]
    return field.mask(field.value(row))


# --- deciding --------------------------------------------------------------------------------------------------------------------------


def revealable(user: Any, rows: Sequence[models.Model]) -> set[str]:
    """The keys, as `Sensitive.key` gives them, of those of `rows` (all of one model) that `user` may see in full. At most one query."""
    if not rows:
        return set()
    sensitive = _by_model[type(rows[0])]
    if not allowed(user, sensitive.module, Action.REVEAL):
        return set()
    return {sensitive.key(row) for row in sensitive.find(user, {sensitive.key(row) for row in rows})}


def mark_revealable(user: Any, rows: Sequence[models.Model]) -> None:
    """Remember on each row whether `user` may see it in full, so that its values ask no more. At most one query."""
    if all(hasattr(row, _MARK) for row in rows):
        return
    keys = revealable(user, rows)
    for row in rows:
        setattr(row, _MARK, _by_model[type(row)].key(row) in keys)


# --- showing ---------------------------------------------------------------------------------------------------------------------------


def shown(user: Any, row: models.Model, name: str) -> Beside:
    """The masked value `name` of `row`, and beside it the button that shows it in full, where `user` may."""
    mark_revealable(user, [row])
    sensitive = _by_model[type(row)]
    field = sensitive.fields[name]
    full = field.value(row)
    if not full:
        return Beside(NOTHING)
    masked, key = field.mask(full), sensitive.key(row)
    if masked == full:
        return Beside(format_html("{}", full))
    element_id = _element_id(sensitive.kind, key, name)
    content = format_html('<span class="masked" id="{}">{}</span>', element_id, masked)
    return Beside(content, _button(element_id, f"{sensitive.kind}.{key}.{name}", masked) if getattr(row, _MARK) else SafeString())


def admin_shown(row: models.Model, name: str) -> str:
    """The masked value `name` of `row` for the administration, whose pages hold `access/reveal_form.html`: beside it a button that leads to
    the value in full, where `mark_revealable` found that the user may.
    """
    sensitive = _by_model[type(row)]
    masked = masked_text(row, name)
    if not masked or not getattr(row, _MARK, False):
        return masked or NOTHING
    token = f"{sensitive.kind}.{sensitive.key(row)}.{name}"
    return format_html(
        '{} <button type="submit" class="reveal-link" form="reveal-one" name="value" value="{}">{}</button>',
        *(masked, token, _("Show in full")),
    )


def _element_id(kind: str, key: str, name: str) -> str:
    return f"masked-{kind}-{key}-{name}"


def _button(element_id: str, token: str, masked: str) -> SafeString:
    """The button works by htmx, and without JavaScript as the submit button of a form in the frame; the hidden field is for "all"."""
    return format_html(
        '<span class="reveal-eye" id="{}-eye"><input type="hidden" form="reveal-page" name="value" value="{}">'
        '<button type="submit" class="reveal" form="reveal-one" name="value" value="{}" title="{}" aria-label="{}" hx-post="{}" '
        'hx-swap="none"><i class="ti ti-eye" aria-hidden="true"></i></button></span>',
        *(element_id, token, token, _("Show in full"), _("Show %(value)s in full") % {"value": masked}, reverse("access:reveal")),
    )


def masked_column(name: str, **options: Any) -> Column:
    """A list's column with the sensitive value `name` of its rows; `options` as for `Column`. One query for a page of rows."""

    def values(rows: Sequence[Any], user: Any) -> Mapping[Any, Beside]:
        mark_revealable(user, rows)
        return {row.pk: shown(user, row, name) for row in rows}

    def written(rows: Sequence[Any], user: Any) -> Mapping[Any, str]:
        mark_revealable(user, rows)
        return {row.pk: _written(row, name) for row in rows}

    return Column(values=values, export_values=written, sensitive=True, **options)


def _written(row: models.Model, name: str) -> str:
    """The value as it stands in a file for whoever `mark_revealable` has asked about: in full, or masked."""
    field = _by_model[type(row)].fields[name]
    full = field.value(row)
    return full if getattr(row, _MARK) else field.mask(full)


# --- revealing -------------------------------------------------------------------------------------------------------------------------


def reveal_values(user: User, tokens: Sequence[str], request: HttpRequest) -> list[Revealed]:
    """The values that `tokens` name ("member.12.number"), as far as `user` may see them; entered into the audit, the values apart.

    One query and one event for each kind of row. Tokens that mean nothing and rows out of reach are left out.
    """
    found: list[Revealed] = []
    for kind, wanted in _by_kind_and_key(tokens[:AT_ONCE]).items():
        sensitive = _by_kind[kind]
        rows = sensitive.find(user, wanted) if allowed(user, sensitive.module, Action.REVEAL) else []
        values = [
            Revealed(_element_id(kind, sensitive.key(row), name), str(row), sensitive.fields[name].label, text)
            for row in rows
            for name in wanted[sensitive.key(row)]
            if (text := sensitive.fields[name].value(row))
        ]
        if values:
            fields = sorted({name for row in rows for name in wanted[sensitive.key(row)]})
            record_reveal(user, rows, fields, request=request, count=len(values))
        found += values
    return found


def record_reveal(user: User, rows: Sequence[models.Model], fields: Sequence[str], *, request: HttpRequest | None, count: int) -> None:
    """Enter into the audit that `user` was shown `count` values of `rows`: one event, with the keys and never the values."""
    if not rows:
        return
    sensitive = _by_model[type(rows[0])]
    keys = [sensitive.key(row) for row in rows]
    details: dict[str, Any] = {"fields": list(fields), "count": count}
    if len(rows) > 1:
        details |= {"kind": sensitive.kind, "keys": keys}
    record_event(AuditEventKind.REVEALED, actor=user, request=request, target=rows[0] if len(rows) == 1 else None, details=details)


def _by_kind_and_key(tokens: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    wanted: dict[str, dict[str, list[str]]] = {}
    for token in dict.fromkeys(tokens):
        kind, _dot, rest = token.partition(".")
        key, _dot, name = rest.rpartition(".")
        if kind in _by_kind and name in _by_kind[kind].fields and key:
            wanted.setdefault(kind, {}).setdefault(key, []).append(name)
    return wanted
