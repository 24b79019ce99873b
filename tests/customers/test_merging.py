"""Merging a customer into another: that nothing that hangs from one is forgotten, and that an undo brings back exactly what moved."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, models
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from access.models import User
from common.encryption import new_key
from common.versions import version_of
from customers.grants import TO_VIEW
from customers.merge_rules import rules
from customers.models import (
    ContactPerson,
    Customer,
    CustomerMerge,
    CustomerRelation,
    CustomerTag,
    CustomerUserObjectPermission,
    DuplicatePair,
    ImportRow,
    MergeState,
)
from customers.services import merging
from customers.services.details import create_customer
from customers.services.duplicates import find_duplicates
from customers.services.merging import Choices, begin_merge, begin_undo, undo_preview
from customers.services.ownership import assign_customer
from customers.timeline import read_page
from jobs.errors import JobRefused
from jobs.models import Job, JobStatus
from jobs.services.work import advance
from members.models import Member, MemberSubscription
from products.models import Offer
from tests.access import test_reach as reach
from tests.customers.imports import CUSTOMERS, checked, told
from tests.factories.customers import ContactPersonFactory, CustomerFactory, TagFactory, make_relation
from tests.factories.workflow import make_task
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_offer, make_product, make_tariff
from workflow.models import Notice, Task

pytestmark = pytest.mark.django_db


# --- nothing is forgotten --------------------------------------------------------------------------------------------------------------


def _references() -> set[tuple[str, str]]:
    """Every foreign key to customers, and every plain column that holds their keys."""
    found = {
        (model._meta.label, str(field.column))
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Customer and getattr(field, "db_constraint", False) and not model._meta.proxy
    }
    return found | {
        (model._meta.label, str(field.column))
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name in ("customer_key", "subject_key") and not model.__name__.endswith("Event")
    }


def test_every_reference_to_customers_has_a_rule() -> None:
    assert {(rule.model, rule.column) for rule in rules()} == _references()


def test_every_unique_constraint_on_a_reference_is_heeded() -> None:
    for rule in rules():
        if not rule.moves:
            continue
        field = next(one for one in rule.model_class._meta.concrete_fields if one.column == rule.column)
        for constraint in rule.model_class._meta.constraints:
            if not isinstance(constraint, models.UniqueConstraint) or field.name not in constraint.fields:
                continue
            others = {rule.model_class._meta.get_field(name).column for name in constraint.fields} - {rule.column}  # type: ignore[union-attr]
            assert set(rule.once) == others or rule.clashes, f"{rule.model}: {constraint.name}"


# --- the ground ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def two(manager: User, colleague: User) -> tuple[Customer, Customer]:
    """A customer, and the same one entered again with something of everything."""
    winner = CustomerFactory(name="云江海关", code="WIN", manager=manager, remark="")
    loser = CustomerFactory(
        name="云江海关总署", code="LOSE", manager=colleague, credit_code="91960101MA5K06TRCD", remark="大楼", bank_account="6222020000001"
    )
    return winner, loser


def fill(loser: Customer, winner: Customer, manager: User) -> dict[str, Any]:
    """Something of everything at the loser, and of some the like at the winner."""
    tariff = make_tariff(make_product("VNET"))
    shared, own = TagFactory(code="SHARED"), TagFactory(code="OWN")
    for customer, tag in ((winner, shared), (loser, shared), (loser, own)):
        CustomerTag.objects.create(customer=customer, tag=tag)
    third = CustomerFactory(manager=manager)
    permission = Permission.objects.get(codename=TO_VIEW, content_type__app_label="customers")
    for customer in (winner, loser):
        CustomerUserObjectPermission.objects.create(content_object=customer, permission=permission, user=manager)
    relation = make_relation(loser, third)
    make_relation(winner, third)
    make_relation(loser, winner)
    back = make_relation(CustomerFactory(manager=manager), loser)
    member = make_member(loser, "8613912340001")
    return {
        "member": member,
        "subscription": make_subscription(member, tariff),
        "offer": make_offer(loser, tariff),
        "person": ContactPersonFactory(customer=loser),
        "subsidiary": CustomerFactory(parent=loser, manager=manager),
        "task": make_task(manager, loser),
        "relation": relation,
        "back": back,
        "own": own,
    }


def seen(*customers: Customer) -> dict[int, str]:
    return {customer.pk: version_of(Customer.objects.get(pk=customer.pk)) for customer in customers}


def merge(two: tuple[Customer, Customer], actor: User, *fields: str) -> Job:
    winner, loser = two
    choices = Choices(frozenset(fields), seen=seen(winner, loser))
    job = begin_merge(winner_id=winner.pk, loser_id=loser.pk, actor=actor, choices=choices, reason="重复")
    assert not job.error, job.error
    return job


def state_of_everything() -> dict[str, list[Any]]:
    """Every row that may refer to a customer, without moments."""
    found = {}
    for label in sorted({rule.model for rule in rules()} - {"jobs.Job", "customers.CustomerMerge"}):
        rows = apps.get_model(label)._default_manager.order_by("pk").values()
        found[label] = [{name: value for name, value in row.items() if name != "updated_at"} for row in rows]
    return found


# --- merging ---------------------------------------------------------------------------------------------------------------------------


def test_all_that_hangs_moves_and_an_undo_brings_it_back(two: tuple[Customer, Customer], manager: User, director: User) -> None:
    winner, loser = two
    ground = fill(loser, winner, manager)
    find_duplicates()
    before = state_of_everything()
    job = merge(two, director, "credit_code", "remark", "bank_account")
    assert job.status == JobStatus.DONE, job.error
    winner.refresh_from_db()
    assert (winner.name, winner.credit_code, winner.remark, winner.bank_account) == (
        "云江海关",
        "91960101MA5K06TRCD",
        "大楼",
        "6222020000001",
    )
    assert winner.manager == manager
    assert not Customer.objects.filter(pk=loser.pk).exists()
    for name in ("member", "subscription", "offer", "person"):
        row = ground[name]
        row.refresh_from_db()
        assert row.customer_id == winner.pk, name
    assert ContactPerson.objects.get(pk=ground["person"].pk).manager_key == manager.pk
    assert Customer.objects.get(pk=ground["subsidiary"].pk).parent_id == winner.pk
    assert Task.objects.get(pk=ground["task"].pk).subject_key == winner.pk
    assert CustomerTag.objects.filter(customer=winner).count() == 2
    assert CustomerUserObjectPermission.objects.filter(content_object=winner).count() == 1
    assert not {"before", "after"}.intersection(apps.get_model("customers.CustomerMergeEvent")().__dict__)  # bank accounts are among them
    assert CustomerRelation.objects.filter(customer=winner).count() == 1
    assert CustomerRelation.objects.filter(other=winner).count() == 1
    assert not DuplicatePair.objects.exists()

    undo = begin_undo(job_id=job.pk, actor=director)
    assert (undo.status, undo.conflicts) == (JobStatus.DONE, 0), undo.error
    assert state_of_everything() == before
    job.refresh_from_db()
    assert job.status == JobStatus.UNDONE
    assert CustomerMerge.objects.get().state == MergeState.UNDONE


def test_an_undo_leaves_what_was_changed_since(two: tuple[Customer, Customer], manager: User, director: User) -> None:
    winner, loser = two
    ground = fill(loser, winner, manager)
    changed, gone = ContactPersonFactory(customer=loser), ContactPersonFactory(customer=loser)
    touched = make_member(loser, "8613912340002")
    subscription = make_subscription(touched, ground["subscription"].tariff)
    job = merge(two, director, "remark", "credit_code")
    changed.refresh_from_db()
    changed.title = "主任"
    changed.save()
    gone.delete()
    MemberSubscription.objects.get(pk=subscription.pk).save()
    Customer.objects.get(pk=winner.pk).save()
    Customer.objects.filter(pk=winner.pk).update(remark="新的")
    effects = undo_preview(CustomerMerge.objects.get())
    kept = {effect.rule.model: (effect.moved, effect.left) for effect in effects}
    assert kept["customers.ContactPerson"] == (1, 2)
    assert kept["members.Member"] == (1, 1)
    assert kept["members.MemberSubscription"] == (1, 1)
    undo = begin_undo(job_id=job.pk, actor=director)
    assert (undo.status, undo.conflicts) == (JobStatus.DONE_WITH_ERRORS, 5)  # two people, a member with its subscription, the remark
    assert undo.applied == sum(effect.moved for effect in effects)
    winner.refresh_from_db()
    assert (winner.remark, winner.credit_code) == ("新的", "")
    assert Customer.objects.get(pk=loser.pk).credit_code == "91960101MA5K06TRCD"
    assert set(Member.objects.filter(customer=winner)) == {touched}
    assert set(MemberSubscription.objects.filter(customer=winner)) == {subscription}
    assert set(ContactPerson.objects.filter(customer=winner)) == {changed}
    assert Offer.objects.filter(customer=loser).count() == 1


def test_merges_one_after_another_are_taken_back_the_last_first(two: tuple[Customer, Customer], manager: User, director: User) -> None:
    winner, loser = two
    fill(loser, winner, manager)
    third = CustomerFactory(manager=manager)
    before = state_of_everything()
    first = merge(two, director)
    second = merge((third, winner), director)
    with pytest.raises(JobRefused, match="merge_later"):
        begin_undo(job_id=first.pk, actor=director)
    for job in (second, first):
        undo = begin_undo(job_id=job.pk, actor=director)
        assert (undo.status, undo.conflicts) == (JobStatus.DONE, 0), undo.error
    assert state_of_everything() == before


def test_what_is_written_by_the_way_comes_back(two: tuple[Customer, Customer], manager: User, colleague: User, director: User) -> None:
    winner, loser = two
    subsidiary = CustomerFactory(parent=loser, manager=manager)
    batch = reach.make_batch(colleague, loser.pk)
    Job.objects.filter(pk=batch.pk).update(status=JobStatus.DONE)
    job = merge(two, director)
    assign_customer(customer_id=winner.pk, actor=director, manager=colleague, org_unit=winner.org_unit, reason="调整")
    Customer.objects.get(pk=subsidiary.pk).save()
    undo = begin_undo(job_id=job.pk, actor=director)
    assert (undo.status, undo.conflicts) == (JobStatus.DONE, 0)
    assert Customer.objects.get(pk=subsidiary.pk).parent_id == loser.pk
    batch = Job.objects.get(pk=batch.pk)
    assert (batch.customer_key, batch.provisioning.customer_id, batch.manager) == (loser.pk, loser.pk, loser.manager)


def test_an_undo_is_refused_where_the_code_is_taken(two: tuple[Customer, Customer], director: User) -> None:
    job = merge(two, director)
    CustomerFactory(code="LOSE")
    undo = begin_undo(job_id=job.pk, actor=director)
    assert undo.error is not None
    assert undo.error["code"] == "merge_cannot_return"
    assert CustomerMerge.objects.get().state == MergeState.DONE
    assert not Customer.objects.filter(pk=two[1].pk).exists()
    Customer.objects.filter(code="LOSE").delete()
    assert begin_undo(job_id=job.pk, actor=director).status == JobStatus.DONE


def test_what_keeps_two_apart(two: tuple[Customer, Customer], manager: User, director: User) -> None:
    winner, loser = two
    Customer.objects.filter(pk=winner.pk).update(parent=CustomerFactory(parent=loser))
    with pytest.raises(JobRefused, match="merge_clash"):
        merge(two, director)
    Customer.objects.filter(pk=winner.pk).update(parent=loser)
    with pytest.raises(JobRefused, match="merge_clash"):
        merge(two, director)
    Customer.objects.filter(pk=winner.pk).update(parent=None)
    for customer, number in ((winner, "8613912340001"), (loser, "8613912340002")):
        member = make_member(customer, number)
        Member.objects.filter(pk=member.pk).update(short_number="61001")
    with pytest.raises(JobRefused, match="merge_clash") as refused:
        merge(two, director)
    assert "1 short numbers" in refused.value.message
    Member.objects.filter(customer=winner).update(short_number="61002")
    batch = reach.make_batch(manager, winner.pk)
    with pytest.raises(JobRefused, match="merge_clash"):
        merge(two, director)
    Job.objects.filter(pk=batch.pk).update(status=JobStatus.CANCELLED)
    assert merge(two, director).status == JobStatus.DONE


def test_only_what_was_seen_is_merged(two: tuple[Customer, Customer], director: User) -> None:
    winner, loser = two
    versions = seen(winner, loser)
    Customer.objects.get(pk=loser.pk).save()
    with pytest.raises(JobRefused, match="merge_moved"):
        begin_merge(winner_id=winner.pk, loser_id=loser.pk, actor=director, choices=Choices(seen=versions))
    assert not CustomerMerge.objects.exists()


def test_both_must_be_reached_for_approval(two: tuple[Customer, Customer], manager: User, foreign_director: User, director: User) -> None:
    winner, loser = two
    for actor in (manager, foreign_director):
        with pytest.raises(Http404):
            merge(two, actor)
    job = merge(two, director)
    for actor in (manager, foreign_director):
        with pytest.raises(Http404):
            begin_undo(job_id=job.pk, actor=actor)
    assert CustomerMerge.objects.get().state == MergeState.DONE
    assert Customer.objects.filter(pk=winner.pk).exists()
    assert not Customer.objects.filter(pk=loser.pk).exists()


def test_a_large_merge_waits_for_the_workers_and_asks_again(
    two: tuple[Customer, Customer], director: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    _winner, loser = two
    ContactPersonFactory(customer=loser)
    monkeypatch.setattr(merging, "AT_ONCE", 0)
    job = merge(two, director)
    assert (job.status, job.awaits) == (JobStatus.APPROVED, merging.MERGE)
    director.assignments.all().delete()
    while advance(job.pk):
        pass
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert Customer.objects.filter(pk=loser.pk).exists()
    assert ContactPerson.objects.filter(customer=loser).count() == 1


def test_a_merge_takes_as_many_statements_however_much_hangs(two: tuple[Customer, Customer], manager: User, director: User) -> None:
    def count(pair: tuple[Customer, Customer], people: int) -> int:
        for _turn in range(people):
            ContactPersonFactory(customer=pair[1])
        with CaptureQueriesContext(connection) as queries:
            assert merge(pair, director).status == JobStatus.DONE
        return len(queries)

    other = (CustomerFactory(manager=manager), CustomerFactory(manager=two[1].manager))
    count((CustomerFactory(manager=manager), CustomerFactory(manager=manager)), 1)
    assert count(two, 1) == count(other, 6)


def test_what_is_kept_encrypted_outlives_its_key(two: tuple[Customer, Customer], director: User, settings: Settings) -> None:
    winner, loser = two
    old, new = new_key(), new_key()
    settings.FIELD_KEYS = [old]
    for customer, account in ((winner, "6222020000002"), (loser, "6222020000001")):
        customer.bank_account = account
        customer.save()
    job = merge(two, director, "bank_account")
    settings.FIELD_KEYS = [new, old]
    call_command("rotate_field_keys", stdout=io.StringIO())
    settings.FIELD_KEYS = [new]
    assert begin_undo(job_id=job.pk, actor=director).conflicts == 0
    found = [Customer.objects.get(pk=customer.pk).bank_account for customer in two]
    assert found == ["6222020000002", "6222020000001"]


def test_a_code_of_a_merged_customer_stays_taken(
    client: Client, two: tuple[Customer, Customer], manager: User, director: User, foreign_manager: User
) -> None:
    winner, loser = two
    job = merge(two, director)
    file = [["code", "name"], ["LOSE", "云江海关二处"]]
    for actor, finding in ((manager, "merged_into"), (foreign_manager, "merged_away")):
        found = checked(actor, CUSTOMERS, file)
        assert told(found) == [(2, "e", [(finding, "code")])]
        names_it = winner.code in str(ImportRow.objects.get(job=found).findings)
        assert names_it == (actor == manager)
        with pytest.raises(ValidationError, match="merged into") as refused:
            create_customer(actor=actor, manager=actor, org_unit=winner.org_unit, code="lose", name="云江海关二处")
        assert (winner.code in str(refused.value)) == (actor == manager)
    client.force_login(manager)
    data = {"code": "LOSE", "name": "云江海关二处", "level": "C", "value_score": 0, "manager": manager.pk, "org_unit": manager.org_unit_id}
    warned = client.post(reverse("customers:customer_create"), data)  # the winner is alike, which may be passed over; the code may not
    data["alike_seen"] = [one.key for one in warned.context["form"].alike]
    response = client.post(reverse("customers:customer_create"), data)
    assert response.status_code == 422
    assert not response.context["form"].alike
    assert "WIN 云江海关" in response.content.decode()
    begin_undo(job_id=job.pk, actor=director)
    assert Customer.objects.get(code="LOSE") == loser


def test_both_managers_are_told_and_the_page_of_the_one_that_stays_tells_it(
    client: Client, two: tuple[Customer, Customer], manager: User, colleague: User, director: User
) -> None:
    winner, loser = two

    def told_to(user: User) -> list[tuple[str, str]]:
        return [(notice.kind, notice.parameters["name"]) for notice in Notice.objects.filter(recipient=user).order_by("pk")]

    def happenings() -> list[tuple[str, str, str]]:
        entries = read_page(winner, manager, kinds=["merges", "batches"]).entries
        return [(entry.kind.key, str(entry.entry.text), entry.entry.url) for entry in entries]

    job = merge(two, director)
    assert told_to(manager) == [("customer_merged", winner.name)]
    assert told_to(colleague) == [("customer_merged_away", loser.name)]
    assert told_to(director) == []
    address = reverse("customers:merge_detail", args=[job.pk])
    assert happenings() == [("merges", "Merged into this customer: 云江海关总署 LOSE", address)]
    client.force_login(manager)
    page = client.get(reverse("customers:customer_detail", args=[winner.pk])).content.decode()
    assert f'href="{address}"' in page
    begin_undo(job_id=job.pk, actor=director)
    assert told_to(manager)[1:] == [("customer_merge_undone", loser.name)]
    assert told_to(colleague)[1:] == [("customer_merge_undone", loser.name)]
    assert happenings()[0][1] == "Merge taken back: 云江海关总署 LOSE"
    assert address not in client.get(reverse("customers:customer_detail", args=[winner.pk])).content.decode()


# --- pages -----------------------------------------------------------------------------------------------------------------------------


def test_the_pages_lead_from_the_pair_to_the_merge_and_back(
    client: Client, two: tuple[Customer, Customer], director: User, manager: User, colleague: User
) -> None:
    winner, loser = two
    client.force_login(director)
    url = f"{reverse('customers:customer_merge', args=[winner.pk])}?other={loser.pk}"
    permission = Permission.objects.get(codename=TO_VIEW, content_type__app_label="customers")
    for customer, holder in ((winner, manager), (loser, manager), (loser, colleague)):
        CustomerUserObjectPermission.objects.create(content_object=customer, permission=permission, user=holder)
    response = client.get(url)
    assert response.context["parting"] == [str(colleague)]
    text = response.content.decode()
    assert f"share “{winner.name}” with them where they need it: {colleague}" in text
    assert "****" in text or "•" in text or "6222" not in text
    assert text.count('value="loser" checked') == 3  # credit code, bank account and remark, which the winner lacks
    data = {
        "loser": loser.pk,
        "seen": version_of(winner),
        "seen_other": version_of(loser),
        "name": "loser",
        "credit_code": "loser",
        "remark": "winner",
    }
    response = client.post(url, data)
    job = Job.objects.get(kind=merging.KIND)
    assert response["Location"] == reverse("customers:merge_detail", args=[job.pk])
    winner.refresh_from_db()
    assert (winner.name, winner.credit_code, winner.remark, winner.pinyin) == ("云江海关总署", "91960101MA5K06TRCD", "", loser.pinyin)
    assert client.post(url, data)["Location"] == reverse("customers:customer_detail", args=[winner.pk])  # pressed twice
    for page in ("customer_detail", "customer_timeline", "customer_people", "customer_edit", "customer_merge"):
        old = client.get(reverse(f"customers:{page}", args=[loser.pk]))
        assert old["Location"] == reverse("customers:customer_detail", args=[winner.pk]), page
    assert client.post(reverse("customers:customer_edit", args=[loser.pk]), {}).status_code == 404
    undo_url = reverse("customers:merge_undo", args=[job.pk])
    assert client.get(undo_url).status_code == 200
    assert client.post(undo_url).status_code == 302
    assert client.get(reverse("customers:customer_detail", args=[loser.pk])).status_code == 200
    assert client.get(reverse("customers:merge_detail", args=[job.pk])).status_code == 200
    merges = f"{reverse('jobs:job_list')}?kind={merging.KIND}"
    assert f'href="{merges}"' in client.get(reverse("customers:duplicate_list")).content.decode()
    assert f"#{job.pk}" in client.get(merges).content.decode()


def test_of_a_merged_customer_nobody_else_learns(
    client: Client, two: tuple[Customer, Customer], director: User, foreign_manager: User
) -> None:
    job = merge(two, director)
    client.force_login(foreign_manager)
    for name, key in (("customer_detail", two[1].pk), ("customer_people", two[1].pk), ("merge_detail", job.pk), ("merge_undo", job.pk)):
        assert client.get(reverse(f"customers:{name}", args=[key])).status_code == 404, name
