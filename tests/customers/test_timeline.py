"""The timeline: what it tells of a customer and to whom, its pages, its filters."""

import datetime
import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from access.models import RolePermission, User
from common.versions import version_of
from customers.models import CustomerTag, Lifecycle, OwnershipChange
from customers.services.contact_people import add_contact_person, remove_contact_person, update_contact_person
from customers.services.details import update_customer
from customers.services.lifecycle import move_customer
from customers.timeline import read_page
from customers.timeline.reading import Cursor, Span
from tests.access.test_reach import make_batch
from tests.factories.customers import CustomerFactory, TagFactory, make_relation
from tests.products.factories import make_group_subscription, make_offer, make_product, make_tariff
from workflow.models import Task
from workflow.services.tasks import create_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(manager):
    return CustomerFactory(manager=manager, name="云江海关", code="YJ-1")


def told(customer, user, **asked):
    """The texts of a page with its details, the newest first."""
    page = read_page(customer, user, **asked)
    return [
        " ".join([str(told.entry.text), *(f"{one.label} {one.before}>{one.after}" for one in told.entry.details)]) for told in page.entries
    ]


def live_through_everything(customer, manager):
    """Something of every kind."""
    person = add_contact_person(customer_id=customer.pk, actor=manager, name="周海", phone="13912345678")
    update_contact_person(person_id=person.pk, actor=manager, seen=version_of(person), phone="13812345678")
    remove_contact_person(person_id=person.pk, actor=manager)
    move_customer(customer_id=customer.pk, actor=manager, to=Lifecycle.WARNED, reason="prices")
    customer.refresh_from_db()
    update_customer(customer_id=customer.pk, actor=manager, seen=version_of(customer), remark="贵宾")
    OwnershipChange.objects.create(
        customer=customer, from_manager=None, to_manager=manager, from_unit=manager.org_unit, to_unit=manager.org_unit, actor=manager
    )
    CustomerTag.objects.create(customer=customer, tag=TagFactory(code="VIP", name_en="Guest of honour"), actor=manager)
    taken = CustomerTag.objects.create(customer=customer, tag=TagFactory(code="NEW", name_en="Newcomer"), actor=manager)
    taken.delete()
    tariff = make_tariff(make_product("VNET", name_en="V-net"))
    offer = make_offer(customer, tariff, code="OF-7")
    offer.committed_members = 40
    offer.save()
    line = make_tariff(make_product("LINE", name_en="Private line", member_level=False))
    make_group_subscription(customer, line)
    make_batch(manager, customer.pk)
    create_task(actor=manager, details={"title": "Call back"}, subject=("customers.customer", customer.pk))


def test_everything_that_happened_is_told_once(manager, customer):
    live_through_everything(customer, manager)
    found = told(customer, manager)
    for words, times in (
        ("周海 · entered", 1),
        ("周海 · changed", 1),
        ("周海 · removed", 1),
        ("Lifecycle · active → churn warning", 1),
        ("Customer · changed", 1),
        ("Ownership · ", 1),
        ("Tag given: Guest of honour", 1),
        ("Tag given: Newcomer", 1),
        ("Tag taken off: Newcomer", 1),
        ("Offer OF-7 · entered", 1),
        ("Offer OF-7 · changed", 1),
        ("Private line · entered", 1),
        ("Batch begun: ", 1),
        ("Call back", 1),
    ):
        assert sum(words in text for text in found) == times, (words, found)
    assert "139****5678" in next(text for text in found if "周海 · changed" in text)
    assert not any("13912345678" in text for text in found)
    assert [one.at for one in read_page(customer, manager).entries] == sorted(
        (one.at for one in read_page(customer, manager).entries), reverse=True
    )


def test_pages_join_without_gap_or_repetition_however_the_moments_fall(manager, customer):
    live_through_everything(customer, manager)
    moment = timezone.now()
    OwnershipChange.objects.update(changed_at=moment)
    for number in range(9):
        change = OwnershipChange.objects.create(customer=customer, to_unit=manager.org_unit, reason=str(number))
        OwnershipChange.objects.filter(pk=change.pk).update(changed_at=moment)
    CustomerTag.objects.update(tagged_at=moment)
    whole = read_page(customer, manager, size=1000)
    assert whole.following == ""
    parts, cursor = [], None
    while True:
        page = read_page(customer, manager, size=3, before=cursor)
        parts += page.entries
        cursor = Cursor.parse(page.following)
        if cursor is None:
            break
    assert [(one.at, one.entry) for one in parts] == [(one.at, one.entry) for one in whole.entries]


def test_each_sees_what_the_policy_shows(manager, director, viewer, colleague, customer, client):
    live_through_everything(customer, manager)
    hidden = CustomerFactory(manager=colleague, name="云江机场")
    make_relation(customer, hidden)
    assert any("云江机场" in text for text in told(customer, director))
    assert any("云江海关 – a customer outside your reach" in text for text in told(customer, manager))
    assert not any("云江机场" in text for text in told(customer, manager))
    Task.objects.all().delete()
    create_task(actor=director, details={"title": "Ask about the manager"}, subject=("customers.customer", customer.pk))
    assert not any("Ask about the manager" in text for text in told(customer, manager))
    address = reverse("customers:customer_timeline", args=[customer.pk])
    for user, status in ((manager, 200), (viewer, 200), (colleague, 404)):
        client.force_login(user)
        assert client.get(address).status_code == status


def test_a_module_that_does_not_reach_the_customer_tells_nothing(manager, customer):
    live_through_everything(customer, manager)
    RolePermission.objects.filter(module__in=["products", "jobs"]).delete()
    found = told(customer, User.objects.get(pk=manager.pk))
    assert any("周海" in text for text in found)
    assert not any("Offer" in text or "Private line" in text or "Batch" in text for text in found)


def test_filters_by_kind_and_by_day(manager, customer, client):
    live_through_everything(customer, manager)
    assert {told.kind.key for told in read_page(customer, manager, kinds=["tags"]).entries} == {"tags"}
    today = timezone.localdate()
    yesterday = today - datetime.timedelta(days=1)
    assert told(customer, manager, span=Span(last=yesterday)) == []
    assert told(customer, manager, span=Span(first=today, last=today)) == told(customer, manager)
    client.force_login(manager)
    address = reverse("customers:customer_timeline", args=[customer.pk])
    page = unescape(client.get(address, {"kind": ["tags", "lifecycle"]}).content.decode())
    assert "Newcomer" in page
    assert "周海" not in page
    for asked in ({"first": "not a day"}, {"first": "2026-02-02", "last": "2026-01-01"}, {"kind": "nothing"}):
        assert 'role="alert"' in client.get(address, asked).content.decode()
    for cursor in ("x", "1.2", "99999999999999999.tags.1", "1.unknown.5", "-1.tags.1"):
        assert client.get(address, {"before": cursor}).status_code == 200


def test_more_is_a_page_of_its_own_and_a_part_for_htmx(manager, customer, client):
    for _number in range(50):
        OwnershipChange.objects.create(customer=customer, to_unit=manager.org_unit, actor=manager)
    client.force_login(manager)
    address = reverse("customers:customer_timeline", args=[customer.pk])
    first = client.get(address).content.decode()
    assert first.count('class="timeline-entry"') == 40
    (more,) = map(unescape, re.findall(r'id="timeline-more".*?href="([^"]+)"', first, re.DOTALL))
    second = client.get(more).content.decode()
    assert second.count('class="timeline-entry"') == 10
    assert "<html" in second
    assert "timeline-more" not in second
    part = client.get(more, headers={"HX-Request": "true", "HX-Target": "timeline-more"}).content.decode()
    assert part.count('class="timeline-entry"') == 10
    assert "<html" not in part
    assert "timeline-day" not in part  # the day of the line above goes on


def test_queries_do_not_grow(manager, customer, django_assert_max_num_queries):
    live_through_everything(customer, manager)
    make_relation(customer, CustomerFactory(manager=manager))
    taken = []
    for _time in range(2):
        user = User.objects.get(pk=manager.pk)
        with django_assert_max_num_queries(50) as counted:
            read_page(customer, user)
        taken.append(len(counted))
        for _number in range(10):
            add_contact_person(customer_id=customer.pk, actor=manager, name="周海")
            make_relation(customer, CustomerFactory(manager=manager))
    assert taken[1] <= taken[0]
