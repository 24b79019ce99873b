"""The chart of influence: who reports to whom, circles refused, read by those who may."""

import re
import threading
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from access.models import User
from common.versions import version_of
from customers.chart import DEEPEST, chart_of
from customers.models import ContactPerson
from customers.services.contact_people import remove_contact_person, update_contact_person
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(manager):
    return CustomerFactory(manager=manager)


@pytest.fixture
def line(customer):
    """Three people, each above the next."""
    top = ContactPersonFactory(customer=customer, name="赵院长")
    middle = ContactPersonFactory(customer=customer, name="钱主任", reports_to=top)
    return top, middle, ContactPersonFactory(customer=customer, name="孙科长", reports_to=middle)


def place(person, actor, superior):
    person = ContactPerson.objects.get(pk=person.pk)
    return update_contact_person(person_id=person.pk, actor=actor, seen=version_of(person), reports_to=superior)


def drawn(places):
    return {place.person.name: drawn(place.reports) for place in places}


def test_the_chart_is_the_lines_of_reports(manager, customer, line):
    ContactPersonFactory(customer=customer, name="李会计", influence=1)
    assert drawn(chart_of(customer, manager).tops) == {"赵院长": {"钱主任": {"孙科长": {}}}, "李会计": {}}
    place(line[2], manager, line[0])
    assert drawn(chart_of(customer, manager).tops)["赵院长"] == {"钱主任": {}, "孙科长": {}}


def test_circles_and_people_elsewhere_are_refused(manager, customer, line):
    elsewhere = ContactPersonFactory(customer=CustomerFactory(manager=manager))
    for superior in (line[0], line[2], elsewhere):
        with pytest.raises(ValidationError):
            place(line[0], manager, superior)
    assert ContactPerson.objects.get(pk=line[0].pk).reports_to is None


def test_who_reported_to_somebody_removed_reports_to_the_one_above(manager, line):
    remove_contact_person(person_id=line[1].pk, actor=manager)
    assert ContactPerson.objects.get(pk=line[2].pk).reports_to == line[0]


def test_the_chart_shows_no_number_in_full_and_is_changed_by_those_who_may(client, manager, viewer, colleague, customer, line):
    ContactPerson.objects.filter(pk=line[0].pk).update(phone="8613912345678")
    chart, form = reverse("customers:people_chart", args=[customer.pk]), reverse("customers:contact_person_place", args=[line[2].pk])
    for user, opens, changes in ((manager, 200, 200), (viewer, 200, 404), (colleague, 404, 404)):
        client.force_login(user)
        page = client.get(chart)
        assert page.status_code == opens
        assert "13912345678" not in page.content.decode()
        assert client.get(form).status_code == changes
        assert (form in page.content.decode()) is (changes == 200)


def test_a_place_is_given_with_and_without_scripts(client, manager, customer, line):
    client.force_login(manager)
    form = reverse("customers:contact_person_place", args=[line[2].pk])
    sent = {"reports_to": line[0].pk, "attitude": "champion", "influence": 1, "version": version_of(line[2])}
    part = client.post(form, sent, headers={"HX-Request": "true", "HX-Target": f"place-{line[2].pk}"})
    assert part["HX-Retarget"] == "#people-chart"
    assert "speaks for us" in unescape(part.content.decode())
    person = ContactPerson.objects.get(pk=line[2].pk)
    assert (person.reports_to, person.attitude, person.influence) == (line[0], "champion", 1)
    stale = client.post(form, {**sent, "reports_to": line[1].pk})
    assert stale.status_code == 422
    assert "Now: 赵院长" in unescape(stale.content.decode())
    circle = reverse("customers:contact_person_place", args=[line[0].pk])
    refused = client.post(circle, {"reports_to": person.pk, "version": version_of(line[0])})
    assert refused.status_code == 422
    assert "孙科长 reports to this person already." in unescape(refused.content.decode())
    done = client.post(circle, {"reports_to": "", "influence": 2, "version": version_of(line[0])})
    assert done["Location"] == reverse("customers:people_chart", args=[customer.pk])


def test_forms_of_others_stay_open_where_one_is_saved_or_left(client, manager, customer, line):
    client.force_login(manager)
    by_htmx = {"HX-Request": "true", "HX-Target": "people-chart"}
    form = reverse("customers:contact_person_place", args=[line[2].pk])
    sent = {"reports_to": line[0].pk, "version": version_of(line[2]), "open": [line[1].pk, line[2].pk]}
    saved = client.post(form, sent, headers=by_htmx).content.decode()
    chart = reverse("customers:people_chart", args=[customer.pk])
    left = client.get(chart, {"left": line[2].pk, "open": [line[1].pk, line[2].pk]}, headers=by_htmx).content.decode()
    for text in (saved, left):
        assert re.findall(r'id="place-(\d+)" hx-preserve', text) == [str(line[1].pk)]
    ids = [
        set(
            re.findall(
                r' id="([^"]+)"', client.get(reverse("customers:contact_person_place", args=[one.pk]), headers=by_htmx).content.decode()
            )
        )
        for one in line[:2]
    ]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_queries_do_not_grow(client, manager, customer, django_assert_max_num_queries):
    client.force_login(manager)
    taken = []
    for _time in range(2):
        above = None
        for _number in range(8):
            above = ContactPersonFactory(customer=customer, reports_to=above, phone="8613912345678")
        with django_assert_max_num_queries(40) as counted:
            client.get(reverse("customers:people_chart", args=[customer.pk]))
        taken.append(len(counted))
    assert taken[0] == taken[1]


@pytest.mark.django_db(transaction=True)
def test_two_lines_drawn_at_the_same_time_make_no_circle(manager):
    customer = CustomerFactory(manager=manager)
    one, other = ContactPersonFactory(customer=customer), ContactPersonFactory(customer=customer)
    ready, refused = threading.Barrier(2), []

    def draw(person, superior):
        ready.wait(timeout=10)
        try:
            place(person, User.objects.get(pk=manager.pk), superior)
        except ValidationError:
            refused.append(person)
        finally:
            connection.close()

    threads = [threading.Thread(target=draw, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert ContactPerson.objects.filter(reports_to__isnull=False).count() == 1


def test_nobody_is_left_out_of_a_circle_or_a_long_line(client, manager, customer, line):
    """What no form lets stand, such as an old import may have written, is drawn all the same."""
    top, _middle, last = line
    ContactPerson.objects.filter(pk=top.pk).update(reports_to=last)
    assert drawn(chart_of(customer, manager).tops) == {"孙科长": {"赵院长": {"钱主任": {}}}}
    above = None
    for number in range(DEEPEST * 2 + 5):
        above = ContactPersonFactory(customer=customer, name=f"线{number:03d}", reports_to=above)
    chart = chart_of(customer, manager)
    assert [place.person.name for place in chart.tops] == ["线000", "线020", "线040", "孙科长"]
    assert chart.size == DEEPEST * 2 + 8
    client.force_login(manager)
    page = client.get(reverse("customers:people_chart", args=[customer.pk])).content.decode()
    assert "线044" in page
    assert "赵院长" in page
