"""To-dos: who sees and changes which, the steps with them, and their pages."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from access.models import Action, Delegation, User
from customers.models import Customer
from tests.access.clients import browser
from tests.factories.customers import CustomerFactory
from tests.factories.workflow import make_task
from workflow.models import Notice, Task, TaskState
from workflow.services import tasks as services

pytestmark = pytest.mark.django_db


def seen_by(user: User, action: str = Action.VIEW) -> set[int]:
    return set(Task.objects.visible_to(User.objects.get(pk=user.pk), action).values_list("pk", flat=True))


def test_one_sees_the_own_those_one_made_and_a_director_those_of_the_team(
    manager: User, colleague: User, director: User, foreign_director: User, outsider: User, viewer: User
) -> None:
    task = make_task(manager, creator=colleague)
    own = make_task(outsider)
    for action in (Action.VIEW, Action.CHANGE):
        assert seen_by(manager, action) == seen_by(colleague, action) == {task.pk}
        assert seen_by(director, action) == {task.pk, own.pk}
        assert seen_by(outsider, action) == {own.pk}
        assert seen_by(foreign_director, action) == seen_by(viewer, action) == set()


def test_who_covers_a_leave_sees_the_to_dos_too(manager: User, foreign_manager: User) -> None:
    task, today = make_task(manager), timezone.localdate()
    assert seen_by(foreign_manager) == set()
    Delegation.objects.create(lender=manager, borrower=foreign_manager, starts_on=today, ends_on=today)
    assert seen_by(foreign_manager) == {task.pk}


def test_who_is_given_a_to_do_is_told_once_and_who_makes_the_own_is_not(manager: User, colleague: User) -> None:
    services.create_task(actor=manager, details={"title": "own"})
    assert not Notice.objects.exists()
    task = services.create_task(actor=manager, details={"title": "送合同", "assignee": colleague})
    assert [(n.recipient, n.parameters["title"]) for n in Notice.objects.all()] == [(colleague, "送合同")]
    services.change_task(task_id=task.pk, actor=manager, details={"note": "周五前"})
    assert Notice.objects.count() == 1


def test_without_a_role_one_makes_the_own_alone(outsider: User, manager: User) -> None:
    services.create_task(actor=outsider, details={"title": "own"})
    with pytest.raises(PermissionDenied):
        services.create_task(actor=outsider, details={"title": "for you", "assignee": manager})
    assert Task.objects.count() == 1


def test_a_director_does_not_hand_the_teams_work_out_of_reach(
    director: User, manager: User, foreign_manager: User, colleague: User
) -> None:
    task = make_task(manager)
    with pytest.raises(PermissionDenied):
        services.hand_task(task_id=task.pk, actor=director, assignee=foreign_manager)
    task.refresh_from_db()
    assert task.assignee == manager
    assert not Notice.objects.exists()
    services.hand_task(task_id=task.pk, actor=director, assignee=colleague)
    assert Notice.objects.get().recipient == colleague


def test_the_steps(manager: User, colleague: User, foreign_manager: User) -> None:
    today = timezone.localdate()
    task = make_task(manager, due_on=today, remind_at=timezone.now())
    reminded = task.remind_at
    assert reminded is not None
    later = services.snooze_task(task_id=task.pk, actor=manager, until=today + datetime.timedelta(days=3))
    assert (later.due_on, later.remind_at) == (today + datetime.timedelta(days=3), reminded + datetime.timedelta(days=3))
    with pytest.raises(ValidationError):
        services.snooze_task(task_id=task.pk, actor=manager, until=today - datetime.timedelta(days=1))
    foreign, other = make_task(foreign_manager), make_task(manager)
    assert services.end_tasks(task_ids=[task.pk, other.pk, foreign.pk], actor=manager) == 2
    task.refresh_from_db()
    foreign.refresh_from_db()
    assert (task.state, task.ended_by, foreign.state) == (TaskState.DONE, manager, TaskState.OPEN)
    assert services.end_tasks(task_ids=[task.pk], actor=manager, state=TaskState.DROPPED) == 0
    assert services.reopen_task(task_id=task.pk, actor=manager).ended_at is None
    with pytest.raises(Http404):
        services.reopen_task(task_id=task.pk, actor=colleague)


def test_what_is_late(manager: User) -> None:
    now = timezone.localtime()
    today = now.date()
    due: dict[str, dict[str, Any]] = {
        "yesterday": {"due_on": today - datetime.timedelta(days=1)},
        "passed": {"due_on": today, "due_time": datetime.time(0)},
        "today": {"due_on": today},
        "never": {},
    }
    tasks = {name: make_task(manager, title=name, **values) for name, values in due.items()}
    assert {task.title for task in Task.objects.late()} == {"yesterday", "passed"} == {n for n, task in tasks.items() if task.is_late}


def test_foreign_to_dos_look_as_though_there_were_none(foreign_manager: User, manager: User) -> None:
    task, client = make_task(manager), browser(foreign_manager)
    for name in ("task_detail", "task_hand"):
        assert client.get(reverse(f"workflow:{name}", args=[task.pk])).status_code == 404
    assert client.post(reverse("workflow:task_step", args=[task.pk]), {"step": "done"}).status_code == 404
    client.post(reverse("workflow:tasks_end"), {"task": [task.pk]})
    assert "回访客户" not in client.get(reverse("workflow:task_list"), {"state": "open"}).content.decode()
    task.refresh_from_db()
    assert task.is_open


def test_a_subject_is_shown_to_whoever_reaches_it_alone(manager: User, colleague: User) -> None:
    customer: Customer = CustomerFactory(manager=manager)
    make_task(colleague, customer, creator=manager, title="同事的事")
    shown, hidden = (browser(u).get(reverse("workflow:task_list"), {"state": "open"}).content.decode() for u in (manager, colleague))
    assert "同事的事" in shown
    assert "同事的事" in hidden
    assert customer.name in shown
    assert customer.name not in hidden
    address = f"{reverse('workflow:task_create')}?subject=customers.customer:{customer.pk}"
    assert browser(manager).get(address).status_code == 200
    assert browser(colleague).get(address).status_code == 404


def test_a_to_do_is_made_about_a_customer_and_changed(manager: User) -> None:
    customer: Customer = CustomerFactory(manager=manager)
    client = browser(manager)
    address = f"{reverse('workflow:task_create')}?subject=customers.customer:{customer.pk}"
    given = {"title": "续签", "assignee": manager.username, "due_on": "2030-05-04", "due_time": "10:30", "priority": "1"}
    assert client.post(address, given)["Location"] == reverse("customers:customer_detail", args=[customer.pk])
    task = Task.objects.get()
    assert (task.subject_kind, task.subject_key, task.priority) == ("customers.customer", customer.pk, 1)
    page = client.get(reverse("workflow:task_detail", args=[task.pk]))
    version = page.context["form"].initial["version"]
    changed = client.post(reverse("workflow:task_detail", args=[task.pk]), {**given, "title": "续约", "version": version})
    assert changed.status_code == 302
    stale = client.post(reverse("workflow:task_detail", args=[task.pk]), {**given, "title": "晚了", "version": version})
    assert stale.status_code == 422
    assert "晚了" in stale.content.decode()
    refused = client.post(address, {"title": "x", "due_time": "10:00", "priority": "1"})
    assert refused.status_code == 422
    task.refresh_from_db()
    assert task.title == "续约"


def test_steps_in_place_answer_with_the_list_as_it_was_filtered(manager: User) -> None:
    task, other = make_task(manager, title="第一"), make_task(manager, title="第二")
    headers = {"HX-Request": "true", "HX-Target": "list-tasks", "HX-Current-URL": "http://testserver/tasks/?whose=mine&state=open"}
    answer = browser(manager).post(reverse("workflow:task_step", args=[task.pk]), {"step": "done"}, headers=headers)
    text = answer.content.decode()
    assert "<html" not in text
    assert "第二" in text
    assert "第一" not in text
    assert "counts-changed" in answer["HX-Trigger"]
    plain = browser(manager).post(reverse("workflow:task_step", args=[other.pk]), {"step": "tomorrow", "next": "/tasks/?when=today"})
    assert plain["Location"] == "/tasks/?when=today"
    away = browser(manager).post(reverse("workflow:task_step", args=[other.pk]), {"step": "done", "next": "https://elsewhere.example/"})
    assert away["Location"] == "/tasks/"


def test_the_list_filters_by_when_and_asks_no_more_for_more_rows(manager: User, django_assert_max_num_queries) -> None:
    today = timezone.localdate()
    for days in (-1, 0, 400):
        make_task(manager, CustomerFactory(manager=manager), title=f"day{days}", due_on=today + datetime.timedelta(days=days))
    client = browser(manager)
    found = client.get(reverse("workflow:task_list"), {"when": ["overdue", "today"], "state": "open"}).content.decode()
    assert ("day-1" in found, "day0" in found, "day400" in found) == (True, True, False)
    counts = []
    for _round in range(2):
        with django_assert_max_num_queries(25) as counted:
            client.get(reverse("workflow:task_list"), {"whose": "mine", "state": "open"})
        counts.append(len(counted))
        for _more in range(12):
            make_task(manager, CustomerFactory(manager=manager))
    assert counts[0] == counts[1]
