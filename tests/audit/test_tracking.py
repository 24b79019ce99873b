"""Every way to write leaves an event with the row's values and who wrote it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pghistory.models import Context

from access.models import OrgUnit, User
from common.change_context import change_context
from common.db_copy import copy_rows
from common.tracking import exempt_models
from customers.models import ContactPerson, Customer
from jobs.models import Job
from members.bulk.statements import execute, unchecked_references
from members.models import Member, MemberSubscription
from members.services.batch_run import run_here
from members.services.batches import undo_batch
from products.models import Offer
from tests.access.clients import token_client
from tests.factories.customers import ContactPersonFactory, CustomerFactory, IndustryFactory
from tests.members import worlds
from tests.members.conftest import Shop, groups, listed, numbers, shop  # noqa: F401  (fixtures)
from tests.members.factories import make_member
from tests.products.factories import make_discount, make_offer

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def event_model(model: type[models.Model]) -> Any:
    """The event model of `model`."""
    found: Any = getattr(apps.get_app_config(model._meta.app_label).models_module, f"{model.__name__}Event")
    return found


def events(row: models.Model) -> list[Any]:
    """The events of `row`, the oldest first."""
    return list(event_model(type(row)).objects.filter(pgh_obj_id=row.pk).order_by("pgh_id"))


def labels(row: models.Model) -> list[str]:
    return [event.pgh_label for event in events(row)]


# --- which tables ----------------------------------------------------------------------------------------------------------------------


def own_models() -> list[type[models.Model]]:
    own = [config for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR]
    return [model for config in own for model in config.get_models() if not hasattr(model, "pgh_tracked_model")]


def test_every_model_has_a_history_or_a_reason_to_have_none() -> None:
    exempt = exempt_models()
    without = {model._meta.label for model in own_models() if not hasattr(model, "pgh_event_models")}
    assert without - set(exempt) == set(), "decorate them with `tracked`, or with `untracked` and the reason"
    assert set(exempt) - without == set(), "these have a history after all"


def test_triggers_fire_on_whole_statements_and_cannot_be_switched_off() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgenabled, t.tgtype & 1, p.prosrc, p.prosecdef FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            # Those that give rows a version record nothing (`common.version_triggers`).
            " JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgname LIKE 'pgtrigger\\_%' AND t.tgname NOT LIKE 'pgtrigger\\_version\\_%'"
        )
        found = cursor.fetchall()
    tables = {model._meta.db_table for model in own_models() if hasattr(model, "pgh_event_models")}
    assert {table for table, *_rest in found} == tables
    assert {(enabled, by_row, definer) for _table, enabled, by_row, _source, definer in found} == {("A", 0, True)}
    assert not any("pgtrigger" in source for *_rest, source, _definer in found)


def test_no_event_table_refers_to_rows_by_a_checked_key() -> None:
    """Else an event would hold up the deletion that it records."""
    tables = [model._meta.db_table for model in apps.get_models() if hasattr(model, "pgh_tracked_model")]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)", [tables]
        )
        assert cursor.fetchall() == []


# --- every kind of write ---------------------------------------------------------------------------------------------------------------


def test_save_and_delete(manager: User) -> None:
    person = ContactPersonFactory(customer=CustomerFactory(manager=manager), name="陈一")
    person.name = "陈二"
    person.save()
    key = person.pk
    person.delete()
    kept = ContactPerson(pk=key)
    assert [(event.pgh_label, event.name) for event in events(kept)] == [("insert", "陈一"), ("update", "陈二"), ("delete", "陈二")]


def test_updates_in_one_statement(manager: User) -> None:
    customers = [CustomerFactory(manager=manager) for _ in range(3)]
    Customer.objects.filter(pk__in=[customer.pk for customer in customers]).update(level="A1")
    assert [[event.level for event in events(customer)] for customer in customers] == [["C", "A1"]] * 3


def test_bulk_create_and_upsert() -> None:
    industry = IndustryFactory(code="X1")
    made = type(industry).objects.bulk_create([type(industry)(code=f"B{n}", name_en="B", name_zh="乙") for n in range(3)])
    assert [labels(row) for row in made] == [["insert"]] * 3
    type(industry).objects.bulk_create(
        [type(industry)(code="B0", name_en="C", name_zh="丙")], update_conflicts=True, unique_fields=["code"], update_fields=["name_zh"]
    )
    assert [(event.pgh_label, event.name_zh) for event in events(made[0])] == [("insert", "乙"), ("update", "丙")]


def test_raw_sql(manager: User) -> None:
    customer = CustomerFactory(manager=manager)
    execute("UPDATE customers_customer SET remark = %(text)s WHERE id = %(id)s", {"text": "100 %", "id": customer.pk})
    execute(f"UPDATE customers_customer SET remark = '50 %' WHERE id = {customer.pk}")
    assert [event.remark for event in events(customer)] == ["", "100 %", "50 %"]


@pytest.mark.parametrize("replica", [False, True])
def test_copy(replica: bool, manager: User) -> None:
    rows = [(f"C{n}", "E", "中") for n in range(5)]
    with change_context(user=manager.pk, note="50 %"), connection.cursor() as cursor:
        if replica:
            with unchecked_references():
                copy_rows(cursor, "customers_industry", ("code", "name_en", "name_zh"), rows)
        else:
            copy_rows(cursor, "customers_industry", ("code", "name_en", "name_zh"), rows)
    found = event_model(IndustryFactory._meta.model).objects.filter(code__startswith="C")
    assert {(event.pgh_label, event.pgh_actor, event.pgh_context.metadata["note"]) for event in found} == {("insert", manager.pk, "50 %")}
    assert len(found) == 5


@pytest.mark.django_db(transaction=True)
def test_copy_outside_a_transaction_keeps_its_context() -> None:
    with change_context(user=7), connection.cursor() as cursor:
        copy_rows(cursor, "customers_industry", ("code", "name_en", "name_zh"), [("C", "E", "中")])
    assert event_model(IndustryFactory._meta.model).objects.get().pgh_actor == 7


def test_what_hangs_from_a_deleted_row(manager: User) -> None:
    person = ContactPersonFactory(customer=CustomerFactory(manager=manager))
    customer_key, person_key = person.customer_id, person.pk
    person.customer.delete()
    assert labels(ContactPerson(pk=person_key))[-1] == "delete"
    assert labels(Customer(pk=customer_key))[-1] == "delete"


def test_a_sign_in_is_no_change_of_the_user(manager: User) -> None:
    User.objects.filter(pk=manager.pk).update(last_login=timezone.now(), password="!")
    assert labels(manager) == ["insert"]
    User.objects.filter(pk=manager.pk).update(phone="1")
    assert labels(manager) == ["insert", "update"]
    names = {field.name for field in event_model(User)._meta.fields}
    assert not names & {"password", "last_login"}


def test_a_discount_on_an_offer(manager: User) -> None:
    offer = make_offer(CustomerFactory(manager=manager))
    through: Any = Offer.discounts.through
    offer.discounts.add(make_discount())
    link = through.objects.get()
    offer.discounts.clear()
    found = apps.get_model("products", "OfferDiscountEvent").objects.filter(pgh_obj_id=link.pk)
    assert [(event.pgh_label, event.offer_id) for event in found.order_by("pgh_id")] == [("insert", offer.pk), ("delete", offer.pk)]


def test_who_is_put_into_a_group_and_taken_out(administrator: User, manager: User) -> None:
    """A group opens what is shared with it: the way into it once left no trace."""
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    group = Group.objects.create(name="港务项目组")
    client = Client()
    client.force_login(administrator, backend=BACKEND)
    forms = {"User_groups-TOTAL_FORMS": "1", "User_groups-INITIAL_FORMS": "0", "User_groups-0-user": str(manager.pk)}
    client.post(f"/admin/auth/group/{group.pk}/change/", {"name": group.name, **forms})
    assert list(manager.groups.all()) == [group]
    manager.groups.clear()
    found = apps.get_model("access", "GroupMembershipEvent").objects.order_by("pgh_id")
    assert [(event.pgh_label, event.user_id, event.group_id) for event in found] == [
        ("insert", manager.pk, group.pk),
        ("delete", manager.pk, group.pk),
    ]
    assert found[0].pgh_actor == administrator.pk


# --- mass tables -----------------------------------------------------------------------------------------------------------------------


def test_members_keep_what_stood_before(manager: User) -> None:
    member = make_member(CustomerFactory(manager=manager), holder_name="李一")
    member.holder_name = "李二"
    member.save()
    assert [(event.pgh_label, event.holder_name) for event in events(member)] == [("update", "李一")]


def test_a_batch_and_its_undo(manager: User, shop: Shop) -> None:  # noqa: F811
    """Inserts are the job's; what it ends and what its undo removes is recorded, though row checks are suspended."""
    shop.member(numbers(1)[0], "VNET")
    old = Member.objects.get()
    job = worlds.start(manager, shop.groups.own, listed(*numbers(3)), "join", "subscribe:VNET:V5", run=True)
    made = list(Member.objects.filter(batch=job))
    assert made
    assert event_model(Member).objects.count() == 0
    undone = run_here(undo_batch(job_id=job.pk, actor=manager, run_when_checked=True))
    removed = event_model(Member).objects.filter(pgh_label="delete")
    assert {event.pgh_obj_id for event in removed} == {member.pk for member in made}
    assert {(event.pgh_job, event.pgh_actor) for event in removed} == {(undone.pk, manager.pk)}
    assert all(event.pgh_context.metadata["chunk"] for event in removed)
    taken = event_model(MemberSubscription).objects.filter(pgh_label="delete")
    assert {event.pgh_job for event in taken} == {undone.pk}
    assert labels(old) == []


def test_leaving_is_recorded_with_the_job(manager: User, shop: Shop) -> None:  # noqa: F811
    shop.member(numbers(1)[0], "VNET")
    member = Member.objects.get()
    job = worlds.start(manager, shop.groups.own, listed(*numbers(1)), "leave", run=True)
    (left,) = events(member)
    assert (left.pgh_label, left.left_on, left.pgh_job, left.pgh_actor) == ("update", None, job.pk, manager.pk)
    steps = apps.get_model("jobs", "JobEvent").objects.filter(pgh_obj_id=job.pk).order_by("pgh_id")
    assert steps.first().pgh_label == "insert"
    assert steps.last().status == Job.objects.get(pk=job.pk).status


# --- who -------------------------------------------------------------------------------------------------------------------------------


def test_a_request_that_changes_nothing_writes_nothing(client: Client, manager: User) -> None:
    client.force_login(manager, backend=BACKEND)
    customer = CustomerFactory(manager=manager)
    before = Context.objects.count()
    assert client.get(reverse("customers:customer_detail", args=[customer.pk])).status_code == 200
    assert Context.objects.count() == before


def test_a_request_says_who_and_from_where(client: Client, manager: User) -> None:
    client.force_login(manager, backend=BACKEND)
    customer = CustomerFactory(manager=manager)
    address = reverse("customers:contact_person_create", args=[customer.pk])
    response = client.post(address, {"name": "新人", "role": "user"})
    assert response.status_code == 302, response.content
    (event,) = events(ContactPerson.objects.get(name="新人"))
    assert event.pgh_actor == manager.pk
    expected = {"user": manager.pk, "login": manager.username, "address": "127.0.0.1", "path": address}
    assert event.pgh_context.metadata == expected


def test_a_token_says_whose_it_is(manager: User, shop: Shop) -> None:  # noqa: F811
    body = {"customer": shop.groups.own.code, "numbers": "\n".join(numbers(1)), "actions": ["join"]}
    response = token_client(manager).post(reverse("api:provisioning_job_list"), body, content_type="application/json")
    assert response.status_code == 201, response.content
    assert {(event.pgh_actor, event.pgh_context.metadata["login"]) for event in events(Job.objects.get())} == {
        (manager.pk, manager.username)
    }


def test_blocks_in_blocks(organisation: Any) -> None:
    unit = organisation.team
    with change_context(user=1, command="x"):
        OrgUnit.objects.filter(pk=unit.pk).update(name_zh="一")
        with change_context(job=2):
            OrgUnit.objects.filter(pk=unit.pk).update(name_zh="二")
        OrgUnit.objects.filter(pk=unit.pk).update(name_zh="三")
    first, second, third = events(unit)[-3:]
    assert [(event.pgh_actor, event.pgh_job) for event in (first, second, third)] == [(1, None), (1, 2), (1, None)]
    assert first.pgh_context_id == third.pgh_context_id != second.pgh_context_id
    assert second.pgh_context.metadata == {"user": 1, "command": "x", "job": 2}


def test_quotes_and_percent_signs_in_facts_do_no_harm(organisation: Any) -> None:
    unit, awkward = organisation.team, f'it\'s 100 % \\ "{uuid.uuid4()}" %s 中'
    with change_context(user=1, note=awkward):
        OrgUnit.objects.filter(pk=unit.pk).update(name_zh="一")
        execute(f"UPDATE access_orgunit SET name_zh = '%' WHERE id = {unit.pk}")
    assert {event.pgh_context.metadata["note"] for event in events(unit)[-2:]} == {awkward}
