"""The operators of filters, by what a list finds: each kind of field with all of its operators, wrong ones, and what chips say."""

import datetime
import re
from html import unescape
from urllib.parse import quote

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.utils.timezone import get_default_timezone

from common.lists import (
    ChoicesFilter,
    Column,
    DatesFilter,
    Filters,
    ListDefinition,
    ModelChoicesFilter,
    MomentsFilter,
    NumbersFilter,
    TextFilter,
    TreeChoicesFilter,
    filters,
)
from common.lists.operators import Operator, days_of
from customers.models import ContactPerson, Customer, CustomerLevel, CustomerScale, Industry, Region
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 5, 20)  # a Wednesday


class AnyFilters(Filters):
    name = TextFilter(label="Name")
    code = TextFilter(label="Code", shape=str.upper)
    short_name = TextFilter(label="Short name")
    level = ChoicesFilter(label="Level", choices=CustomerLevel.choices)
    scale = ChoicesFilter(label="Scale", choices=CustomerScale.choices)
    industry = ModelChoicesFilter(label="Industry", queryset=Industry.objects.all())
    region = TreeChoicesFilter(label="Region", queryset=Region.objects.all())
    credit_limit = NumbersFilter(label="Credit limit")
    created_at = MomentsFilter(label="Entered")


class AnyList(ListDefinition):
    name = "any-customers"
    model = Customer
    columns = (Column(key="code", label="Code", sort=("code",)),)
    filterset_class = AnyFilters
    default_sort = "code"


class BirthdayFilters(Filters):
    birthday = DatesFilter(label="Birthday")


class BirthdayList(ListDefinition):
    name = "any-people"
    model = ContactPerson
    columns = (Column(key="name", label="Name", sort=("name",)),)
    filterset_class = BirthdayFilters
    default_sort = "name"


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(filters, "localdate", lambda: TODAY)


@pytest.fixture
def state(administrator):
    """The state of a list at an address."""

    def made(query, kind=AnyList):
        request = RequestFactory().get(f"/any/?{query}")
        request.user = administrator
        return kind(request).state

    return made


@pytest.fixture
def codes(state):
    """The codes found at an address."""
    return lambda query: [row.source.code for row in state(query).rows]


@pytest.fixture
def two():
    """Two customers that differ in everything; the second has nothing that may be left out."""
    province = Region.objects.create(code="P1", name_en="p", name_zh="省")
    city = Region.objects.create(code="P1-1", name_en="c", name_zh="市", parent=province)
    industry = Industry.objects.create(code="I1", name_en="i", name_zh="业")
    full = CustomerFactory(
        code="AB-1", name="Cloud River 100%", short_name="Cloud", level="A1", scale="large", industry=industry, region=city
    )
    full.credit_limit, full.created_at = 500, datetime.datetime(2026, 5, 20, 0, 30, tzinfo=get_default_timezone())
    full.save()
    bare = CustomerFactory(code="B-AB", name="Other", short_name="", level="C", scale="", industry=None, region=None, credit_limit=None)
    bare.created_at = datetime.datetime(2026, 5, 19, 23, 30, tzinfo=get_default_timezone())
    bare.save()
    return {"province": province.pk, "city": city.pk, "industry": industry.pk}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=river", "AB-1"),
        ("name=100%25", "AB-1"),
        ("name_op=begins&name=cloud", "AB-1"),
        ("name_op=begins&name=river", ""),
        ("name_op=is&name=other", "B-AB"),
        ("code=ab", "AB-1 B-AB"),
        ("code_op=begins&code=ab", "AB-1"),
        ("code_op=is&code=b-ab", "B-AB"),
        ("short_name_op=empty", "B-AB"),
        ("short_name_op=filled", "AB-1"),
        ("level=A1&level=B1", "AB-1"),
        ("level_op=none&level=A1", "B-AB"),
        ("level_op=none", "AB-1 B-AB"),
        ("scale_op=empty", "B-AB"),
        ("scale_op=none&scale=large", "B-AB"),
        ("industry={industry}", "AB-1"),
        ("industry_op=none&industry={industry}", "B-AB"),
        ("industry_op=empty", "B-AB"),
        ("region={province}", "AB-1"),
        ("region_op=is&region={province}", ""),
        ("region_op=is&region={city}", "AB-1"),
        ("region_op=none&region={province}", "B-AB"),
        ("region_op=filled", "AB-1"),
        ("credit_limit_op=equal&credit_limit_min=500", "AB-1"),
        ("credit_limit_op=from&credit_limit_min=501", ""),
        ("credit_limit_op=to&credit_limit_max=500", "AB-1"),
        ("credit_limit_op=to&credit_limit_min=500", "AB-1"),
        ("credit_limit_min=1&credit_limit_max=600", "AB-1"),
        ("credit_limit_op=empty", "B-AB"),
        ("created_at_op=on&created_at_min=2026-05-20", "AB-1"),
        ("created_at_op=before&created_at_max=2026-05-20", "B-AB"),
        ("created_at_op=after&created_at_min=2026-05-19", "AB-1"),
        ("created_at_min=2026-05-19&created_at_max=2026-05-19", "B-AB"),
        ("created_at_op=today", "AB-1"),
        ("created_at_op=last&created_at_days=1", "AB-1 B-AB"),
        ("created_at_op=week", "AB-1 B-AB"),
    ],
)
def test_each_operator_finds_what_it_says(codes, two, query, expected):
    assert codes(query.format(**two)) == expected.split()


def test_days_seen_from_today(state, administrator):
    days = {"gone": TODAY - datetime.timedelta(days=1), "now": TODAY, "soon": TODAY + datetime.timedelta(days=30), "none": None}
    for name, day in days.items():
        ContactPersonFactory(name=name, birthday=day)

    def found(query):
        return {row.source.name for row in state(query, BirthdayList).rows}

    assert found("birthday_op=overdue") == {"gone"}
    assert found("birthday_op=next&birthday_days=30") == {"now", "soon"}
    assert found("birthday_op=next&birthday_days=29") == {"now"}
    assert found("birthday_op=empty") == {"none"}
    assert found("birthday_op=filled") == {"gone", "now", "soon"}


@pytest.mark.parametrize(
    ("operator", "first", "last"),
    [
        (Operator.THIS_WEEK, "2026-05-18", "2026-05-24"),
        (Operator.THIS_MONTH, "2026-05-01", "2026-05-31"),
        (Operator.THIS_QUARTER, "2026-04-01", "2026-06-30"),
        (Operator.THIS_YEAR, "2026-01-01", "2026-12-31"),
    ],
)
def test_periods_begin_and_end_with_the_calendar(operator, first, last):
    assert [str(day) for day in days_of(operator, TODAY)] == [first, last]


@pytest.mark.parametrize(
    "query",
    [
        *("level_op=bad&level=A1", "name_op=none&name=x", "created_at_op=last&created_at_days=0", "created_at_op=last&created_at_days=x"),
        *(
            "level_op=empty",
            "created_at_op=next&created_at_days=3",
            "created_at_op=on&created_at_min=x",
            "credit_limit_op=equal&credit_limit_min=x",
        ),
    ],
)
def test_operators_that_the_field_has_not_are_refused(state, two, query):
    refused = state(query)
    assert refused.is_invalid
    assert refused.rows == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("level_op=none&level=A1", "is none of A1"),
        ("scale_op=empty", " is empty"),
        ("name_op=begins&name=x", "begins with x"),
        ("region={province}", "at or below p"),
        ("credit_limit_op=equal&credit_limit_min=500", "= 500"),
        ("credit_limit_op=to&credit_limit_max=1500", "≤ 1,500"),
        ("created_at_op=before&created_at_max=2026-05-20", "before 2026-05-20"),
        ("created_at_op=last&created_at_days=7", "in the last 7 days"),
        ("created_at_op=month", " this month"),
    ],
)
def test_chips_say_the_operator(state, two, query, sentence):
    (chip,) = state(query.format(**two)).chips
    assert f"{chip.filter.operator} {chip.filter.sentence}" == sentence


def test_parameters_that_say_nothing_leave_the_address(state):
    text = state(
        "level_op=any&level=A1&name_op=begins&name=&created_at_op=between&created_at_days=30&credit_limit_op=to&credit_limit_max=5"
    )
    kept = QueryDict(text.canonical_address.partition("?")[2])
    assert kept.dict() == {"level": "A1", "credit_limit_op": "to", "credit_limit_max": "5"}


def test_a_filter_that_only_the_request_knows(state, codes, two, monkeypatch):
    monkeypatch.setattr(AnyList, "get_filters", lambda self: {"bank": TextFilter(field_name="bank_name", label="Bank")})
    Customer.objects.filter(code="AB-1").update(bank_name="ICBC")
    assert codes("bank=icb") == ["AB-1"]
    assert [chip.filter.label for chip in state("bank=icb").chips] == ["Bank"]
    assert "bank" not in AnyFilters.base_filters


def test_the_form_offers_the_operators_of_its_field(client, manager):
    client.force_login(manager)
    text = unescape(client.get(f"/customers/?value_score_op=from&value_score_min={quote('5')}").content.decode())
    (form,) = re.findall(r'id="list-customers-value_score-form".*?</form>', text, re.DOTALL)
    assert re.findall(r'<option value="(\w+)"', form)[:4] == ["between", "equal", "from", "to"]
    assert 'value="from" data-inputs="value_score_min" selected' in form
