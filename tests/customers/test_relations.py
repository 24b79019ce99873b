"""Relations between customers, seen from both sides, and only as far as one reaches."""

from __future__ import annotations

import datetime
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from access.models import Action, User
from common.versions import version_of
from customers.models import Customer, CustomerRelation
from customers.relations import relations_of
from customers.services.relations import add_relation, remove_relation, update_relation
from tests.factories.customers import CustomerFactory, RelationKindFactory, make_relation
from tests.threads import together

pytestmark = pytest.mark.django_db


def test_both_sides_see_it_by_their_own_name(manager: User, colleague: User, director: User) -> None:
    mine, theirs = CustomerFactory(manager=manager), CustomerFactory(manager=colleague)
    relation = add_relation(customer_id=mine.pk, actor=director, other=theirs, kind=RelationKindFactory(), inverse=True)
    assert (relation.customer, relation.other) == (theirs, mine)
    for user, customer, label, other in (
        (director, mine, "customer of", theirs),
        (director, theirs, "supplier of", mine),
        (manager, mine, "customer of", None),
        (colleague, theirs, "supplier of", None),
    ):
        [seen], is_cut = relations_of(customer, user)
        assert (seen.label, seen.other, is_cut) == (label, other, False)


def test_a_mutual_kind_is_entered_once(manager: User) -> None:
    one, other = CustomerFactory.create_batch(2, manager=manager)
    partner = RelationKindFactory(code="PARTNER", name_en="partner", inverse_en="", inverse_zh="")
    supply = RelationKindFactory()
    add_relation(customer_id=one.pk, actor=manager, other=other, kind=partner)
    for first, second, inverse in ((one, other, False), (other, one, False), (one, other, True)):
        with pytest.raises(ValidationError):
            add_relation(customer_id=first.pk, actor=manager, other=second, kind=partner, inverse=inverse)
    for inverse in (False, True):
        add_relation(customer_id=one.pk, actor=manager, other=other, kind=supply, inverse=inverse)
    with pytest.raises(ValidationError):
        add_relation(customer_id=one.pk, actor=manager, other=one, kind=supply)
    assert CustomerRelation.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_people_enter_a_mutual_kind_once(manager: User) -> None:
    one, other = CustomerFactory.create_batch(2, manager=manager)
    partner = RelationKindFactory(code="PARTNER", name_en="partner", inverse_en="", inverse_zh="")

    def relate(first: Customer, second: Customer) -> bool:
        try:
            add_relation(customer_id=first.pk, actor=manager, other=second, kind=partner)
        except ValidationError:
            return False
        return True

    for _time in range(5):
        CustomerRelation.objects.all().delete()
        assert sorted(together(lambda: relate(one, other), lambda: relate(other, one))) == [False, True]


def test_nobody_relates_or_learns_of_customers_out_of_reach(client: Client, manager: User, foreign_manager: User) -> None:
    mine, foreign = CustomerFactory(manager=manager), CustomerFactory(manager=foreign_manager, name="远方海关")
    kind = RelationKindFactory()
    with pytest.raises(ValidationError):
        add_relation(customer_id=mine.pk, actor=manager, other=foreign, kind=kind)
    with pytest.raises(Http404):
        add_relation(customer_id=foreign.pk, actor=manager, other=mine, kind=kind)
    make_relation(foreign, CustomerFactory())
    assert not CustomerRelation.objects.visible_to(manager).exists()
    shared = make_relation(foreign, mine, note="远方海关的供应商")
    client.force_login(manager)
    text = unescape(client.get(reverse("customers:customer_relations", args=[mine.pk])).content.decode())
    assert "a customer outside your reach" in text
    edit = unescape(client.get(reverse("customers:relation_edit", args=[shared.pk])).content.decode())
    assert "远方海关" not in text + edit
    assert 'name="note"' not in edit
    with pytest.raises(ValidationError):
        update_relation(relation_id=shared.pk, actor=manager, seen=version_of(shared), note="新")
    update_relation(relation_id=shared.pk, actor=manager, seen=version_of(shared), ends_on=timezone.localdate())
    assert CustomerRelation.objects.get(pk=shared.pk).note == "远方海关的供应商"
    for user in (manager, foreign_manager):
        assert list(CustomerRelation.objects.visible_to(user, Action.CHANGE).filter(pk=shared.pk)) == [shared]


def test_days_and_note_change_and_a_stale_form_is_refused(manager: User, viewer: User, colleague: User) -> None:
    relation = make_relation(*CustomerFactory.create_batch(2, manager=manager))
    today, seen = timezone.localdate(), version_of(relation)
    changed = update_relation(relation_id=relation.pk, actor=manager, seen=seen, ends_on=today - datetime.timedelta(days=1), note="到期")
    assert relations_of(relation.customer, manager)[0][0].is_over
    with pytest.raises(ValidationError):
        update_relation(relation_id=relation.pk, actor=manager, seen=seen, note="旧")
    with pytest.raises(ValidationError):
        update_relation(relation_id=relation.pk, actor=manager, seen=version_of(changed), begins_on=today)
    for stranger in (viewer, colleague):
        with pytest.raises(Http404):
            remove_relation(relation_id=relation.pk, actor=stranger)
    assert CustomerRelation.objects.get().note == "到期"
    remove_relation(relation_id=relation.pk, actor=manager)
    assert not CustomerRelation.objects.exists()


def test_the_page_enters_changes_and_removes(client: Client, manager: User) -> None:
    mine, other = CustomerFactory(manager=manager), CustomerFactory(manager=manager, code="YJ-OTHER")
    kind = RelationKindFactory()
    client.force_login(manager)
    create, page = (reverse(f"customers:{name}", args=[mine.pk]) for name in ("relation_create", "customer_relations"))
    assert [label for _key, label in client.get(create).context["form"].fields["relation"].choices][1:] == ["supplier of", "customer of"]
    assert client.post(create, {"relation": f"is-{kind.pk}", "other": "YJ-NOWHERE"}).status_code == 422
    sent = {"relation": f"of-{kind.pk}", "other": "YJ-OTHER", "begins_on": "2026-03-01", "ends_on": "2026-02-01"}
    assert client.post(create, sent).status_code == 422
    assert client.post(create, {**sent, "ends_on": ""}).status_code == 302
    relation = CustomerRelation.objects.get()
    assert (relation.customer, relation.other, relation.actor) == (other, mine, manager)
    assert other.name in client.get(page).content.decode()
    edit = reverse("customers:relation_edit", args=[relation.pk])
    assert client.post(edit, {"note": "年度", "version": version_of(relation)}).status_code == 302
    assert "年度" in client.get(page).content.decode()
    client.post(reverse("customers:relation_remove", args=[relation.pk]))
    assert not CustomerRelation.objects.exists()


def test_queries_do_not_grow_with_relations(client: Client, manager: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    mine = CustomerFactory(manager=manager)
    client.force_login(manager)
    taken = []
    for count in (1, 9):
        for other in CustomerFactory.create_batch(count, manager=manager):
            make_relation(mine, other)
        with django_assert_max_num_queries(35) as counted:
            client.get(reverse("customers:customer_relations", args=[mine.pk]))
        taken.append(len(counted))
    assert taken[0] == taken[1]
