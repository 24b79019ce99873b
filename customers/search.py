"""What the search over everything finds of customers and of the people at them."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import F, Q
from django.db.models.expressions import OrderBy
from django.urls import reverse
from pypinyin import lazy_pinyin

from access.models import User
from access.number_search import number_condition
from access.reveals import masked_text
from common.search import Found, Likelihood, Query, Result
from common.search.registry import COUNTED, NOTHING
from customers.finding import first_matching
from customers.latin import SHORTEST as SHORTEST_LATIN
from customers.latin import likeness, similar_to
from customers.models import ContactPerson, Customer
from customers.people_names import people_with_pairs_of
from customers.phones import begins_with, is_number
from customers.querysets import CustomerQuerySet
from customers.searching import ORDER, RANK, is_common, read_in_parts

SHORTEST: Final = 2
LATIN: Final = ("name", "short_name", "code")
LATIN_OF_PEOPLE: Final = ("name", "title")
_SHOWN: Final = ("name", "short_name", "code", "pinyin", "pinyin_initials", "credit_code", "manager", "manager__name")


# --- customers -------------------------------------------------------------------------------------------------------------------------


def could_be_customer(query: Query) -> Likelihood:
    """Two characters or more: a name, a code, or letters that are sounds."""
    if len(query.text) < SHORTEST or query.ending:
        return Likelihood.NO
    return Likelihood.MAYBE if query.digits else Likelihood.LIKELY


def find_customers(user: User, query: Query, limit: int) -> Found:
    """Customers by a part of the name, by code, pinyin, initials, credit code or bank account; else by names written alike."""
    rows, more, similar = _customers(user, query)
    if not rows:
        return NOTHING
    return Found(
        results=[_customer_result(row, query) for row in rows[:limit]],
        count=len(rows),
        more=more,
        all_url="" if similar else _list_address("customers:customer_list", query),
        certain=_is_exactly(rows[0], query),
        similar=similar,
    )


def found_customers(user: User, query: Query) -> list[int]:
    """The keys of the customers that `find_customers` finds, the best first, for what hangs from them."""
    return [row.pk for row in _customers(user, query)[0]]


def _customers(user: User, query: Query) -> tuple[list[Customer], bool, bool]:
    """Up to `COUNTED` customers, the best first; whether there are more; and whether their names are only written alike. Read once."""
    if "customers" not in query.kept:
        query.kept["customers"] = _read_customers(user, query)
    found: tuple[list[Customer], bool, bool] = query.kept["customers"]
    return found


def _read_customers(user: User, query: Query) -> tuple[list[Customer], bool, bool]:
    visible = Customer.objects.visible_to(user).select_related("manager").only(*_SHOWN)
    common = not visible.reaches_few and is_common(Customer, query.text)
    rows = [] if common else list(visible.matching(query.text).order_by()[: COUNTED + 1])
    more = common or len(rows) > COUNTED
    if more:
        rows, more = _first_of_many(visible, query, common=common)
    elif not rows and query.is_latin and len(query.plain) >= SHORTEST_LATIN:
        alike = visible.filter(similar_to(query.plain, *LATIN)).annotate(likeness=likeness(query.plain, *LATIN))
        return list(alike.order_by("-likeness", "pinyin", "pk")[:COUNTED]), False, True
    return sorted(rows, key=lambda row: _rank(row, query, user))[:COUNTED], more, False


def _first_of_many(visible: CustomerQuerySet, query: Query, *, common: bool) -> tuple[list[Customer], bool]:
    """Where there are more than are counted: who has exactly this code or these initials, and as many as stand first in the list."""
    exact = visible.filter(Q(code=query.plain.upper()) | Q(pinyin_initials=_typed(query)))[:COUNTED]
    found = visible.matching(query.text, by_index=not common).best_first(query.text)
    first = read_in_parts(found.order_by(*(OrderBy(F(name)) for name in (RANK, *ORDER)))[: COUNTED + 1], query.text)
    return [*{row.pk: row for row in (*exact, *first)}.values()], len(first) > COUNTED


def _rank(row: Customer, query: Query, user: User) -> tuple[Any, ...]:
    """Exactly this one, the user's own, what begins with the text; then the shorter names, in which the text is the larger part."""
    text = query.text.casefold()
    begins = any(value.casefold().startswith(text) for value in (row.name, row.short_name, row.code))
    return not _is_exactly(row, query), row.manager_id != user.pk, not begins, len(row.name), row.pinyin, row.pk


def _is_exactly(row: Customer, query: Query) -> bool:
    text = query.text.casefold()
    return text in {value.casefold() for value in (row.name, row.short_name, row.code, row.credit_code) if value}


def _typed(query: Query) -> str:
    return "".join(query.text.lower().split())


def _customer_result(row: Customer, query: Query) -> Result:
    text = query.text.casefold()
    details = [row.code]
    if row.short_name and text in row.short_name.casefold() and text not in row.name.casefold():
        details.append(row.short_name)
    if row.credit_code and row.credit_code.startswith(query.plain.upper()):
        details.append(row.credit_code)
    if row.manager is not None:
        details.append(row.manager.name)
    url = reverse("customers:customer_detail", args=[row.pk])
    return Result(label=row.name, url=url, details=details, marked=_sounded_part(row, query), resource=("api:customer", row.pk))


def _sounded_part(row: Customer, query: Query) -> str:
    """The beginning of the name whose initials or pinyin was typed; empty where the text was found otherwise."""
    typed = _typed(query)
    if query.text.casefold() in row.name.casefold() or not typed.isascii():
        return ""
    if row.pinyin_initials.startswith(typed):
        places = [place for place, sign in enumerate(row.name) if sign.isalnum()]
        return row.name[: places[min(len(typed), len(places)) - 1] + 1]
    if row.pinyin.startswith(typed):
        for end in range(1, len(row.name) + 1):
            if len("".join(lazy_pinyin(row.name[:end].lower()))) >= len(typed):
                return row.name[:end]
    return ""


# --- people ----------------------------------------------------------------------------------------------------------------------------


def could_be_person(query: Query) -> Likelihood:
    """A name, or a phone number."""
    return Likelihood.NO if len(query.text) < SHORTEST or query.ending else Likelihood.MAYBE


def find_people(user: User, query: Query, limit: int) -> Found:
    """Contact persons by a part of the name or title, or by phone as far as the user may look for it; else by names written alike."""
    visible = ContactPerson.objects.visible_to(user).select_related("customer").only("name", "title", "phone", "customer__name")
    similar = False
    if query.digits:
        rows, more = _by_phone(visible, user, query)
    else:
        rows, more = _by_name(visible, query)
        if not rows and query.is_latin and len(query.plain) >= SHORTEST_LATIN:
            similar = True
            alike = visible.filter(similar_to(query.plain, *LATIN_OF_PEOPLE)).annotate(likeness=likeness(query.plain, *LATIN_OF_PEOPLE))
            rows = list(alike.order_by("-likeness", "name", "pk")[:COUNTED])
    if not rows:
        return NOTHING
    text = query.text.casefold()
    rows.sort(key=lambda row: (row.name.casefold() != text, not row.name.casefold().startswith(text), text not in row.name.casefold()))
    return Found(
        results=[_person_result(row, query) for row in rows[:limit]],
        count=len(rows),
        more=more,
        all_url="" if similar else _list_address("customers:contact_person_list", query),
        certain=rows[0].name == query.text,
        similar=similar,
    )


def _by_name(visible: Any, query: Query) -> tuple[list[Any], bool]:
    pairs = people_with_pairs_of(query.text)
    holds = pairs & (Q(name__icontains=query.text) | Q(title__icontains=query.text))
    return first_matching(visible, lambda rows: rows.filter(holds), pairs=pairs, order=("name", "pk"), limit=COUNTED, enough=COUNTED // 3)


def _by_phone(visible: Any, user: User, query: Query) -> tuple[list[Any], bool]:
    whole, begins = is_number(query.plain), begins_with(query.plain)
    if whole is None or begins is None:
        return [], False
    condition = number_condition(ContactPerson, user, visible.module, any_part=begins, shown_part=whole)
    rows = list(visible.filter(condition, ~Q(phone="")).order_by()[: COUNTED + 1])
    return rows[:COUNTED], len(rows) > COUNTED


def _person_result(row: ContactPerson, query: Query) -> Result:
    details = [row.title, row.customer.name]
    if query.digits:
        details.append(masked_text(row, "phone"))
    url = reverse("customers:contact_person", args=[row.pk])
    return Result(label=row.name, url=url, details=details, resource=("api:contact_person", row.pk))


def _list_address(url_name: str, query: Query) -> str:
    return f"{reverse(url_name)}?{urlencode({'q': query.text})}"
