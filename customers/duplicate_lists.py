"""The list of customers that may be the same one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.models import User
from common.lists import ChoicesFilter, Column, Filters, ListDefinition, ListView, ModelChoicesFilter, MomentsFilter, NumbersFilter, dot
from customers.filters import managers
from customers.models import Customer, DuplicatePair, DuplicateSign, PairState

_TONES: Final = {PairState.OPEN: "warn", PairState.DISMISSED: "idle"}


def sign_words(signs: Mapping[str, int]) -> list[str]:
    """What the two have in common, in words, the surest first."""
    labels = dict(DuplicateSign.choices)
    ordered = sorted(signs.items(), key=lambda item: (-item[1], item[0]))
    return [
        _("name alike to %(percent)d%%") % {"percent": share} if sign == DuplicateSign.LIKE else str(labels.get(sign, sign))
        for sign, share in ordered
    ]


def _signs(pair: DuplicatePair) -> SafeString:
    return format_html_join(" ", '<span class="tag">{}</span>', ((words,) for words in sign_words(pair.signs)))


def _named(customer: Customer) -> SafeString:
    return format_html('{} <span class="soft">{}</span>', customer.name, customer.code)


def _state(pair: DuplicatePair) -> SafeString:
    return dot(_TONES[PairState(pair.state)], pair.get_state_display())


def _managers_of(rows: Sequence[DuplicatePair], _user: User) -> Mapping[int, str]:
    """Who looks after the two, each once."""
    found = {}
    for row in rows:
        names = [customer.manager.name for customer in (row.first, row.second) if customer.manager is not None]
        found[row.pk] = " · ".join(dict.fromkeys(names))
    return found


def _of_managers(request: HttpRequest | None) -> QuerySet[User]:
    return managers(request)


class DuplicateFilters(Filters):
    """Filters of likely duplicates."""

    state = ChoicesFilter(label=gettext_lazy("State"), choices=PairState.choices)
    sign = ChoicesFilter(label=gettext_lazy("In common"), choices=DuplicateSign.choices, method="filter_sign")
    score = NumbersFilter(label=gettext_lazy("Certainty (percent)"))
    manager = ModelChoicesFilter(label=gettext_lazy("Account manager"), queryset=_of_managers, method="filter_manager")
    found_at = MomentsFilter(label=gettext_lazy("Found"), past=True)

    def filter_sign(self, queryset: QuerySet[Any], _name: str, value: Iterable[str]) -> QuerySet[Any]:
        """Pairs that have one of some signs in common."""
        wanted = list(value)
        return queryset.filter(signs__has_any_keys=wanted) if wanted else queryset

    def filter_manager(self, queryset: QuerySet[Any], _name: str, value: Iterable[User]) -> QuerySet[Any]:
        """Pairs of which one customer at least is with one of some account managers."""
        keys = [user.pk for user in value]
        return queryset.filter(Q(first__manager__in=keys) | Q(second__manager__in=keys)) if keys else queryset


class DuplicateList(ListDefinition):
    """The pairs of which both customers are in the user's reach; unless the state is asked for, those that nobody has decided about."""

    name = "duplicates"
    model = DuplicatePair
    title = gettext_lazy("Likely duplicates")
    filterset_class = DuplicateFilters
    search_fields = ("first__name__icontains", "second__name__icontains", "first__code__istartswith", "second__code__istartswith")
    search_label = gettext_lazy("Name or code")
    default_sort = "-score"
    empty_text = gettext_lazy("No two customers in your reach look like the same one. It is looked for each night.")
    columns = (
        Column(key="first", label=gettext_lazy("Customer"), value=lambda row: _named(row.first), link=True),
        Column(key="second", label=gettext_lazy("Other customer"), value=lambda row: _named(row.second)),
        Column(key="signs", label=gettext_lazy("In common"), value=_signs),
        Column(key="score", label=gettext_lazy("Certainty (percent)"), sort=("score",), descending_first=True, numeric=True),
        Column(key="managers", label=gettext_lazy("Account manager"), values=_managers_of, hide_on_phone=True),
        Column(key="found_at", label=gettext_lazy("Found"), hide_on_phone=True),
        Column(key="state", label=gettext_lazy("State"), value=_state, optional=True),
    )
    views: ClassVar[Sequence[ListView]] = (
        ListView(label=gettext_lazy("Of the same name"), parameters={"sign": "name"}),
        ListView(label=gettext_lazy("Not duplicates"), parameters={"state": PairState.DISMISSED.value}),
    )

    def queryset(self) -> QuerySet[Any]:
        """With both customers."""
        rows = super().queryset().select_related("first__manager", "second__manager")
        return rows if f"{self.prefix}state" in self.request.GET else rows.filter(state=PairState.OPEN)

    def row_url(self, row: DuplicatePair) -> str:
        """The two side by side."""
        return comparison_url(row.first_id, row.second_id)


def comparison_url(winner: int, loser: int) -> str:
    """The page that shows two customers side by side, the first as the one that would stay."""
    return f"{reverse('customers:customer_merge', args=[winner])}?{urlencode({'other': loser})}"
