"""Saved views: kept, shared, ordered, opened first, deleted; what a reader sees through somebody else's; and the remembered layout."""

import re
from html import unescape

import pytest
from django.urls import reverse

from access.models import ListSetting, OrgUnit, SavedView
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db
URL = "/customers/"


def save(client, query="level=C&columns=name%2Clevel&sort=-level&density=compact", **more):
    return client.post(
        reverse("access:list_view_create"), {"list": "customers", "next": URL, "query": query, "name": "C customers", **more}
    )


def read(client, address=URL):
    response = client.get(address)
    assert response.status_code == 200, response.get("Location")
    return unescape(response.content.decode())


def names(text):
    return re.findall(r"data-row-link>([^<]*)<", text)


def tabs(text):
    (nav,) = re.findall(r'<nav class="views".*?</nav>', text, re.DOTALL)
    return [(re.sub(r"<[^>]+>", "", label).strip(), url) for url, label in re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', nav, re.DOTALL)]


def headings(text):
    return re.findall(r'<th scope="col" class="col-(\S+?)[ "]', text)


def test_a_view_keeps_filters_columns_order_and_density(client, manager):
    client.force_login(manager)
    wanted = CustomerFactory(manager=manager, level="C")
    CustomerFactory(manager=manager, level="A1")
    response = save(client)
    view = SavedView.objects.get()
    assert view.parameters == {"level": ["C"], "columns": ["name,level"], "sort": ["-level"], "density": ["compact"]}
    text = read(client, response["Location"])
    assert names(text) == [wanted.name]
    assert headings(text) == ["name", "level"]
    assert "list-region list-compact" in text
    label, url = tabs(text)[-1]
    assert label == "C customers"
    assert f"view={view.pk}" in url
    assert "Keep the changes" not in text
    assert "Keep the changes" in read(client, f"{url}&lifecycle=active")


def test_a_view_is_changed_renamed_and_deleted_by_its_owner_alone(client, manager, colleague):
    client.force_login(manager)
    save(client)
    view = SavedView.objects.get()
    edit = reverse("access:list_view_edit", args=[view.pk])
    assert client.post(edit, {"name": "Small ones", "next": f"{URL}?view={view.pk}"})["Location"] == f"{URL}?view={view.pk}"
    client.post(reverse("access:list_view_keep", args=[view.pk]), {"query": "level=B1&after=x&view=9&panel=3", "next": URL})
    view.refresh_from_db()
    assert (view.name, view.parameters) == ("Small ones", {"level": ["B1"]})
    client.force_login(colleague)
    for what in ("edit", "keep", "first", "move", "delete"):
        assert client.post(reverse(f"access:list_view_{what}", args=[view.pk]), {"name": "x"}).status_code == 404
    view.refresh_from_db()
    assert view.name == "Small ones"
    client.force_login(manager)
    assert client.post(reverse("access:list_view_delete", args=[view.pk]), {"next": f"{URL}?view={view.pk}"})["Location"] == URL
    assert not SavedView.objects.exists()


def test_a_name_is_taken_once_and_what_was_typed_stays(client, manager):
    client.force_login(manager)
    save(client)
    refused = save(client, query="level=A1")
    assert refused.status_code == 422
    text = unescape(refused.content.decode())
    assert "You have a view with this name." in text
    assert 'name="query" value="level=A1"' in text
    assert save(client, name="", query="x" * 7_000).status_code == 422
    assert save(client, name="Long", query="level=" + "x" * 7_000).status_code == 422
    assert save(client, name="Nowhere", list="nothing").status_code == 422
    assert SavedView.objects.count() == 1


def test_a_shared_view_shows_each_the_own_rows(client, manager, colleague, foreign_manager, director):
    unit = manager.org_unit
    mine, theirs = CustomerFactory(manager=manager, level="C"), CustomerFactory(manager=colleague, level="C")
    client.force_login(manager)
    save(client, shared_unit=unit.pk)
    view = SavedView.objects.get()
    assert view.shared_unit == unit
    client.force_login(colleague)
    text = read(client)
    label, url = tabs(text)[-1]
    assert label.startswith("C customers")
    shared = read(client, url)
    assert names(shared) == [theirs.name]
    assert mine.name not in shared
    assert "Rename, share or delete" not in shared
    client.force_login(foreign_manager)
    assert "C customers" not in [label for label, _url in tabs(read(client))]
    client.force_login(manager)
    client.post(reverse("access:list_view_edit", args=[view.pk]), {"name": "C customers", "shared_unit": ""})
    client.force_login(colleague)
    assert "C customers" not in [label for label, _url in tabs(read(client))]


def test_a_view_is_shared_within_reach_alone(client, manager, foreign_manager):
    client.force_login(manager)
    refused = save(client, shared_unit=foreign_manager.org_unit_id)
    assert refused.status_code == 422
    assert not SavedView.objects.exists()
    assert OrgUnit.objects.get(pk=foreign_manager.org_unit_id).label not in unescape(refused.content.decode())


def test_a_view_opens_first_and_all_stays_in_reach(client, manager):
    client.force_login(manager)
    save(client)
    view = SavedView.objects.get()
    first = reverse("access:list_view_first", args=[view.pk])
    client.post(first, {"first": "yes", "next": URL})
    opened = client.get(URL)
    assert opened.status_code == 302
    assert f"view={view.pk}" in opened["Location"]
    assert dict(tabs(read(client, opened["Location"])))["All"] == f"{URL}?view=all"
    assert read(client, f"{URL}?view=all")
    client.post(first, {"first": "no", "next": URL})
    assert client.get(URL).status_code == 200
    client.post(first, {"first": "yes", "next": URL})
    view.delete()
    assert client.get(URL).status_code == 200


def test_tabs_are_moved_by_each_reader(client, manager):
    client.force_login(manager)
    for name in ("one", "two", "three"):
        save(client, name=name)
    move = reverse("access:list_view_move", args=[SavedView.objects.get(name="three").pk])
    client.post(move, {"to": "left", "next": URL})
    client.post(move, {"to": "left", "next": URL})
    client.post(move, {"to": "left", "next": URL})
    assert [label for label, _url in tabs(read(client))][-3:] == ["three", "one", "two"]
    client.post(move, {"to": "right", "next": URL})
    assert [label for label, _url in tabs(read(client))][-3:] == ["one", "three", "two"]


def test_the_layout_is_remembered_for_the_person_and_the_list(client, manager, colleague):
    client.force_login(manager)
    for name, level in (("甲", "C"), ("乙", "A1"), ("丙", "C")):
        CustomerFactory(manager=manager, name=name, level=level, value_score=ord(name) % 100)
    given = {
        "list": "customers",
        "next": f"{URL}?lifecycle=potential",
        "density": "compact",
        "prefix": "",
        "column": ["code", "level", "nonsense!", "unknown"],
        "place-code": "2",
        "place-level": "1",
        "sort": ["level", "name", ""],
        "direction": ["descending", "ascending", "ascending"],
    }
    answer = client.post(reverse("access:list_layout"), given)
    assert answer["Location"] == f"{URL}?lifecycle=potential"
    text = read(client)
    assert headings(text) == ["name", "level", "code"]
    assert names(text) == ["丙", "甲", "乙"]
    assert "list-region list-compact" in text
    assert headings(read(client, f"{URL}?columns=name,industry")) == ["name", "industry"]
    client.post(reverse("access:list_layout"), {**given, "standard": "yes"})
    assert "level" in headings(read(client))
    assert ListSetting.objects.get().columns == []
    client.force_login(colleague)
    CustomerFactory(manager=colleague)
    assert "industry" in headings(read(client))


def test_in_a_view_the_layout_is_of_the_page_and_not_remembered(client, manager):
    client.force_login(manager)
    save(client)
    view = SavedView.objects.get()
    given = {"list": "customers", "next": f"{URL}?level=C&view={view.pk}", "column": ["code"], "sort": ["code"], "direction": ["ascending"]}
    answer = client.post(reverse("access:list_layout"), given)
    assert answer["Location"] == f"{URL}?level=C&view={view.pk}&columns=code&sort=code"
    assert not ListSetting.objects.exclude(columns=[]).exists()


@pytest.mark.parametrize("address", ["https://example.com/", "//example.com/", "javascript:alert(1)", "", "x"])
def test_nobody_is_led_away(client, manager, address):
    client.force_login(manager)
    answer = client.post(reverse("access:list_layout"), {"list": "customers", "next": address})
    assert answer["Location"] == "/"
    assert save(client, next=address, name=f"v{address[:9]}")["Location"].startswith("/?")


def test_several_orders_page_through_all_rows(client, manager):
    client.force_login(manager)
    made = CustomerFactory.create_batch(70, manager=manager)
    for number, customer in enumerate(made):
        customer.level, customer.value_score = "AC"[number % 2] + "1"[: number % 2 == 0], number % 3
        customer.industry = None
        customer.save()
    text = read(client, f"{URL}?sort=level,-value_score,industry")
    rest = read(client, re.findall(r'rel="next" href="([^"]*)"', text)[0])
    expected = sorted(made, key=lambda row: (row.level, -row.value_score, row.pk))
    assert names(text) + names(rest) == [row.name for row in expected]
    assert re.findall(r'<span class="list-place">(\d)</span>', text) == ["1", "2", "3"] or len(re.findall("list-place", text)) == 3
    assert 'data-list-further="/customers/?sort=level%2Cvalue_score%2Cindustry"' in text


def test_a_row_opens_beside_its_list(client, manager, foreign_manager, django_assert_num_queries):
    client.force_login(manager)
    mine, foreign = CustomerFactory(manager=manager, short_name="短名"), CustomerFactory(manager=foreign_manager)
    text = read(client, f"{URL}?level=C")
    assert f'data-row-panel="/customers/?level=C&panel={mine.pk}"' in text
    whole = read(client, f"{URL}?level=C&panel={mine.pk}")
    assert f'data-panel-row="{mine.pk}"' in whole
    assert len(names(whole)) == 1
    target = {"HX-Request": "true", "HX-Target": "list-customers-panel"}
    part = client.get(f"{URL}?level=C&panel={mine.pk}", headers=target)
    assert "<html" not in part.content.decode()
    assert part["HX-Replace-Url"] == f"/customers/?level=C&panel={mine.pk}"
    for key in (foreign.pk, "x", "9" * 30):
        assert client.get(f"{URL}?panel={key}", headers=target).status_code == 404
        assert foreign.name not in read(client, f"{URL}?panel={key}")
