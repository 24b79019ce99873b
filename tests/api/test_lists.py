"""Changes and files of many rows over the API, and the jobs that they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from access.list_models import SavedView
from access.models import User
from customers.models import Customer
from jobs.models import Job
from jobs.services.work import advance
from tests.api.conftest import Api
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User], Api]

EDIT = "/api/v1/lists/customers/changes/edit/"
EXPORT = "/api/v1/lists/customers/exports/"
SOURCE = {"field": "source", "value": "展会"}


@pytest.fixture
def three(manager: User, foreign_manager: User) -> list[Customer]:
    """Three customers of the manager, and one out of reach."""
    CustomerFactory(manager=foreign_manager)
    return [CustomerFactory(manager=manager, level=level) for level in ("A1", "A1", "C")]


def sources() -> list[str]:
    """Of all customers."""
    return sorted(Customer.objects.values_list("source", flat=True))


def test_a_preview_the_change_and_the_way_back(api: Api, three: list[Customer]) -> None:
    order = {"everything": True, "query": "level=A1", "data": SOURCE}
    shown = api.post(EDIT, order)
    assert (shown.status_code, shown.json()["changing"], sources()) == (200, 2, [""] * 4)
    assert shown.json()["sample"][0]["new"] == "展会"
    order["seen"] = shown.json()["fingerprint"]
    assert api.post(EDIT, order).json()["code"] == "token_missing"
    done = api.post(EDIT, order, Idempotency_Key="t-1")
    assert (done.status_code, done.json()["status"], done.json()["applied"]) == (201, "done", 2)
    again = api.post(EDIT, order, Idempotency_Key="t-1")
    assert (again.status_code, again.json()["id"]) == (200, done.json()["id"])
    assert api.post(EDIT, order, Idempotency_Key="t" * 65).json()["field"] == "Idempotency-Key"
    other = api.post(EDIT, {**order, "data": {**SOURCE, "value": "广告"}}, Idempotency_Key="t-1")
    assert (other.status_code, other.json()["code"], other.json()["job"]) == (422, "token_reused", done.json()["id"])
    assert sources() == ["", "", "展会", "展会"]
    undone = api.post(f"/api/v1/jobs/{done.json()['id']}/undo/")
    assert (undone.status_code, undone.json()["undo_of"], sources()) == (201, done.json()["id"], [""] * 4)
    assert api.post(f"/api/v1/jobs/{done.json()['id']}/undo/").status_code == 409


def test_what_was_changed_meanwhile_changes_nothing(api: Api, three: list[Customer]) -> None:
    order = {"rows": [row.pk for row in three], "data": SOURCE}
    seen = api.post(EDIT, order).json()["fingerprint"]
    Customer.objects.filter(pk=three[0].pk).update(remark="x")
    late = api.post(EDIT, {**order, "seen": seen}, Idempotency_Key="t")
    assert (late.status_code, late.json()["code"], sources()) == (409, "fingerprint_changed", [""] * 4)


@pytest.mark.parametrize(
    ("order", "code", "field"),
    [
        ({"data": SOURCE}, "required", "rows"),
        ({"everything": True, "query": "levle=A1", "data": SOURCE}, "unknown_filter", "levle"),
        ({"everything": True, "query": "level=Z9", "data": SOURCE}, "invalid", "level"),
        ({"everything": True, "data": {"field": "code", "value": "X"}}, "invalid_choice", "data.field"),
        ({"everything": True, "data": {**SOURCE, "more": 1}}, "unknown_field", "data.more"),
    ],
)
def test_an_order_that_is_unclear_is_refused(api: Api, three: list[Customer], order: dict[str, object], code: str, field: str) -> None:
    answer = api.post(EDIT, order)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, code, field)


def test_a_file_is_a_job(api: Api, three: list[Customer], colleague: User, viewer: User, api_of: ApiOf) -> None:
    order = {"everything": True, "query": "level=A1&sort=-code", "columns": ["code", "name"], "form": "csv"}
    assert api_of(viewer).post(EXPORT, order, Idempotency_Key="t").status_code == 403
    begun = api.post(EXPORT, order, Idempotency_Key="t")
    assert begun.status_code == 201, begun.content
    assert api.post(EXPORT, order, Idempotency_Key="t").status_code == 200
    assert api.post(EXPORT, order, Idempotency_Key="t" * 65).status_code == 400
    assert api.post(EXPORT, {**order, "columns": ["code"]}, Idempotency_Key="t").status_code == 422
    job = Job.objects.get()
    while advance(job.pk):
        pass
    told = api.get(f"/api/v1/jobs/{job.pk}/").json()
    assert (told["status"], told["applied"]) == ("done", 2)
    file = api.get(f"/api/v1/job-files/{told['file']}/")
    assert three[1].code in b"".join(file.streaming_content).decode("utf-8-sig")
    other = api_of(colleague)
    assert other.get(f"/api/v1/job-files/{told['file']}/").status_code == 404
    assert other.get(f"/api/v1/jobs/{job.pk}/").status_code == 404
    assert [row["id"] for row in api.get("/api/v1/jobs/?mine=yes").json()["results"]] == [job.pk]
    assert other.get("/api/v1/jobs/").json()["results"] == []


def test_the_search_and_the_saved_views(api: Api, three: list[Customer], viewer: User, outsider: User, api_of: ApiOf) -> None:
    hidden = Customer.objects.exclude(pk__in=[row.pk for row in three]).get()
    found = {group["key"]: group for group in api.get(f"/api/v1/search/?q={three[0].code}").json()}
    assert [one["label"] for one in found["customers"]["results"]] == [three[0].name]
    assert hidden.name not in api.get(f"/api/v1/search/?q={hidden.code}").content.decode()
    assert api.get("/api/v1/search/").json() == []
    SavedView.objects.create(owner=api.user, list_name="customers", name="A1", parameters={"level": ["A1"], "columns": ["name"]})
    view = api.get("/api/v1/lists/customers/views/").json()[0]
    assert (view["label"], view["query"], view["is_own"]) == ("A1", "level=A1", True)
    assert len(api.get(f"/api/v1/customers/?{view['query']}").json()["results"]) == 2
    assert api_of(viewer).get("/api/v1/lists/customers/views/").json() == []
    assert api_of(outsider).get("/api/v1/lists/customers/views/").status_code == 404
    assert api.get("/api/v1/lists/nothing/views/").status_code == 404
