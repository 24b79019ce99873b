"""To-dos and notices of the demo's people, and the figures of all portfolios."""

from __future__ import annotations

import datetime
from typing import Any, Final

from django.utils import timezone

from access.models import User
from common.notices import notify
from customers.models import Customer
from customers.services.hand_overs import create_hand_over, offer_hand_over
from workflow.figures import count_figures
from workflow.models import Task, TaskPriority

_TASKS: Final = (
    # title, days from today, time, priority
    ("回访：上月投诉处理结果", -3, None, TaskPriority.HIGH),
    ("补齐专线合同附件", -1, None, TaskPriority.NORMAL),
    ("核对本月新增成员名单", 0, None, TaskPriority.NORMAL),
    ("与信息科确认V网短号规划", 0, datetime.time(15, 30), TaskPriority.HIGH),
    ("送达续签方案", 1, datetime.time(10, 0), TaskPriority.NORMAL),
    ("拜访院办，了解来年预算", 2, None, TaskPriority.NORMAL),
    ("整理彩铃使用情况", 9, None, TaskPriority.LOW),
    ("准备季度经营分析", 20, None, TaskPriority.NORMAL),
)
_TEAM: Final = ("跟进离网预警客户", "更新联系人信息", "提交专线需求单")
_COLLEAGUES: Final = 9
_HANDED_OVER: Final = 3
_HAND_OVERS: Final = ((3, "岗位调整", True), (10, "休假交接", False))
"""In how many days, why, and whether the director hands the customers over; else whoever has them, and the director approves it."""


def enter_work() -> int:
    """Give the demo's account manager and director something to do, tell them of it, and count everybody's figures; how many to-dos."""
    people = {user.username: user for user in User.objects.filter(username__in=("manager", "director"))}
    manager, director = people["manager"], people["director"]
    tasks = [*_of_the_manager(manager, director), *_of_the_team(manager, director)]
    Task.objects.bulk_create(tasks)
    for task in tasks[:2]:
        notify([manager.pk], "task_assigned", actor=director.pk, task=task.pk, title=task.title, actor_name=director.name)
    customer = Customer.objects.filter(manager=manager).order_by("-id").first()
    if customer is not None:
        facts: dict[str, Any] = {"customer": customer.pk, "name": customer.name}
        notify([manager.pk], "customer_assigned", actor=director.pk, actor_name=director.name, **facts)
    _hand_over_portfolios(manager, director)
    count_figures()
    return len(tasks)


def _hand_over_portfolios(manager: User, director: User) -> None:
    """One that waits for the account manager to accept it, and one for the director to approve."""
    unit, today = director.org_unit, timezone.localdate()
    assert unit is not None
    staff = User.objects.filter(org_unit__path__startswith=unit.path).exclude(pk__in=[manager.pk, director.pk])
    givers = list(staff.filter(customers__isnull=False).distinct().order_by("id")[: len(_HAND_OVERS)])
    for giver, (days, reason, is_the_directors) in zip(givers, _HAND_OVERS, strict=False):
        actor = director if is_the_directors else giver
        given = Customer.objects.filter(manager=giver).order_by("id")[:_HANDED_OVER]
        made = create_hand_over(
            actor=actor,
            giver=giver,
            receiver=manager,
            reason=reason,
            effective_on=today + datetime.timedelta(days=days),
            customers=Customer.objects.filter(pk__in=list(given.values_list("pk", flat=True))),
        )
        offer_hand_over(hand_over_id=made.pk, actor=actor)


def _of_the_manager(manager: User, director: User) -> list[Task]:
    today = timezone.localdate()
    customers = list(Customer.objects.filter(manager=manager).order_by("id").values_list("pk", flat=True)[: len(_TASKS)])
    tasks = []
    for place, (title, days, time, priority) in enumerate(_TASKS):
        task = Task(title=title, assignee=manager, creator=director if place % 3 == 0 else manager, priority=priority)
        task.due_on, task.due_time = today + datetime.timedelta(days=days), time
        if place < len(customers):
            task.subject_kind, task.subject_key = "customers.customer", customers[place]
        tasks.append(task)
    return tasks


def _of_the_team(manager: User, director: User) -> list[Task]:
    """A few of the director's other people, some of them late."""
    unit = director.org_unit
    assert unit is not None
    staff = User.objects.filter(org_unit__path__startswith=unit.path).exclude(pk__in=[manager.pk, director.pk]).order_by("id")
    today = timezone.localdate()
    return [
        Task(title=title, assignee=person, creator=director, due_on=today + datetime.timedelta(days=place - 4 + 3 * number))
        for place, person in enumerate(staff[:_COLLEAGUES])
        for number, title in enumerate(_TEAM[: place % len(_TEAM) + 1])
    ]
