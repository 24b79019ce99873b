"""To-dos and notices."""

from __future__ import annotations

from typing import Any

from access.models import User
from customers.models import Customer
from workflow.models import Notice, Task


def make_task(assignee: User, customer: Customer | None = None, **values: Any) -> Task:
    """An open to-do of `assignee`, made by that person unless `creator` says otherwise."""
    subject = {"subject_kind": "customers.customer", "subject_key": customer.pk} if customer is not None else {}
    return Task.objects.create(**{"title": "回访客户", "assignee": assignee, "creator": assignee, **subject, **values})


def make_notice(recipient: User, **values: Any) -> Notice:
    """A notice that a to-do was given to `recipient`."""
    parameters = {"task": 1, "title": "回访客户", "actor_name": "赵敏"}
    return Notice.objects.create(**{"recipient": recipient, "kind": "task_assigned", "parameters": parameters, **values})
