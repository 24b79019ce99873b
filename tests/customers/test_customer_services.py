"""Create, change, hand over and move customers: what is done, and that a refusal changes nothing."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404

from common.versions import version_of
from customers.credit_code import check_character
from customers.models import Customer, Lifecycle
from customers.services.details import create_customer, update_customer
from customers.services.lifecycle import MOVES, move_customer
from customers.services.ownership import assign_customer
from jobs.models import Job
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.django_db


def fresh(customer):
    return Customer.objects.get(pk=customer.pk)


class TestCreate:
    def test_computes_pinyin_and_notes_the_first_owner(self, manager):
        customer = create_customer(actor=manager, manager=manager, org_unit=manager.org_unit, code="YJ-1", name="云江市 第一人民医院")
        assert (customer.pinyin, customer.pinyin_initials) == ("yunjiangshidiyirenminyiyuan", "yjsdyrmyy")
        assert customer.lifecycle == Lifecycle.POTENTIAL
        change = customer.ownership_changes.get()
        assert (change.from_manager, change.to_manager, change.to_unit, change.actor) == (None, manager, manager.org_unit, manager)

    def test_refuses_a_customer_that_the_creator_would_not_reach(self, manager, colleague):
        with pytest.raises(PermissionDenied):
            create_customer(actor=manager, manager=colleague, org_unit=manager.org_unit, code="YJ-1", name="云江海关")
        assert not Customer.objects.exists()

    def test_refuses_without_the_right(self, viewer, manager):
        with pytest.raises(PermissionDenied):
            create_customer(actor=viewer, manager=manager, org_unit=manager.org_unit, code="YJ-1", name="云江海关")
        assert not Customer.objects.exists()

    @pytest.mark.parametrize(
        ("details", "field"),
        [
            ({"code": "TAKEN"}, "code"),
            ({"code": "small letters"}, "code"),
            ({"credit_code": "911100001000000001"}, "credit_code"),
            ({"name": ""}, "name"),
            ({"value_score": 101}, "__all__"),
        ],
    )
    def test_refuses_wrong_details_at_their_field(self, manager, details, field):
        CustomerFactory(code="TAKEN", manager=manager)
        with pytest.raises(ValidationError) as refused:
            create_customer(actor=manager, manager=manager, org_unit=manager.org_unit, **{"code": "YJ-1", "name": "云江海关", **details})
        assert field in refused.value.message_dict
        assert Customer.objects.count() == 1

    def test_credit_code_is_unique_where_given(self, manager):
        body = "91110000100000000"
        code = body + check_character(body)
        for number in (1, 2):
            create_customer(actor=manager, manager=manager, org_unit=manager.org_unit, code=f"E-{number}", name="无码")
        create_customer(actor=manager, manager=manager, org_unit=manager.org_unit, code="C-1", name="有码", credit_code=code)
        with pytest.raises(ValidationError) as refused:
            create_customer(actor=manager, manager=manager, org_unit=manager.org_unit, code="C-2", name="重码", credit_code=code)
        assert "credit_code" in refused.value.message_dict


class TestUpdate:
    def test_changes_details_and_pinyin(self, manager):
        customer = CustomerFactory(manager=manager, name="旧名")
        update_customer(customer_id=customer.pk, actor=manager, seen=version_of(customer), name="新名")
        assert (fresh(customer).name, fresh(customer).pinyin) == ("新名", "xinming")

    def test_refuses_a_lost_update(self, manager):
        customer = CustomerFactory(manager=manager, name="旧名")
        seen = version_of(customer)
        update_customer(customer_id=customer.pk, actor=manager, seen=seen, name="新名")
        with pytest.raises(ValidationError) as refused:
            update_customer(customer_id=customer.pk, actor=manager, seen=seen, name="别名")
        assert refused.value.code == "stale"
        assert fresh(customer).name == "新名"

    @pytest.mark.parametrize("who", ["colleague", "foreign_director", "viewer", "outsider"])
    def test_hidden_or_forbidden_is_missing(self, manager, who, request):
        customer = CustomerFactory(manager=manager, name="旧名")
        with pytest.raises(Http404):
            update_customer(customer_id=customer.pk, actor=request.getfixturevalue(who), seen=version_of(customer), name="新名")
        assert fresh(customer).name == "旧名"

    def test_refuses_a_circle_of_parents(self, manager):
        top = CustomerFactory(manager=manager)
        middle = CustomerFactory(manager=manager, parent=top)
        bottom = CustomerFactory(manager=manager, parent=middle)
        for parent in (bottom, middle, top):
            with pytest.raises(ValidationError) as refused:
                update_customer(customer_id=top.pk, actor=manager, seen=version_of(fresh(top)), parent=parent)
            assert "parent" in refused.value.message_dict
        assert fresh(top).parent is None


class TestAssign:
    def test_hands_over_with_the_jobs_and_keeps_the_history(self, director, manager, colleague):
        customer, other = CustomerFactory(manager=manager), CustomerFactory(manager=manager)
        jobs = [
            Job.objects.create(kind="x", title="x", actor=manager, customer_key=key.pk, manager=manager, org_unit=manager.org_unit)
            for key in (customer, other)
        ]
        change = assign_customer(customer_id=customer.pk, actor=director, manager=colleague, org_unit=director.org_unit, reason="休假")
        assert (fresh(customer).manager, fresh(customer).org_unit) == (colleague, director.org_unit)
        assert (change.from_manager, change.to_manager, change.reason, change.actor) == (manager, colleague, "休假", director)
        assert [Job.objects.get(pk=job.pk).manager for job in jobs] == [colleague, manager]
        assert Job.objects.get(pk=jobs[0].pk).org_unit == director.org_unit
        assert not Customer.objects.visible_to(manager).filter(pk=customer.pk).exists()
        assert Customer.objects.visible_to(colleague).filter(pk=customer.pk).exists()

    def test_refuses_the_same_owner_again(self, director, manager):
        customer = CustomerFactory(manager=manager)
        with pytest.raises(ValidationError):
            assign_customer(customer_id=customer.pk, actor=director, manager=manager, org_unit=manager.org_unit)
        assert not customer.ownership_changes.exists()

    def test_refuses_people_and_units_out_of_reach(self, director, manager, foreign_manager):
        customer = CustomerFactory(manager=manager)
        for person, unit, field in (
            (foreign_manager, manager.org_unit, "manager"),
            (manager, foreign_manager.org_unit, "org_unit"),
        ):
            with pytest.raises(ValidationError) as refused:
                assign_customer(customer_id=customer.pk, actor=director, manager=person, org_unit=unit)
            assert field in refused.value.message_dict
        assert fresh(customer).manager == manager
        assert not customer.ownership_changes.exists()

    @pytest.mark.parametrize("who", ["manager", "colleague", "foreign_director", "viewer"])
    def test_needs_the_right_to_hand_over(self, manager, colleague, who, request):
        customer = CustomerFactory(manager=manager)
        with pytest.raises(Http404):
            assign_customer(customer_id=customer.pk, actor=request.getfixturevalue(who), manager=colleague, org_unit=colleague.org_unit)
        assert fresh(customer).manager == manager

    def test_refuses_when_changed_meanwhile(self, director, manager, colleague):
        customer = CustomerFactory(manager=manager)
        with pytest.raises(ValidationError) as refused:
            assign_customer(customer_id=customer.pk, actor=director, manager=colleague, org_unit=colleague.org_unit, seen="2000-01-01")
        assert refused.value.code == "stale"
        assert fresh(customer).manager == manager


class TestLifecycle:
    @pytest.mark.parametrize("start", Lifecycle.values)
    @pytest.mark.parametrize("end", Lifecycle.values)
    def test_moves_only_along_the_machine(self, manager, start, end):
        customer = CustomerFactory(manager=manager, lifecycle=start)
        if end in MOVES[start]:
            change = move_customer(customer_id=customer.pk, actor=manager, to=end, reason="理由")
            assert (change.from_state, change.to_state, fresh(customer).lifecycle) == (start, end, end)
        else:
            with pytest.raises(ValidationError):
                move_customer(customer_id=customer.pk, actor=manager, to=end, reason="理由")
            assert fresh(customer).lifecycle == start
            assert not customer.lifecycle_changes.exists()

    def test_asks_for_a_reason(self, manager):
        customer = CustomerFactory(manager=manager, lifecycle=Lifecycle.ACTIVE)
        with pytest.raises(ValidationError) as refused:
            move_customer(customer_id=customer.pk, actor=manager, to=Lifecycle.LEFT, reason="  ")
        assert "reason" in refused.value.message_dict
        assert fresh(customer).lifecycle == Lifecycle.ACTIVE
