"""The filters of number lists."""

from __future__ import annotations

import datetime
from typing import Any

import django_filters
from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.lists import ChoicesFilter, DatesFilter, Filters, ModelChoicesFilter, TextFilter
from customers.models import Customer
from members.models import BatchRow, NumberKind, Operator, PayMode, RowState
from members.roster import STAGES, in_stage, not_left, number_ends_with, on_products
from products.models import Product

_JOB_DIGITS = 10


class _DayField(forms.DateField):
    """A day, kept as text so that the chip can show it."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "1990-01-01", "max": "2999-12-31"})

    def clean(self, value: Any) -> Any:
        """The day as `2026-05-20`, or an empty text."""
        day = super().clean(value)
        return day.isoformat() if day else ""


class DayFilter(django_filters.Filter):  # type: ignore[misc]  # django-filter ships no types
    """One day. Its method gets the day as text."""

    field_class = _DayField
    operator = ""


def _is_one_of(keys: QuerySet[Any]) -> Func:
    """Memberships with one of the keys, looked up one by one.

    The partitions of a batch's rows have figures for the planner, the table over them has none: as a plain `IN` it expects 200 keys where
    there are 100,000, and compares each with each member of the customer, for half a minute.
    """
    return Func(F("pk"), ArraySubquery(keys), template="%(expressions)s)", arg_joiner=" = ANY (", output_field=BooleanField())


def _member_products(request: Any) -> QuerySet[Product]:
    return Product.objects.visible_to(request.user).filter(member_level=True)


class MemberFilters(Filters):
    """Of number lists. Where neither a state nor a day nor a leaving is asked for, numbers that have left are left out."""

    stage = ChoicesFilter(choices=STAGES, label=_("State"), method="by_stage")
    department = TextFilter(label=_("Department"), shape=str.strip)
    holder_name = TextFilter(label=_("Holder"), shape=str.strip)
    employee_no = TextFilter(label=_("Employee no"), shape=str.strip)
    short_number = TextFilter(label=_("Short number"), shape=str.strip)
    product = ModelChoicesFilter(queryset=_member_products, label=_("Product"), method="by_product")
    kind = ChoicesFilter(choices=NumberKind.choices, label=_("Kind"))
    ends_with = TextFilter(label=_("Number ends"), method="by_suffix")
    pay_mode = ChoicesFilter(choices=PayMode.choices, label=_("Pay mode"))
    joined = DatesFilter(field_name="joined_on", label=_("Joined"))
    left = DatesFilter(field_name="left_on", label=_("Left"))
    batch = TextFilter(label=_("Batch"), lookup_expr="exact", method="by_batch")
    on = DayFilter(label=_("Roster as of"), method="by_day")

    def __init__(self, *args: Any, customer_id: int | None = None, **kwargs: Any) -> None:
        """`customer_id` names the customer whose list it is, if it is one's."""
        super().__init__(*args, **kwargs)
        self.customer_id = customer_id
        self.filters["ends_with"].operator = pgettext_lazy("filter", "with")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter, and leave out what has left unless it is asked for."""
        rows: QuerySet[Any] = super().filter_queryset(queryset)
        asked_for = any(self.form.cleaned_data.get(name) for name in ("stage", "on", "batch", "left", "left_op"))
        return rows if asked_for else self.unasked(rows)

    @classmethod
    def unasked(cls, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those that have not left."""
        return rows.filter(not_left(timezone.localdate()))

    def by_stage(self, queryset: QuerySet[Any], _name: str, value: list[str]) -> QuerySet[Any]:
        """Memberships in one of the states, on the day chosen or today."""
        condition = Q()
        for stage in value:
            condition |= in_stage(stage, timezone.localdate())
        return queryset.filter(condition)

    def by_product(self, queryset: QuerySet[Any], _name: str, value: Any) -> QuerySet[Any]:
        """Numbers that are on one of the products."""
        chosen = [product.pk for product in value]
        return queryset.filter(on_products(chosen, timezone.localdate(), self.customer_id)) if chosen else queryset

    def by_suffix(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Numbers that end with these digits."""
        return queryset.filter(number_ends_with(value, self.request.user))

    def by_batch(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Numbers on which the batch with this job number did something, whatever became of them since."""
        number = value.strip().removeprefix("#")
        if not (number.isascii() and number.isdigit() and len(number) < _JOB_DIGITS):
            return queryset.none()
        rows = BatchRow.objects.visible_to(self.request.user).filter(job=int(number), state=RowState.ELIGIBLE)
        return queryset.filter(_is_one_of(rows.values("member_key")))

    def by_day(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """The roster of a day: who had joined by then and not left."""
        members: Any = queryset
        found: QuerySet[Any] = members.on_roster(datetime.date.fromisoformat(value))
        return found


class AllMembersFilters(MemberFilters):
    """Of the numbers of all customers."""

    customer = TextFilter(label=_("Customer code"), lookup_expr="exact", method="by_customer")

    def by_customer(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """The numbers of the customer with this code. Its key is looked up first, so that the index of its numbers serves."""
        key = Customer.objects.visible_to(self.request.user).filter(code=value.strip().upper()).values_list("pk", flat=True).first()
        return queryset.none() if key is None else queryset.filter(customer=key)


class SegmentFilters(Filters):
    """Of number segments."""

    kind = ChoicesFilter(choices=NumberKind.choices, label=_("Kind"))
    operator = ChoicesFilter(choices=Operator.choices, label=_("Operator"))
