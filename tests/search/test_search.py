"""What the search over everything finds, for whom, and what it says of the rest."""

from __future__ import annotations

import datetime
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import User
from common.search import Found, Group, Query, groups_for
from customers.models import Customer
from jobs.models import Job
from tests.access.clients import browser
from tests.factories.customers import ContactPersonFactory, CustomerFactory
from tests.members.factories import make_member
from tests.products.factories import make_offer, make_product, make_tariff

pytestmark = pytest.mark.django_db

CREDIT_CODE = "91960101MA5K06TRCX"


@pytest.fixture(autouse=True)
def nothing_opened_yet() -> None:
    """The customers opened last are kept in the cache, which tests share."""
    cache.clear()


def found(user: User, text: str, limit: int = 10) -> dict[str, Found]:
    """What `user` finds, by kind."""
    return {group.key: group.found for group in groups(user, text, limit)}


def groups(user: User, text: str, limit: int = 10) -> list[Group]:
    return groups_for(User.objects.get(pk=user.pk), Query.of(text), limit)


def labels(user: User, text: str, key: str) -> list[str]:
    """The names of what `user` finds of one kind."""
    kinds = found(user, text)
    return [result.label for result in kinds[key].results] if key in kinds else []


@pytest.fixture
def hospital(manager: User) -> Customer:
    return CustomerFactory(manager=manager, name="云江市第一人民医院", short_name="市一院", code="YJ-000127", credit_code=CREDIT_CODE)


# --- customers -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("人民", "第一人民医院", " 云江市第一人民医院 ", "市一院", "YJ-0001", "yj-000127"),
        *("yunjiangshidiyi", "yjsdy", CREDIT_CODE, CREDIT_CODE[:13].lower()),
    ],
)
def test_a_customer_is_found_by(hospital: Customer, manager: User, text: str) -> None:
    CustomerFactory(manager=manager, name="朔原海关", code="SY-1")
    assert labels(manager, text, "customers") == [hospital.name]


@pytest.mark.parametrize("text", ["", "院", "%%", "医第", "91970101", "云江市第一人民医院分院", "\x00", "'; --"])
def test_a_customer_is_not_found_by(hospital: Customer, manager: User, text: str) -> None:
    assert labels(manager, text, "customers") == []


def test_latin_names_bear_slips(manager: User) -> None:
    CustomerFactory(manager=manager, name="ACME Medical 医院", code="ACME-1")
    CustomerFactory(manager=manager, name="Orient Shipping 航运", code="ORI-1")
    for text in ("acme medcal", "Acme Medicl", "orient shiping"):
        kind = found(manager, text)["customers"]
        assert len(kind.results) == 1, text
        assert kind.similar
        assert kind.all_url == "", "the list knows no likeness"
    assert not found(manager, "acme med")["customers"].similar
    assert "customers" not in found(manager, "quite another")


def test_the_best_come_first(manager: User, director: User, colleague: User) -> None:
    CustomerFactory(manager=colleague, name="云江大海关酒店有限公司")
    own = CustomerFactory(manager=manager, name="云江大海关饭店")
    exact = CustomerFactory(manager=colleague, name="大海关")
    assert labels(manager, "大海关", "customers") == [own.name]
    assert labels(director, "大海关", "customers")[:2] == [exact.name, own.name]
    assert groups(director, "大海关")[0].found.certain


def test_counts_are_capped_and_the_list_shows_the_rest(manager: User) -> None:
    for number in range(60):
        CustomerFactory(manager=manager, name=f"云江税务局{number:02}")
    CustomerFactory(manager=manager, name="税务")
    kind = found(manager, "税务", limit=5)["customers"]
    assert len(kind.results) == 5
    assert (kind.count, kind.more) == (50, True)
    assert kind.results[0].label == "税务", "what has exactly this name is among the first, however many there are"
    page = browser(manager).get(kind.all_url)
    assert page.context["list"].count == 61


def test_hidden_customers_leave_no_trace(hospital: Customer, foreign_manager: User, foreign_director: User, outsider: User) -> None:
    ContactPersonFactory(customer=hospital, name="陈院长", phone="8613800006621")
    make_member(hospital, "8613912340077")
    make_offer(hospital, make_tariff(make_product("VNET")), code="YJ-000127-01")
    for user in (foreign_manager, foreign_director, outsider):
        for text in ("人民医院", "YJ-000127", CREDIT_CODE, "陈院长", "13800006621", "139", "13912340077", "0077", "*0077"):
            kinds = set(found(user, text)) - {"pages"}
            assert not kinds, (user, text, kinds)


# --- people ----------------------------------------------------------------------------------------------------------------------------


def test_people_by_name_title_and_phone(hospital: Customer, manager: User, viewer: User) -> None:
    ContactPersonFactory(customer=hospital, name="陈月伟", title="信息科主任", phone="8613800006621")
    ContactPersonFactory(customer=hospital, name="Jonathan Smith", title="Buyer", phone="8613700001111")
    assert labels(manager, "月伟", "people") == ["陈月伟"]
    assert labels(manager, "科主", "people") == ["陈月伟"]
    assert labels(manager, "jonathon smith", "people") == ["Jonathan Smith"]
    assert labels(manager, "1380000", "people") == ["陈月伟"], "who may reveal it finds it by its beginning"
    assert labels(viewer, "1380000", "people") == []
    assert labels(viewer, "138 0000 6621", "people") == ["陈月伟"]
    [result] = found(manager, "13800006621")["people"].results
    assert result.details[-1] == "138****6621"


# --- numbers ---------------------------------------------------------------------------------------------------------------------------


def test_numbers_of_any_group_ever(hospital: Customer, manager: User, colleague: User, director: User) -> None:
    today = timezone.localdate()
    other = CustomerFactory(manager=colleague, name="云江海关")
    year = datetime.timedelta(days=365)
    make_member(hospital, "8613912340077", joined_on=today - 2 * year, left_on=today - year)
    make_member(other, "8613912340077", joined_on=today - year)
    make_member(hospital, "8613912349999", joined_on=today - 2 * year, left_on=today - year)
    assert labels(manager, "139", "numbers") == ["139****0077", "139****9999"]
    assert labels(manager, "+86 139-1234-0077", "numbers") == ["139****0077"]
    assert found(manager, "13912340077")["numbers"].certain
    assert [result.details[0] for result in found(director, "139123")["numbers"].results] == ["云江海关", hospital.name], (
        "a number stands once, by its present membership"
    )
    assert labels(manager, "0077", "endings") == ["139****0077"]
    assert labels(manager, "*12340077", "endings") == ["139****0077"]
    assert labels(manager, "077", "endings") == []
    assert labels(manager, "912340077", "endings") == [], "nine digits are the beginning of a number or none"
    for text, key in (("139", "numbers"), ("0077", "endings")):
        rows = browser(director).get(found(director, text)[key].all_url).context["list"].count
        assert rows == {"numbers": 3, "endings": 2}[key], "the list shows those that have left too"


def test_numbers_are_not_found_by_what_the_mask_hides(hospital: Customer, viewer: User) -> None:
    make_member(hospital, "8613912340077")
    for text in ("139", "13912340077", "0077", "*0077"):
        assert set(found(viewer, text)) & {"numbers", "endings"}, text
    for text in ("1391", "1391234007", "40077", "*12340077"):
        assert not set(found(viewer, text)) & {"numbers", "endings"}, text


# --- the rest --------------------------------------------------------------------------------------------------------------------------


def test_products_and_offers(hospital: Customer, manager: User) -> None:
    product = make_product("CLOUD-9", name_zh="云主机", name_en="Cloud server")
    make_offer(hospital, make_tariff(product), code="YJ-000127-01")
    assert labels(manager, "云主", "products") == [product.label]
    assert labels(manager, "cloud sever", "products") == [product.label]
    assert labels(manager, "yj-000127-0", "offers") == ["YJ-000127-01"]
    assert labels(manager, "人民医院", "offers") == ["YJ-000127-01"]


def test_jobs_by_number_and_title(hospital: Customer, manager: User, foreign_manager: User) -> None:
    own: dict[str, Any] = {"kind": "provisioning", "customer_key": hospital.pk, "manager": manager, "org_unit": manager.org_unit}
    job = Job.objects.create(title="入网：人民医院", source_name="roster.xlsx", actor=manager, **own)
    for text in (f"#{job.pk}", str(job.pk), "入网", "roster"):
        assert labels(manager, text, "jobs") == [f"#{job.pk} 入网：人民医院"], text
        assert labels(foreign_manager, text, "jobs") == [], text


def test_pages_in_both_languages_and_by_sound(manager: User, outsider: User) -> None:
    for text in ("customers", "客户", "kehu", "kh"):
        assert "Customers" in labels(manager, text, "pages"), text
    assert labels(outsider, "customers", "pages") == []
    assert labels(manager, "audit", "pages") == [], "a page that no role opens is not there"


# --- pages and fragments ---------------------------------------------------------------------------------------------------------------


def panel(client: Client, text: str = "", at: str = "/") -> str:
    """What opens below the palette's box."""
    response = client.get(reverse("search"), {"q": text, "at": at}, headers={"HX-Request": "true", "HX-Target": "palette-panel"})
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    return unescape(response.content.decode())


def test_recent_customers_stand_there_before_anything_is_typed(hospital: Customer, manager: User, foreign_manager: User) -> None:
    client = browser(manager)
    second = CustomerFactory(manager=manager, name="云江海关")
    for customer in (hospital, second):
        client.get(reverse("customers:customer_detail", args=[customer.pk]))
    text = panel(client)
    assert text.index(second.name) < text.index(hospital.name)
    Customer.objects.filter(pk=hospital.pk).update(manager=foreign_manager, org_unit=foreign_manager.org_unit)
    assert hospital.name not in panel(client), "what is out of reach now is gone"


def test_actions_are_for_the_thing_at_hand(hospital: Customer, manager: User, viewer: User, colleague: User) -> None:
    member = make_member(hospital, "8613912340077")
    page = reverse("customers:customer_people", args=[hospital.pk])
    add = reverse("customers:contact_person_create", args=[hospital.pk])
    batch = f"{reverse('members:batch_new')}?customer={hospital.pk}"
    client = browser(manager)
    assert add in panel(client, at=page)
    assert batch in panel(client, "batch", at=page)
    assert batch in panel(client, "xjpl", at=reverse("members:number_detail", args=[member.pk])), "by its initials in Chinese"
    assert add not in panel(client, at="/customers/")
    assert hospital.name not in panel(browser(colleague), at=page)
    assert add not in panel(browser(viewer), at=page), "who may look only is offered nothing"
    for nowhere in ("/nothing/", "http://[", "javascript:x", "/customers/99999999999999999999/"):
        assert panel(client, at=nowhere)


def test_what_matches_is_marked_and_nothing_else_is_markup(manager: User) -> None:
    CustomerFactory(manager=manager, name="<b>云江</b>海关", code="YJ-7")
    response = browser(manager).get(reverse("search"), {"q": "海关"})
    text = response.content.decode()
    assert "&lt;b&gt;云江&lt;/b&gt;<mark>海关</mark>" in text
    assert "<mark>YJ-7</mark>" in browser(manager).get(reverse("search"), {"q": "yj-7"}).content.decode()


def test_initials_mark_the_characters_they_stand_for(hospital: Customer, manager: User) -> None:
    text = browser(manager).get(reverse("search"), {"q": "yjsdy"}).content.decode()
    assert "<mark>云江市第一</mark>人民医院" in text
    text = browser(manager).get(reverse("search"), {"q": "yunjiangshi"}).content.decode()
    assert "<mark>云江市</mark>第一人民医院" in text


def test_the_page_works_without_scripts_and_for_anybody(hospital: Customer, manager: User, outsider: User) -> None:
    text = unescape(browser(manager).get(reverse("search"), {"q": "人民"}).content.decode())
    assert f'href="{reverse("customers:customer_detail", args=[hospital.pk])}"' in text
    assert f'href="{reverse("customers:customer_list")}?q=' in text
    assert browser(outsider).get(reverse("search"), {"q": "人民"}).status_code == 200
    assert "Nothing in your reach matches" in browser(outsider).get(reverse("search"), {"q": "人民"}).content.decode()


def test_a_search_asks_a_fixed_number_of_queries(manager: User, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        customer = CustomerFactory(manager=manager, name=f"云江医院{number}")
        ContactPersonFactory(customer=customer, name=f"王医院{number}")
    client = browser(manager)
    panel(client, "医院")
    with django_assert_max_num_queries(24):
        panel(client, "医院")


def test_a_common_text_is_looked_for_among_some_in_reach(
    manager: User, director: User, foreign_manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        customer = CustomerFactory(manager=manager, name=f"云江医院{number}")
        ContactPersonFactory(customer=customer, name=f"陈院长{number}")
    hidden = CustomerFactory(manager=foreign_manager, name="清溪医院")
    ContactPersonFactory(customer=hidden, name="陈院长")
    monkeypatch.setattr("customers.searching.COMMON", -1)
    monkeypatch.setattr("customers.finding.COMMON", -1)
    assert (found(director, "医院")["customers"].count, found(director, "医院")["customers"].more) == (30, False)
    people = found(director, "院长", limit=40)["people"]
    assert (people.count, people.more) == (30, True)
    assert "陈院长" not in {result.label for result in people.results}
    monkeypatch.setattr("customers.finding.WALKED", 1)
    assert found(director, "院长")["people"].count == 30, "too few among them: all are asked"
