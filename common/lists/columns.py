"""Columns of a list, and the few kinds of cells that most of them need."""

from __future__ import annotations

import datetime
import decimal
import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.template.loader import get_template
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.html import conditional_escape, escape, format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

Text = str | Promise
CellContent = Callable[[Any], Any]

NOTHING = mark_safe('<span class="soft">—</span>')  # our own text  # nosec B308


_EMPTY = SafeString()


@dataclass(frozen=True, slots=True)
class Beside:
    """A cell's content, and controls that stand beside it: outside of the link to the row's page."""

    content: SafeString
    beside: SafeString = _EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        key: its name in URLs, style classes and the registry of the list.
        label: the heading.
        value: an attribute path (`manager.name`, default: the key) or a function of the row. The result is shown as `show` does;
            a function may return a SafeString (see `dot` and `tag`).
        template: a template for the cell instead, with `row` and `value` in its context.
        values: a function of all rows of the page and the user, for figures that one query fetches for the whole page; it returns the
            values by primary key; one may be a `Beside`.
        sort: the field paths this column sorts by (`("pinyin",)`; "-" turns one round); empty: not sortable.
        descending_first: the first click on the heading sorts the largest first.
        numeric: align right.
        link: the cell links to the row's page. Where no column says so, the first does.
        hide_on_phone: left out on narrow screens.
        export: what stands in a file, where that is not the text of the cell: an attribute path or a function of the row.
        export_values: the same for figures that one query fetches for many rows, as `values` does for a page.
        sensitive: the value is masked to whoever may not reveal it.
        optional: shown only to who chooses it.
        related: the relations that the value reads, such as `region`; they are joined where the column is shown.
    """

    key: str
    label: Text
    value: str | CellContent | None = None
    template: str = ""
    values: Callable[[Sequence[Any], Any], Mapping[Any, Any]] | None = None
    sort: Sequence[str] = ()
    descending_first: bool = False
    numeric: bool = False
    link: bool = False
    hide_on_phone: bool = False
    export: str | CellContent | None = None
    export_values: Callable[[Sequence[Any], Any], Mapping[Any, Any]] | None = None
    sensitive: bool = False
    optional: bool = False
    related: Sequence[str] = ()

    @property
    def css_class(self) -> str:
        """Style classes of the heading and the cells."""
        classes = [f"col-{self.key}", "num" if self.numeric else "", "d-none d-md-table-cell" if self.hide_on_phone else ""]
        return " ".join(item for item in classes if item)

    def cell(self, row: Model, page_values: Mapping[Any, Any] | None) -> Beside:
        """The content of this column's cell in `row`, as HTML; `page_values` is what `values` returned for the page."""
        value = page_values.get(row.pk) if page_values is not None else self._value_of(row)
        if self.template:
            return Beside(SafeString(get_template(self.template).render({"row": row, "value": value})))  # a template  # nosec B703
        return value if isinstance(value, Beside) else Beside(show(value))

    def plain(self, row: Model, fetched: Mapping[Any, Any] | None) -> Any:
        """The value for a file: text, a number, a day or a moment; `fetched` is what `export_values` or `values` returned."""
        return _plain(fetched.get(row.pk) if fetched is not None else self._found(row, self.export or self.value))

    def _value_of(self, row: Model) -> Any:
        return self._found(row, self.value)

    def _found(self, row: Model, how: str | CellContent | None) -> Any:
        if callable(how):
            return how(row)
        value: Any = row
        path = how or self.key
        display = getattr(row, f"get_{path}_display", None)
        if display is not None:
            return display()
        for hop in path.split("."):
            value = getattr(value, hop, None)
        return value


def _plain(value: Any) -> Any:
    """A cell's value without its markup."""
    match value:
        case Beside():
            return _plain(value.content)
        case SafeString():
            return plain_text(value)
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case int() | decimal.Decimal() | float() | datetime.date():
            return localtime(value).replace(tzinfo=None) if isinstance(value, datetime.datetime) and value.tzinfo else value
    return str(value)


def plain_text(markup: str) -> str:
    """What people read of a cell's markup, for programs: nothing where it shows the dash for nothing."""
    return "" if markup == NOTHING else html.unescape(strip_tags(markup)).strip()


def show(value: Any) -> SafeString:
    """A value as people read it: numbers grouped, dates year first, a dash for nothing."""
    match value:
        case None | "":
            return NOTHING
        case SafeString():
            return value
        case bool():
            return escape(_("yes") if value else _("no"))
        case int() | decimal.Decimal() | float():
            return escape(number_format(value, use_l10n=True, force_grouping=True))
        case datetime.datetime():
            return _moment(date_format(localtime(value), "Y-m-d H:i"), value.isoformat())
        case datetime.date():
            return _moment(date_format(value, "Y-m-d"), value.isoformat())
    return conditional_escape(value)


def _moment(text: str, machine: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', machine, text)


def dot(tone: str, word: Any) -> SafeString:
    """A state: a coloured dot and its word. `tone` is `ok`, `warn`, `bad`, `run` or `idle`; the word carries the meaning."""
    return format_html('<span class="state"><span class="dot {}" aria-hidden="true"></span>{}</span>', tone, word)


def tag(word: Any) -> SafeString:
    """A short code in a small frame, such as a level; nothing for an empty one."""
    return format_html('<span class="tag">{}</span>', word) if word else NOTHING


def linked(url: str, word: Any) -> SafeString:
    """A link to another page."""
    return format_html('<a href="{}">{}</a>', url, word)
