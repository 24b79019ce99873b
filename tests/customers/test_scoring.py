"""Scores by weighted rules: what they are, why they are so, what a run writes, and levels set by hand."""

from __future__ import annotations

import datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from access.models import User
from common.versions import version_of
from customers.measures import SPAN, Measure, Span, measures_by_key
from customers.models import Customer, CustomerScore, LevelThreshold, ScoreRun, ScoringRule
from customers.scoring import Band, Rule, level_of, score_of
from customers.services.details import update_customer
from customers.services.levels import end_set_level, set_level
from customers.services.scoring import score_all, score_customer
from tests.factories.customers import AttributeFactory, ContactPersonFactory, CustomerFactory, IndustryFactory
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_group_subscription, make_product, make_tariff

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


def rule(code: str, measure: str, weight: int, bands: dict[Any, int], **more: Any) -> ScoringRule:
    made = ScoringRule.objects.create(code=code, measure=measure, weight=weight, name_en=code.title(), name_zh=code, **more)
    for start, points in bands.items():
        made.bands.create(points=points, **({"value": start} if isinstance(start, str) else {"at_least": start}))
    return made


@pytest.fixture
def levels() -> None:
    LevelThreshold.objects.bulk_create(
        [LevelThreshold(level=level, at_least=least) for level, least in (("A1", 80), ("A2", 60), ("B1", 40), ("C", 0))]
    )


@pytest.fixture
def rules(levels: None) -> list[ScoringRule]:
    return [
        rule("limit", "credit_limit", 30, {0: 10, 100_000: 50, 1_000_000: 100}),
        rule("people", "key_people", 10, {1: 40, 3: 100}),
        rule("scale", "scale", 10, {"large": 100, "medium": 60}),
    ]


# --- the sum ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "points"), [(None, 0), (-1, 0), (0, 10), (99_999, 10), (Decimal(100_000), 50), (1e9, 100)])
def test_a_number_falls_into_the_last_band_that_it_reaches(value: Any, points: int) -> None:
    bands = (Band(Decimal(0), "", 10), Band(Decimal(100_000), "", 50), Band(Decimal(1_000_000), "", 100))
    assert Rule("x", Measure(key="x", label="x", read=lambda *_: {}), 1, ("", ""), bands).points(value) == points


def test_the_score_is_the_weighted_mean_and_the_level_the_highest_reached() -> None:
    assert score_of([(100, 30), (40, 10), (0, 10)]) == 68
    assert score_of([(1, 1), (0, 1)]) == 1  # half up
    assert score_of([]) == 0
    thresholds = [("A1", 80), ("B1", 40), ("C", 10)]
    assert [level_of(score, thresholds) for score in (100, 80, 79, 40, 10, 9)] == ["A1", "A1", "B1", "B1", "C", "C"]
    assert level_of(50, []) == ""


# --- a run -----------------------------------------------------------------------------------------------------------------------------


def test_a_run_writes_scores_levels_and_what_they_are_made_of(manager: User, foreign_manager: User, rules: list[ScoringRule]) -> None:
    rich = CustomerFactory(manager=manager, credit_limit=2_000_000, scale="large")
    poor = CustomerFactory(manager=foreign_manager, credit_limit=None)
    ContactPersonFactory.create_batch(3, customer=rich, is_key_person=True)
    ContactPersonFactory(customer=poor)
    run = score_all()
    assert run is not None
    assert (run.scored, run.changed, run.finished_at is not None) == (2, 1, True)
    rich.refresh_from_db()
    poor.refresh_from_db()
    assert (rich.value_score, rich.level, poor.value_score, poor.level) == (100, "A1", 0, "C")
    assert rich.scores.get().parts == [["limit", 2_000_000, 100, 30], ["people", 3, 100, 10], ["scale", "large", 100, 10]]
    assert poor.scores.get().parts == [["limit", None, 0, 30], ["people", 0, 0, 10], ["scale", None, 0, 10]]


def test_the_history_grows_only_by_what_changed(manager: User, rules: list[ScoringRule]) -> None:
    customer, other = CustomerFactory.create_batch(2, manager=manager, credit_limit=100_000)
    score_all()
    before = Customer.objects.get(pk=other.pk).updated_at
    score_all()
    assert CustomerScore.objects.count() == 2
    Customer.objects.filter(pk=customer.pk).update(credit_limit=200_000)  # the same band
    third = score_all()
    assert CustomerScore.objects.count() == 2
    assert third is not None
    assert customer.scores.get().run == third
    assert customer.scores.get().parts[0] == ["limit", 200_000, 50, 30]
    Customer.objects.filter(pk=customer.pk).update(credit_limit=1_000_000)
    score_all()
    assert [(one.score, one.is_current) for one in customer.scores.order_by("pk")] == [(30, False), (60, True)]
    assert other.scores.count() == 1
    assert Customer.objects.get(pk=other.pk).updated_at == before


def test_rules_out_of_use_or_season_do_not_count(manager: User, rules: list[ScoringRule]) -> None:
    day = datetime.timedelta(days=1)
    customer = CustomerFactory(manager=manager, credit_limit=5_000_000)
    rule("off", "years", 500, {0: 0}, is_active=False)
    rule("over", "years", 500, {0: 0}, valid_until=TODAY - day)
    rule("later", "years", 500, {0: 0}, valid_from=TODAY + day)
    rule("gone", "no_such_measure", 500, {0: 0})
    score_all()
    assert [code for code, *_rest in customer.scores.get().parts] == ["limit", "people", "scale"]
    ScoringRule.objects.update(is_active=False)
    assert score_all() is None
    assert ScoreRun.objects.count() == 1


def test_a_span_takes_as_many_statements_for_many_as_for_few(
    manager: User, rules: list[ScoringRule], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    CustomerFactory.create_batch(40, manager=manager, credit_limit=100_000)
    assert SPAN >= 1_000
    with django_assert_max_num_queries(19):
        score_all()


def test_upper_apps_and_attributes_bring_measures(manager: User) -> None:
    customer = CustomerFactory(manager=manager, industry=IndustryFactory(code="HEALTH"), attributes={"beds": 800, "grade": "3A"})
    AttributeFactory(key="beds", kind="number")
    AttributeFactory(key="grade", kind="choice", codes=("3A", "2A"))
    AttributeFactory(key="slogan", kind="text")
    empty = CustomerFactory(manager=manager)
    tariff = make_tariff(make_product(), fee="30.00")
    make_subscription(make_member(customer, "8613912340001"), tariff)
    make_member(customer, "8613912340002", joined_on=TODAY - datetime.timedelta(days=90), left_on=TODAY - datetime.timedelta(days=40))
    make_member(empty, "8613912340003", joined_on=TODAY - datetime.timedelta(days=90), left_on=TODAY - datetime.timedelta(days=30))
    make_group_subscription(customer, make_tariff(make_product(member_level=False), fee="100.00"), quantity=2)
    span, known = Span(min(customer.pk, empty.pk), max(customer.pk, empty.pk)), measures_by_key()
    measured = {key: dict(known[key].read(span, TODAY)) for key in known if key not in ("years", "lifecycle", "key_people")}
    assert measured == {
        "credit_limit": {},
        "subsidiaries": {},
        "scale": {},
        "industry": {customer.pk: "HEALTH"},
        "members": {customer.pk: 1},
        "revenue": {customer.pk: Decimal("230.00")},
        "days_without_members": {empty.pk: 30},
        "attribute_beds": {customer.pk: 800},
        "attribute_grade": {customer.pk: "3A"},
    }


# --- by hand ---------------------------------------------------------------------------------------------------------------------------


def test_a_level_set_by_hand_stays_until_its_last_day(manager: User, director: User, rules: list[ScoringRule]) -> None:
    customer = CustomerFactory(manager=manager, credit_limit=100_000)
    score_all()
    set_level(customer_id=customer.pk, actor=director, level="A2", reason="战略客户", last_day=TODAY)
    Customer.objects.filter(pk=customer.pk).update(credit_limit=1_000_000)
    score_all()
    customer.refresh_from_db()
    assert (customer.level, customer.value_score, customer.scores.get(is_current=True).level) == ("A2", 60, "A2")
    set_level(customer_id=customer.pk, actor=director, level="C", reason="欠费", last_day=TODAY)
    assert customer.level_overrides.filter(ended_at=None).count() == 1
    score_all(day=TODAY + datetime.timedelta(days=1))
    customer.refresh_from_db()
    assert customer.level == "A2"


def test_ending_it_brings_the_level_of_the_score_back(manager: User, director: User, rules: list[ScoringRule]) -> None:
    customer = CustomerFactory(manager=manager, credit_limit=1_000_000)
    score_all()
    set_level(customer_id=customer.pk, actor=director, level="C", reason="x", last_day=TODAY)
    assert end_set_level(customer_id=customer.pk, actor=director)
    assert not end_set_level(customer_id=customer.pk, actor=director)
    assert Customer.objects.get(pk=customer.pk).level == "A2"


@pytest.mark.parametrize("wrong", [{"level": "Z"}, {"reason": " "}, {"last_day": TODAY - datetime.timedelta(days=1)}])
def test_what_cannot_be_set_changes_nothing(manager: User, director: User, rules: list[ScoringRule], wrong: dict[str, Any]) -> None:
    customer = CustomerFactory(manager=manager)
    given: dict[str, Any] = {"level": "A1", "reason": "x", "last_day": TODAY, **wrong}
    with pytest.raises(ValidationError) as refused:
        set_level(customer_id=customer.pk, actor=director, **given)
    assert set(refused.value.error_dict) == set(wrong)
    for stranger in (manager,):  # an account manager has no approval
        with pytest.raises(Http404):
            set_level(customer_id=customer.pk, actor=stranger, level="A1", reason="x", last_day=TODAY)
    assert (Customer.objects.get(pk=customer.pk).level, customer.level_overrides.count()) == ("C", 0)


# --- the page --------------------------------------------------------------------------------------------------------------------------


def test_the_page_explains_the_score_and_scores_on_demand(client: Client, manager: User, rules: list[ScoringRule]) -> None:
    customer = CustomerFactory(manager=manager, credit_limit=1_000_000, scale="medium")
    client.force_login(manager)
    url = reverse("customers:customer_value", args=[customer.pk])
    assert "not scored yet" in client.get(url).content.decode()
    assert client.post(reverse("customers:customer_score", args=[customer.pk])).status_code == 302
    page = client.get(url)
    lines = page.context["explanation"].lines
    assert [(line.rule, line.points, line.weight, round(line.contribution, 1)) for line in lines] == [
        ("Limit", 100, 30, 60.0),
        ("People", 0, 10, 0.0),
        ("Scale", 60, 10, 12.0),
    ]
    assert sum(line.contribution for line in lines) == page.context["explanation"].score.score == 72
    assert "medium (300 to 999)" in unescape(page.content.decode())
    ScoringRule.objects.filter(code="limit").update(name_en="Renamed", weight=1)
    assert [line.rule for line in client.get(url).context["explanation"].lines] == ["Limit", "People", "Scale"]
    form = client.get(reverse("customers:customer_edit", args=[customer.pk])).context["form"]
    assert {"level", "value_score"} & set(form.fields) == set()


def test_a_director_sets_a_level_on_the_page(client: Client, manager: User, director: User, rules: list[ScoringRule]) -> None:
    customer = CustomerFactory(manager=manager)
    client.force_login(director)
    url = reverse("customers:customer_level", args=[customer.pk])
    assert client.post(url, {"level": "A1", "last_day": "2020-01-01", "reason": "战略客户"}).status_code == 422
    assert client.post(url, {"level": "A1", "last_day": TODAY.isoformat(), "reason": "战略客户"}).status_code == 302
    text = client.get(reverse("customers:customer_value", args=[customer.pk])).content.decode()
    assert "战略客户" in text
    client.post(reverse("customers:customer_level_end", args=[customer.pk]))
    assert customer.level_overrides.get().ended_at is not None


def test_nobody_types_a_level_that_rules_decide(manager: User, rules: list[ScoringRule]) -> None:
    customer = CustomerFactory(manager=manager, level="B1")
    with pytest.raises(ValidationError) as refused:
        update_customer(customer_id=customer.pk, actor=manager, seen=version_of(customer), level="A1", value_score=99)
    assert set(refused.value.error_dict) == {"level", "value_score"}
    update_customer(customer_id=customer.pk, actor=manager, seen=version_of(customer), level="B1", short_name="云")
    ScoringRule.objects.update(is_active=False)
    seen = version_of(Customer.objects.get(pk=customer.pk))
    assert update_customer(customer_id=customer.pk, actor=manager, seen=seen, level="A1").level == "A1"


def test_others_score_nobody(manager: User, foreign_manager: User, rules: list[ScoringRule]) -> None:
    customer = CustomerFactory(manager=manager)
    with pytest.raises(Http404):
        score_customer(customer_id=customer.pk, actor=foreign_manager)
    assert not ScoreRun.objects.exists()


@pytest.mark.parametrize(
    ("measure", "band", "status"),
    [
        ("years", {"at_least": "1"}, 302),
        ("years", {"value": "large"}, 200),
        ("scale", {"value": "large"}, 302),
        ("scale", {"value": "huge"}, 200),
    ],
)
def test_the_administration_takes_bands_that_fit(
    client: Client, administrator: User, measure: str, band: dict[str, str], status: int
) -> None:
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    client.force_login(administrator)
    sent = {
        "code": "X",
        "name_zh": "规则",
        "name_en": "Rule",
        "measure": measure,
        "weight": "10",
        "is_active": "on",
        "bands-TOTAL_FORMS": "1",
        "bands-INITIAL_FORMS": "0",
        "bands-0-points": "50",
        **{f"bands-0-{name}": value for name, value in band.items()},
    }
    assert client.post(reverse("admin:customers_scoringrule_add"), sent).status_code == status
    assert ScoringRule.objects.count() == (status == 302)
