"""The demo data: repeatable, whole, and no way in where DEBUG is off."""

from __future__ import annotations

import hashlib
import json
import time

import pytest
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from access.models import Role, User
from access.policy import require
from customers.attributes import clean_attributes, definitions_in_use
from customers.credit_code import validate_credit_code
from customers.measures import measures_by_key
from customers.models import ContactPerson, Customer, CustomerRelation, CustomerScore, Lifecycle
from customers.pinyin import initials_of
from customers.scoring import level_of, thresholds
from members.demo.loader import DatabaseInUseError, DemoSummary, load_demo
from members.demo.names import HOSPITAL_CODE
from members.demo.records import SCORED
from members.demo.sign_ins import DEMO_PASSWORD, demo_sign_ins
from members.models import Member, MemberSubscription, NumberSegment
from products.models import Offer, ProductRule, ProductRuleKind

pytestmark = pytest.mark.django_db

CUSTOMERS, MEMBERS = 400, 4_000

# Every table by what names its rows, because keys differ between two loads of one database.
CONTENT = {
    "access_user": "username, name, phone, is_staff, (SELECT code FROM access_orgunit u WHERE u.id = org_unit_id)",
    "access_orgunit": "path, level, name_zh, name_en",
    "customers_customer": """code, name, short_name, pinyin, pinyin_initials, credit_code, scale, address, level, value_score, lifecycle,
        parent_id, credit_limit, source, attributes, created_at, (SELECT code FROM access_orgunit u WHERE u.id = org_unit_id),
        (SELECT username FROM access_user u WHERE u.id = manager_id), (SELECT code FROM customers_industry i WHERE i.id = industry_id)""",
    "customers_contactperson": "customer_id, name, title, role, phone, email, birthday, preferences, is_key_person, do_not_contact",
    "customers_ownershipchange": "customer_id, reason, changed_at, (SELECT username FROM access_user u WHERE u.id = from_manager_id)",
    "customers_customertag": "customer_id, tagged_at, (SELECT code FROM customers_tag t WHERE t.id = tag_id)",
    "customers_customerrelation": "customer_id, other_id, begins_on, (SELECT code FROM customers_relationkind k WHERE k.id = kind_id)",
    "customers_customerscore": "customer_id, score, level, parts",
    "customers_lifecyclechange": "customer_id, from_state, to_state, reason, changed_at",
    "products_tariff": "code, name_zh, unit, retired_on",
    "products_offer": """id, code, effective_on, expires_on, status, committed_members, approved_at,
        (SELECT code FROM products_tariff t WHERE t.id = tariff_id)""",
    "products_groupsubscription": "customer_id, offer_id, quantity, identifier, effective_on, expires_on",
    "members_numbersegment": "prefix, kind, operator",
    "members_blacklistednumber": "msisdn, reason",
    "members_member": """id, customer_id, msisdn, kind, holder_name, employee_no, department, short_number, pay_mode, state, joined_on,
        left_on, updated_at""",
    "members_membersubscription": """customer_id, member_id, offer_id, effective_on, expires_on, ended_on,
        (SELECT code FROM products_tariff t WHERE t.id = tariff_id)""",
}


def digests() -> dict[str, str]:
    found = {}
    with connection.cursor() as cursor:
        for name, columns in CONTENT.items():
            cursor.execute(f"SELECT ROW({columns})::text FROM {name} ORDER BY 1")
            found[name] = hashlib.sha256("\n".join(row[0] for row in cursor.fetchall()).encode()).hexdigest()
    return found


def loaded_digests(seed: int) -> dict[str, str]:
    with transaction.atomic():
        load_demo(seed=seed, customers=CUSTOMERS, members=MEMBERS)
        found = digests()
        transaction.set_rollback(True)
    return found


def foreign_keys() -> list[tuple[str, str, str, bool]]:
    with connection.cursor() as cursor:
        columns = "conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated"
        cursor.execute(f"SELECT {columns} FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2")
        return list(cursor.fetchall())


@pytest.fixture
def summary(settings: LazySettings) -> DemoSummary:
    settings.DEBUG = True
    return load_demo(seed=7, customers=CUSTOMERS, members=MEMBERS)


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    first = loaded_digests(7)
    assert loaded_digests(7) == first
    other = loaded_digests(8)
    assert [name for name in CONTENT if other[name] == first[name]] == ["access_orgunit", "products_tariff"]


def test_the_counts_are_those_asked_for_and_it_is_quick(settings: LazySettings) -> None:
    settings.DEBUG = True
    began = time.monotonic()
    summary = load_demo(seed=3, customers=CUSTOMERS, members=MEMBERS)
    assert time.monotonic() - began < 30
    assert (summary.customers, summary.members, summary.created) == (CUSTOMERS, MEMBERS, True)
    assert 70 <= summary.staff <= 90
    assert CUSTOMERS <= summary.contact_people <= 6 * CUSTOMERS
    assert min(summary.offers, summary.group_subscriptions, summary.subscriptions, summary.segments) > 100


def test_all_constraints_stand_as_before() -> None:
    before = foreign_keys()
    load_demo(seed=7, customers=CUSTOMERS, members=MEMBERS)
    assert foreign_keys() == before
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_keys_go_on_after_the_copied_ones(summary: DemoSummary) -> None:
    hospital = Customer.objects.get(code=HOSPITAL_CODE)
    new = Customer.objects.create(code="NEW-1", name="新客户", org_unit=hospital.org_unit)
    assert new.pk == Customer.objects.exclude(pk=new.pk).latest("pk").pk + 1
    member = Member.objects.create(customer=new, msisdn="8619999999999", kind="mobile", joined_on=timezone.localdate())
    assert member.pk == MEMBERS + 1


def test_customers_are_believable(summary: DemoSummary) -> None:
    customers = Customer.objects.all()
    for code in customers.exclude(credit_code="").values_list("credit_code", flat=True):
        validate_credit_code(code)
    assert customers.values("name").distinct().count() == CUSTOMERS
    assert set(customers.values_list("lifecycle", flat=True)) == set(Lifecycle.values)
    assert customers.filter(level="C").count() > customers.filter(level__in=["A1", "A2"]).count() > 0
    assert customers.exclude(parent=None).exists()
    assert not customers.filter(created_at__gt=timezone.now()).exists()
    people = ContactPerson.objects.values("customer").annotate(count=Count("pk"))
    assert {1, 2} <= {row["count"] for row in people} <= set(range(1, 7))
    for customer in customers[:50]:
        customer.full_clean(validate_unique=False, validate_constraints=False)
        assert customer.pinyin_initials == initials_of(customer.name)


def test_customers_have_tags_attributes_relations_and_explained_scores(summary: DemoSummary) -> None:
    hospital = Customer.objects.get(code=HOSPITAL_CODE)
    assert hospital.taggings.count() == 2
    assert CustomerRelation.objects.filter(customer=hospital).count() == 2
    definitions = definitions_in_use()
    for customer in Customer.objects.exclude(attributes={})[:50]:
        assert clean_attributes(customer.attributes, definitions) == customer.attributes
    scores = CustomerScore.objects.filter(is_current=True)
    assert scores.count() == SCORED
    assert {rule["measure"] for rule in scores[0].run.rules} <= set(measures_by_key())
    assert hospital.scores.get().score == hospital.value_score > 50
    assert hospital.level == level_of(hospital.value_score, thresholds())


def test_number_lists_are_skewed_and_in_number_order(summary: DemoSummary) -> None:
    sizes = sorted(Member.objects.values_list("customer").annotate(count=Count("pk")).values_list("count", flat=True), reverse=True)
    assert sizes[0] > 40 * sizes[len(sizes) // 2]
    numbers = list(Member.objects.order_by("pk").values_list("msisdn", flat=True))
    assert numbers == sorted(numbers)
    assert Member.objects.exclude(left_on=None).exists()
    assert set(Member.objects.filter(left_on=None).values_list("state", flat=True)) == {"active", "suspended", "porting"}
    assert not Member.objects.filter(left_on=None, customer__lifecycle__in=["potential", "left"]).exists()
    prefixes = list(NumberSegment.objects.values_list("prefix", flat=True))
    assert all(number.startswith(tuple(prefixes)) for number in numbers)


def test_subscriptions_keep_the_products_rules(summary: DemoSummary) -> None:
    live = MemberSubscription.objects.filter(ended_on=None)
    for rule in ProductRule.objects.filter(kind=ProductRuleKind.EXCLUDES):
        both = live.filter(product=rule.product, member__in=live.filter(product=rule.other).values("member"))
        assert not both.exists()
    for rule in ProductRule.objects.filter(kind=ProductRuleKind.REQUIRES):
        without = live.filter(product=rule.product).exclude(
            member__in=MemberSubscription.objects.filter(product=rule.other).values("member")
        )
        assert not without.exists()
    assert not MemberSubscription.objects.exclude(customer=F("member__customer")).exists()
    assert not MemberSubscription.objects.exclude(offer=None).exclude(customer=F("offer__customer"), tariff=F("offer__tariff")).exists()
    assert not live.exclude(member__left_on=None).exists()


def test_the_hospital_shows_every_case(summary: DemoSummary) -> None:
    offers = Offer.objects.filter(customer__code=HOSPITAL_CODE)
    today = timezone.localdate()
    assert set(offers.values_list("status", flat=True)) == {"draft", "in_approval", "approved", "withdrawn"}
    assert {offer.stage(today) for offer in offers} >= {"effective", "expiring"}
    assert offers.usable(today).filter(product__code="VNET").exists()
    assert MemberSubscription.objects.filter(customer__code=HOSPITAL_CODE, product__code="CAMPUSVNET", ended_on=None).exists()


def test_the_people_reach_what_their_rank_says(summary: DemoSummary) -> None:
    people = {
        user.username: user for user in User.objects.filter(username__in=["manager", "director", "province", "administrator", "viewer"])
    }
    seen = {name: set(Customer.objects.visible_to(user).values_list("pk", flat=True)) for name, user in people.items()}
    assert len(seen["manager"]) == 40
    assert Customer.objects.get(code=HOSPITAL_CODE).pk in seen["manager"]
    assert seen["manager"] < seen["director"] < seen["province"] < seen["administrator"] == seen["viewer"]
    assert Customer.objects.visible_to(people["director"]).filter(~Q(code__startswith="YJ-"), ~Q(code="QX-000171")).count() == 0
    with pytest.raises(PermissionDenied):
        require(people["viewer"], "members", "change")
    assert people["administrator"].is_staff
    assert not User.objects.exclude(username="administrator").filter(is_staff=True).exists()
    assert User.objects.filter(assignments=None).count() == 0
    assert Role.objects.filter(assignments__user__username="province").get().code == "director"


def test_sign_ins_work_with_debug(summary: DemoSummary) -> None:
    sign_ins = demo_sign_ins()
    assert [entry.login for entry in sign_ins] == ["manager", "director", "province", "administrator", "viewer"]
    assert all(User.objects.get(username=entry.login).check_password(entry.password) for entry in sign_ins)
    assert len(set(User.objects.values_list("password", flat=True))) == 1


def test_nobody_signs_in_without_debug(settings: LazySettings) -> None:
    settings.DEBUG = False
    load_demo(seed=7, customers=20, members=200)
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert not User.objects.get(username="manager").check_password(DEMO_PASSWORD)
    assert demo_sign_ins() == []
    settings.DEBUG = True
    assert demo_sign_ins() == []


def test_there_are_no_sign_ins_in_an_empty_database(settings: LazySettings) -> None:
    settings.DEBUG = True
    assert demo_sign_ins() == []


def test_a_second_load_of_the_same_does_nothing(summary: DemoSummary, capsys: pytest.CaptureFixture[str]) -> None:
    before = digests()
    again = load_demo(seed=7, customers=CUSTOMERS, members=MEMBERS)
    assert not again.created
    assert again.members == summary.members
    call_command("demo_data", customers=CUSTOMERS, members=MEMBERS)
    shown = capsys.readouterr()
    assert json.loads(shown.out)["created"] is False
    assert "there already" in shown.err
    assert digests() == before


@pytest.mark.parametrize("arguments", [{"seed": 8}, {"customers": CUSTOMERS + 1}, {"members": MEMBERS + 1}])
def test_other_data_are_left_alone(summary: DemoSummary, arguments: dict[str, int]) -> None:
    before = digests()
    wanted = {"seed": 7, "customers": CUSTOMERS, "members": MEMBERS} | arguments
    with pytest.raises(DatabaseInUseError):
        load_demo(seed=wanted["seed"], customers=wanted["customers"], members=wanted["members"])
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("demo_data", **wanted)
    assert digests() == before


def test_a_taken_login_is_refused() -> None:
    User.objects.create(username="manager", name="Somebody")
    with pytest.raises(DatabaseInUseError, match="manager"):
        load_demo(seed=7, customers=20, members=200)
    assert User.objects.count() == 1
    assert not Customer.objects.exists()


@pytest.mark.parametrize(("customers", "members"), [(9, 100), (10, 99), (3_000_000, 100)])
def test_sizes_out_of_range(customers: int, members: int) -> None:
    with pytest.raises(ValueError, match="Customers must be"):
        load_demo(seed=7, customers=customers, members=members)
    with pytest.raises(CommandError):
        call_command("demo_data", customers=customers, members=members)


@pytest.mark.parametrize(("customers", "members"), [(10, 100), (11, 100), (60, 100), (20, 5_000)])
def test_the_smallest_sizes(customers: int, members: int) -> None:
    summary = load_demo(seed=1, customers=customers, members=members)
    assert (summary.customers, summary.members) == (customers, members)
