"""The home page: what each person's cards hold, how they are arranged, and that its queries do not grow with rows."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import User
from access.services.delegations import lend_scope
from customers.models import Customer, Lifecycle
from customers.services.ownership import assign_customer
from customers.services.sharing import share_customer
from jobs.models import Job, JobStatus
from jobs.notices import tell_of_end
from tests.access.clients import browser
from tests.factories.customers import CustomerFactory
from tests.factories.workflow import make_task
from tests.members.factories import make_member
from workflow.figures import count_figures, figures_of
from workflow.models import CardArrangement, Notice, RecentView

pytestmark = pytest.mark.django_db


def cards_of(client: Client) -> dict[str, Any]:
    return {card.key: card.data for card in client.get("/").context["cards"]}


@pytest.fixture
def customers(manager: User, colleague: User, foreign_manager: User) -> list[Customer]:
    """Three of the manager's, one of them warned; one of the colleague's and one of another province."""
    own = [CustomerFactory(manager=manager, level=level) for level in ("A1", "B1")]
    warned = CustomerFactory(manager=manager, level="A1", lifecycle=Lifecycle.WARNED, name="预警医院")
    others = [CustomerFactory(manager=colleague, level="C"), CustomerFactory(manager=foreign_manager, name="远方医院")]
    make_member(own[0], "8613912340001")
    return [*own, warned, *others]


def test_a_manager_sees_the_own_work(manager: User, customers: list[Customer]) -> None:
    today = timezone.localdate()
    make_task(manager, customers[0], title="昨天的事", due_on=today - datetime.timedelta(days=1))
    make_task(manager, title="今天的事", due_on=today)
    make_task(manager, title="以后的事", due_on=today + datetime.timedelta(days=60))
    client = browser(manager)
    cards = cards_of(client)
    assert {"team", "accounts", "workers", "failed_jobs"}.isdisjoint(cards)
    assert [group["count"] for group in cards["tasks"]["groups"]] == [1, 1]
    assert cards["tasks"]["later"] == 1
    assert [customer.name for customer in cards["at_risk"]["customers"]] == ["预警医院"]
    assert {level["level"]: level["count"] for level in cards["portfolio"]["levels"]} == {"A1": 2, "A2": 0, "B1": 1, "B2": 0, "C": 0}
    page = client.get("/").content.decode()
    assert "昨天的事" in page
    assert customers[0].name in page
    assert "远方医院" not in page


def test_what_was_looked_at_last_stands_first_as_far_as_it_is_still_in_reach(manager: User, customers: list[Customer]) -> None:
    client = browser(manager)
    for customer in (customers[1], customers[0], customers[1]):
        client.get(reverse("customers:customer_detail", args=[customer.pk]))
    assert RecentView.objects.count() == 2
    shown = [entry["customer"].pk for entry in cards_of(client)["recent_customers"]["customers"]]
    assert shown == [customers[1].pk, customers[0].pk]
    RecentView.objects.create(user=manager, kind="customers.customer", key=customers[4].pk)
    assert "远方医院" not in client.get("/").content.decode()


def test_a_director_sees_the_load_of_the_people_below(
    director: User, foreign_director: User, manager: User, colleague: User, customers: list[Customer]
) -> None:
    make_task(manager, due_on=timezone.localdate() - datetime.timedelta(days=2))
    Job.objects.create(kind="provisioning", title="批次", actor=colleague, manager=colleague, awaits="run", status=JobStatus.RUNNING)
    count_figures()
    assert figures_of([manager.pk], ["customers", "warned", "members"]) == {manager.pk: {"customers": 3, "warned": 1, "members": 1}}
    card = cards_of(browser(director))["team"]
    found = {entry["person"].username: {figure["column"].key: figure["value"] for figure in entry["figures"]} for entry in card["rows"]}
    assert next(iter(found)) == "lijing"  # who is late comes first
    assert found["lijing"] == {"customers": 3, "members": 1, "late": 1, "warned": 1, "running": 0}
    assert found["wanglei"]["running"] == 1
    assert set(found) == {"lijing", "wanglei"}
    assert {total["label"]: total["value"] for total in card["totals"]}["Customers"] == 4
    assert "李静" not in browser(foreign_director).get("/").content.decode()
    page = browser(director).get(reverse("workflow:team_list"), {"q": "李"}).content.decode()
    assert f"?manager={manager.pk}" in page
    assert "王磊" not in page
    assert browser(manager).get(reverse("workflow:team_list")).status_code == 403


def test_an_administrator_sees_how_the_system_is(administrator: User, manager: User, outsider: User) -> None:
    Job.objects.create(kind="provisioning", title="坏批次", actor=manager, status=JobStatus.FAILED, finished_at=timezone.now())
    cards = cards_of(browser(administrator))
    assert [job.title for job in cards["failed_jobs"]["jobs"]] == ["坏批次"]
    lines = {line["label"]: line for line in cards["accounts"]["lines"]}
    assert lines["People without a role"]["count"] == 1
    assert lines["Locked accounts"]["count"] == 0
    assert lines["The audit has no seal yet"]["tone"] == "ok"
    assert {line["label"] for line in cards["workers"]["lines"]} >= {"Last sign of life of a worker", "Messages in the queue bulk"}


def test_cards_are_arranged_and_what_is_hidden_is_not_read(manager: User, customers: list[Customer]) -> None:
    client, address = browser(manager), reverse("workflow:arrange_cards", args=["home"])
    before = list(cards_of(client))
    client.post(address, {"hide": "recent_customers"})
    client.post(address, {"down": before[0]})
    client.post(address, {"widen": "portfolio"})
    kept = [key for key in before if key != "recent_customers"]
    assert list(cards_of(client)) == [kept[1], kept[0], *kept[2:]]
    assert {card.key: card.wide for card in client.get("/").context["cards"]}["portfolio"]
    order = list(reversed(kept))
    assert client.post(address, {"order": order}, headers={"X-Requested-With": "fetch"}).status_code == 204
    assert list(cards_of(client)) == order
    page = client.get("/", {"arrange": "yes"}).content.decode()
    assert 'value="recent_customers" id="show-recent_customers"' in page
    client.post(address, {"show": "recent_customers"})
    assert "recent_customers" in cards_of(client)
    assert client.post(address, {"explode": "x"}).status_code == 400
    assert client.post(reverse("workflow:arrange_cards", args=["elsewhere"]), {"reset": "yes"}).status_code == 404
    client.post(address, {"reset": "yes"})
    assert list(cards_of(client)) == before
    assert not CardArrangement.objects.exists()


@pytest.mark.parametrize("persona", ["manager", "director", "administrator"])
def test_the_queries_do_not_grow_with_rows(
    persona: str, request: pytest.FixtureRequest, manager: User, customers: list[Customer], django_assert_max_num_queries
) -> None:
    user = request.getfixturevalue(persona)
    client = browser(user)
    counts = []
    for rows in (1, 6):
        for number in range(rows):
            customer = CustomerFactory(manager=manager, lifecycle=Lifecycle.WARNED)
            for person in (manager, user):
                for day in (-number - 1, 0, 1, 30):
                    make_task(person, customer, due_on=timezone.localdate() + datetime.timedelta(days=day))
        count_figures()
        with django_assert_max_num_queries(45) as counted:
            client.get("/")
        counts.append(len(counted))
    assert counts[0] == counts[1]


# --- who tells what --------------------------------------------------------------------------------------------------------------------


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(recipient=user).order_by("id").values_list("kind", flat=True))


def test_customers_that_come_go_and_are_shared_are_told(manager: User, colleague: User, director: User) -> None:
    customer = CustomerFactory(manager=manager)
    assign_customer(customer_id=customer.pk, actor=director, manager=colleague, org_unit=customer.org_unit, reason="调整")
    share_customer(customer_id=customer.pk, actor=colleague, holder=manager, permission="view_customer")
    assert told(colleague) == ["customer_assigned"]
    assert told(manager) == ["customer_taken", "customer_shared"]
    assert told(director) == []


def test_leave_cover_and_the_end_of_a_job_are_told_once(manager: User, colleague: User) -> None:
    today = timezone.localdate()
    lend_scope(actor=manager, lender=manager, borrower=colleague, starts_on=today, ends_on=today)
    assert told(colleague) == ["cover_begun"]
    job = Job.objects.create(kind="provisioning", title="批次", actor=manager, status=JobStatus.DONE)
    for status in (JobStatus.DONE, JobStatus.DONE, JobStatus.CANCELLED):
        job.status = status
        tell_of_end(job)
    assert told(manager) == ["job_done"]
    page = browser(manager).get(reverse("workflow:notice_list")).content.decode()
    assert f"Job #{job.pk} is done: 批次" in page
