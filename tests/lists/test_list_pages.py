"""The list building block on a real list: addresses, chips, counts, wrong values, htmx, query counts."""

import re
from html import unescape
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.lists import state as list_state
from customers.models import Customer, Lifecycle
from members.models import Member
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db
URL = "/customers/"


@pytest.fixture
def read(client, manager):
    """Get the manager's customer list and return the decoded text."""
    client.force_login(manager)

    def get(query="", status=200, **headers):
        response = client.get(f"{URL}{query}", headers=headers)
        assert response.status_code == status
        return unescape(response.content.decode())

    return get


def names(text):
    return re.findall(r"data-row-link>([^<]*)<", text)


def link(text, rel):
    found = re.search(rf'rel="{rel}" href="([^"]*)"', text)
    return found.group(1).removeprefix(URL) if found else None


def test_pages_by_links_show_every_row_once_both_ways(read, manager):
    made = {customer.name for customer in CustomerFactory.create_batch(123, manager=manager)}
    text, seen = read(), []
    while True:
        seen.append(names(text))
        if not (query := link(text, "next")):
            break
        text = read(query)
    assert [len(rows) for rows in seen] == [50, 50, 23]
    assert {name for rows in seen for name in rows} == made
    assert "101–123 of 123" in text
    back = [names(text)]
    while query := link(text, "prev"):
        text = read(query)
        back.insert(0, names(text))
    assert back == seen
    assert "1–50 of 123" in text


def test_search_finds_by_name_code_and_initials(read, manager):
    hospital = CustomerFactory(manager=manager, name="云江市第一人民医院", code="YJ-1")
    CustomerFactory(manager=manager, name="清溪啤酒", code="QX-2")
    for text in ("第一人民", "yj-1", "yjsdy", "yunjiang", " 医院 "):
        assert names(read(f"?q={quote(text)}")) == [hospital.name]
    assert names(read("?q=nobody")) == []


def test_filters_narrow_and_read_as_a_sentence(read, manager):
    warned = CustomerFactory(manager=manager, lifecycle=Lifecycle.WARNED, level="A1")
    CustomerFactory(manager=manager, lifecycle=Lifecycle.ACTIVE, level="A1")
    CustomerFactory(manager=manager, lifecycle=Lifecycle.WARNED, level="C")
    text = read("?lifecycle=warned&level=A1&level=A2")
    assert names(text) == [warned.name]
    chips = [re.sub(r"<[^>]+>", "", chip).split() for chip in re.findall(r"<summary>(.*?)</summary>", text)]
    assert ["Level", "is", "A1", "A2"] in chips
    assert ["Lifecycle", "is", "churn", "warning"] in chips
    assert 'href="/customers/?lifecycle=warned"' in text  # the way to remove the level
    assert 'aria-label="Remove the filter Level"' in text


def test_ranges_and_days_narrow(read, manager):
    low, high = (CustomerFactory(manager=manager, value_score=score) for score in (10, 90))
    assert names(read("?value_score_min=50")) == [high.name]
    assert names(read("?value_score_max=50")) == [low.name]
    assert names(read("?created_at_max=1999-12-31")) == []
    assert len(names(read("?created_at_min=2000-01-01&created_at_max=2999-12-31"))) == 2


@pytest.mark.parametrize(
    "query",
    [
        "?level=Z9",
        "?manager=abc",
        "?manager=99999999999999999999999",
        "?manager=%00",
        "?value_score_min=abc",
        "?value_score_min=1e99999999",
        "?created_at_min=0001-01-01",
        "?created_at_max=9999-12-31",
        "?created_at_min=yesterday",
        "?mine=perhaps",
        "?q=%00",
        "?q=" + "x" * 101,
    ],
)
def test_wrong_values_are_told_and_show_no_row(read, manager, query):
    CustomerFactory(manager=manager)
    text = read(query)
    assert names(text) == []
    assert "list-error" in text


@pytest.mark.parametrize(
    "query", ["?after=x", "?before=%00", "?after=WyJh:abc", "?sort=nothing", "?sort=-", "?sort=manager;drop", "?unknown=1", "?q="]
)
def test_tampered_places_and_orders_are_passed_over(read, manager, query):
    customer = CustomerFactory(manager=manager)
    assert names(read(query)) == [customer.name]


def test_managers_outside_reach_are_no_choice(read, manager, foreign_manager):
    for owner in (manager, foreign_manager):
        CustomerFactory(manager=owner)
    for query in (f"?manager={foreign_manager.pk}", "?choose=manager"):
        text = read(query)
        assert foreign_manager.name not in text
    assert names(read(f"?manager={foreign_manager.pk}")) == []
    assert f'value="{manager.pk}"' in read("?choose=manager")


def test_the_forms_of_filters_are_made_when_their_menu_is_opened(client, read, manager):
    CustomerFactory(manager=manager)
    level = 'id="list-customers-level-form"'
    assert level not in read()
    assert level in read("?choose=*")
    assert level in read("?level=C")  # set: it stands in its chip
    client.force_login(manager)
    target = {"HX-Request": "true", "HX-Target": "list-customers-more"}
    menu = client.get(f"{URL}?q=x&level=C&choose=*", headers=target).content.decode()
    assert level not in menu
    assert 'id="list-customers-industry-form"' in menu
    assert '<input type="hidden" name="level" value="C">' in menu
    assert "<table" not in menu
    assert "hx-get" not in menu.partition(">")[0]


def test_choices_of_other_tables_are_read_when_their_form_is_opened(client, read, manager):
    customer = CustomerFactory(manager=manager, name="云江海关")
    box = f'type="checkbox" name="manager" value="{manager.pk}"'
    assert box not in read()
    assert box in read("?choose=manager")
    client.force_login(manager)
    target = {"HX-Request": "true", "HX-Target": "list-customers-manager-form"}
    form = client.get(f"{URL}?level=C&choose=manager", headers=target).content.decode()
    assert form.count("<form") == 1
    assert box in form
    assert '<input type="hidden" name="level" value="C">' in form
    assert "choose" not in form
    text = read(f"?manager={manager.pk}")
    assert names(text) == [customer.name]
    assert "<b>李静</b>" in text
    assert box not in text


def test_sorting_marks_its_column_and_turns_round(read, manager):
    for score in (5, 80, 30):
        CustomerFactory(manager=manager, name=f"n{score}", value_score=score)
    text = read("?sort=-value_score")
    assert names(text) == ["n80", "n30", "n5"]
    assert re.search(r'<th[^>]*col-value_score[^>]*aria-sort="descending"', text)
    assert 'href="/customers/?sort=value_score"' in text
    assert names(read("?sort=value_score")) == ["n5", "n30", "n80"]


def test_sorting_by_a_nullable_relation_pages_through_all(read, administrator, client, manager):
    CustomerFactory.create_batch(30, manager=manager)
    CustomerFactory.create_batch(40, manager=None)
    client.force_login(administrator)
    text = read("?sort=manager")
    rest = read(link(text, "next"))
    assert len(set(names(text)) | set(names(rest))) == 70


def test_count_is_capped(read, manager, monkeypatch):
    monkeypatch.setattr(list_state, "COUNT_LIMIT", 5)
    CustomerFactory.create_batch(5, manager=manager)
    assert "1–5 of 5<" in read()
    CustomerFactory(manager=manager)
    assert "1–6 of 5+<" in read()


def test_htmx_gets_the_changing_part_with_the_count_and_a_clean_address(client, manager):
    client.force_login(manager)
    CustomerFactory.create_batch(2, manager=manager)
    response = client.get(f"{URL}?q=&level=C&sort=", headers={"HX-Request": "true", "HX-Target": "list-customers"})
    text = response.content.decode()
    assert "<html" not in text
    assert 'hx-swap-oob="innerHTML">2</span>' in text
    assert response["HX-Push-Url"] == "/customers/?level=C"
    assert "HX-Target" in response["Vary"]
    restored = client.get(URL, headers={"HX-Request": "true", "HX-History-Restore-Request": "true", "HX-Target": "list-customers"})
    assert "<html" in restored.content.decode()


def test_empty_list_says_what_to_do_next(read, manager):
    text = read()
    assert "No customer is in your reach yet." in text
    assert reverse("customers:customer_create") in text
    CustomerFactory(manager=manager)
    assert "Nothing matches." in read("?level=A1")


def test_no_role_no_list(client, outsider, manager):
    CustomerFactory(manager=manager)
    client.force_login(outsider)
    assert client.get(URL).status_code == 403


def test_each_sees_just_the_own_reach(client, manager, colleague, director, foreign_director, administrator, viewer, foreign_manager):
    mine, theirs, foreign = (CustomerFactory(manager=person) for person in (manager, colleague, foreign_manager))
    expected = {
        manager: {mine},
        colleague: {theirs},
        director: {mine, theirs},
        foreign_director: {foreign},
        administrator: {mine, theirs, foreign},
        viewer: {mine, theirs, foreign},
    }
    for person, customers in expected.items():
        client.force_login(person)
        text = unescape(client.get(URL).content.decode())
        assert set(names(text)) == {customer.name for customer in customers}
        assert f'role="status">{len(customers)}</span>' in text


@pytest.mark.parametrize(("query", "more"), [("", 0), ("?q=医院&sort=-manager&level=C", 2)])
def test_queries_do_not_grow_with_rows(client, director, manager, django_assert_num_queries, query, more):
    client.force_login(director)
    client.get(URL)
    for rows in (3, 60):
        CustomerFactory.create_batch(rows, manager=manager)
        # A search asks the planner, and how many begin with the text.
        # Two of them ask for grants and loans, one for the second factor, one for tags, one for attributes, two for what is remembered.
        with django_assert_num_queries(14 + more):
            client.get(f"{URL}{query}")


def test_deep_pages_read_no_offset(client, manager, django_assert_num_queries):
    CustomerFactory.create_batch(60, manager=manager)
    client.force_login(manager)
    text = unescape(client.get(URL).content.decode())
    with CaptureQueriesContext(connection) as queries:
        client.get(URL + link(text, "next"))
    rows = [query["sql"] for query in queries if "_key0" in query["sql"]]
    assert len(rows) == 1
    assert "OFFSET" not in rows[0]


@pytest.mark.parametrize("many", [2, 1_000], ids=["met in the order of the list", "read by their keys"])
def test_what_filters_leave_is_the_same_however_it_is_read(read, manager, monkeypatch, many):
    monkeypatch.setattr("customers.tables.FEW", many)
    monkeypatch.setattr("customers.tables.CustomerList.page_size", 2)
    chosen = [
        CustomerFactory(manager=manager, name=name, pinyin=pinyin, level="C") for name, pinyin in zip("丁丙乙甲", "dcba", strict=True)
    ]
    CustomerFactory(manager=manager, level="A1")
    text = read("?level=C")
    following = link(text, "next")
    last = read(following)
    assert names(text) + names(last) == [customer.name for customer in reversed(chosen)]
    assert link(last, "next") is None
    assert all('role="status">4</span>' in page for page in (text, last))


def test_rows_that_cannot_be_are_counted_as_none(manager):
    assert Customer.objects.visible_to(manager).none().count_up_to(10) == 0
    assert Member.objects.visible_to(manager).none().count_up_to(10) == 0
