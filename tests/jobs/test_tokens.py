"""Work that is begun once however often and however suddenly it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from access.models import User
from common.lists.selection import Selection
from customers.models import Customer
from jobs.errors import JobRefused
from jobs.models import Job
from jobs.services.bulk_changes import begin_change, operation_of, preview
from jobs.services.exports import ExportOrder, begin_export
from tests.factories.customers import CustomerFactory
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def change_sources(manager: User, token: str, source: str = "展会", seen: str = "") -> Job:
    """Give all customers a source, as the pages of a bulk change do: as `seen` by the preview, by default that of this moment."""
    selection = Selection("customers", everything=True)
    operation = operation_of(selection, "edit", manager)
    data: dict[str, Any] = {"field": ["source"], "value": [source]}
    form = operation.form({"field": "source", "value": source})
    assert form.is_valid()
    seen = seen or preview(selection=selection, operation=operation, given=form.cleaned_data).fingerprint
    return begin_change(selection=selection, operation=operation, data=data, given=form.cleaned_data, seen=seen, token=token)


def test_two_presses_at_the_same_moment_change_once(manager: User) -> None:
    CustomerFactory.create_batch(3, manager=manager)
    selection = Selection("customers", everything=True)
    shown = preview(selection=selection, operation=operation_of(selection, "edit", manager), given={"field": "source", "value": "展会"})
    jobs = together(*(lambda: change_sources(manager, "t", seen=shown.fingerprint) for _ in range(2)))
    assert jobs[0] == jobs[1] == Job.objects.get()
    assert set(Customer.objects.values_list("source", flat=True)) == {"展会"}


def test_two_orders_of_a_file_at_the_same_moment_are_one_job(manager: User) -> None:
    order = ExportOrder(Selection("customers", everything=True), ("name",), "csv")
    jobs = together(*(lambda: begin_export(order=order, actor=manager, token="t", rows=1) for _ in range(2)))
    assert jobs[0] == jobs[1] == Job.objects.get()
    with pytest.raises(JobRefused, match="token_reused"):
        begin_export(order=ExportOrder(order.selection, ("code",), "csv"), actor=manager, token="t", rows=1)


def test_a_token_says_one_thing(manager: User) -> None:
    CustomerFactory(manager=manager)
    change_sources(manager, "t")
    with pytest.raises(JobRefused, match="token_reused"):
        change_sources(manager, "t", "广告")
    for token in ("", "  "):
        with pytest.raises(JobRefused, match="token_missing"):
            change_sources(manager, token, "广告")
    assert Customer.objects.get().source == "展会"
    assert Job.objects.count() == 1
