"""Hand-overs: drafted, approved, offered, accepted, carried out with the open work, handed back; and who sees what of them."""

from __future__ import annotations

import datetime
import html
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from access.models import RoleAssignment, User
from common.versions import version_of
from customers.models import ContactPerson, Customer, HandOver, HandOverItem, HandOverRule, HandOverState, ItemState, OwnershipChange
from customers.services import hand_over_work as work
from customers.services import hand_overs as services
from jobs.models import Job, JobStatus
from jobs.services.work import advance
from tests.access.clients import browser
from tests.factories.customers import ContactPersonFactory, CustomerFactory
from tests.factories.workflow import make_task
from tests.personas import Organisation, person
from workflow.models import Notice, Task
from workflow.wording import shown_notice

pytestmark = pytest.mark.django_db

TODAY = datetime.date.today


@pytest.fixture
def portfolio(manager: User, colleague: User) -> list[Customer]:
    """Three customers of the manager, and one of the colleague, who receives."""
    CustomerFactory(code="B-1", name="云江银行", manager=colleague)
    return [CustomerFactory(code=f"A-{number}", name=f"云江第{number}医院", manager=manager) for number in (1, 2, 3)]


@pytest.fixture
def make(portfolio: list[Customer], manager: User, colleague: User) -> Callable[..., HandOver]:
    """Drafts a hand-over from the manager to the colleague."""

    def draft(actor: User, **facts: Any) -> HandOver:
        given: dict[str, Any] = {"giver": manager, "receiver": colleague, "reason": "轮岗", "effective_on": TODAY()}
        return services.create_hand_over(actor=actor, **{**given, **facts})

    return draft


@pytest.fixture
def offered(make: Callable[..., HandOver], director: User) -> HandOver:
    """What the director offers of the manager's customers to the colleague."""
    return services.offer_hand_over(hand_over_id=make(director).pk, actor=director)


def owners() -> dict[str, str | None]:
    return dict(Customer.objects.filter(code__startswith="A-").order_by("code").values_list("code", "manager__username"))


def all_with(login: str) -> dict[str, str | None]:
    return {f"A-{number}": login for number in (1, 2, 3)}


def kinds_of(user: User) -> list[str]:
    return list(Notice.objects.filter(recipient=user).order_by("pk").values_list("kind", flat=True))


def todos_of(user: User) -> list[str]:
    return list(Task.objects.filter(assignee=user, subject_kind=services.SUBJECT).order_by("pk").values_list("state", flat=True))


def test_a_portfolio_moves_with_its_open_work(
    portfolio: list[Customer], offered: HandOver, manager: User, colleague: User, director: User
) -> None:
    person = ContactPersonFactory(customer=portfolio[0])
    mine, done, others = make_task(manager, portfolio[0]), make_task(manager, portfolio[0]), make_task(director, portfolio[0])
    Task.objects.filter(pk=done.pk).update(state="done", ended_at=timezone.now(), ended_by=manager)
    about = Job.objects.create(kind="export", title="x", actor=manager, customer_key=portfolio[1].pk, manager=manager)
    assert offered.state == HandOverState.OFFERED
    assert not Customer.objects.visible_to(colleague).filter(pk=portfolio[0].pk).exists()
    assert (todos_of(colleague), todos_of(manager)) == (["open"], ["open"])
    result = work.accept_hand_over(hand_over_id=offered.pk, actor=colleague)
    assert result.state == HandOverState.DONE
    assert owners() == all_with("wanglei")
    changes = OwnershipChange.objects.filter(hand_over=offered)
    facts = set(changes.values_list("from_manager", "to_manager", "actor", "reason"))
    assert (changes.count(), facts) == (3, {(manager.pk, colleague.pk, director.pk, "轮岗")})
    assert {task.assignee for task in Task.objects.filter(pk=mine.pk)} == {colleague}
    assert (Task.objects.get(pk=done.pk).assignee, Task.objects.get(pk=others.pk).assignee) == (manager, director)
    about.refresh_from_db()
    assert about.manager == colleague
    fresh, former = User.objects.get(pk=colleague.pk), User.objects.get(pk=manager.pk)
    assert ContactPerson.objects.visible_to(fresh).filter(pk=person.pk).exists()
    assert not ContactPerson.objects.visible_to(former).filter(pk=person.pk).exists()
    assert (todos_of(colleague), todos_of(manager)) == (["done"], ["done"])
    assert kinds_of(director) == ["hand_over_done"]
    assert kinds_of(manager)[-1] == "hand_over_done"
    assert set(HandOverItem.objects.values_list("state", flat=True)) == {ItemState.MOVED}


def test_a_managers_own_portfolio_is_approved_first(
    make: Callable[..., HandOver], portfolio: list[Customer], manager: User, colleague: User, director: User, foreign_director: User
) -> None:
    draft = make(manager, customers=Customer.objects.filter(pk__in=[row.pk for row in portfolio[:2]]))
    sent = services.offer_hand_over(hand_over_id=draft.pk, actor=manager)
    assert (sent.state, sent.approver) == (HandOverState.APPROVAL, None)
    assert (todos_of(director), todos_of(foreign_director), todos_of(colleague)) == (["open"], [], [])
    for stranger in (manager, foreign_director, colleague):
        with pytest.raises((Http404, ValidationError, PermissionDenied)):
            services.approve_hand_over(hand_over_id=sent.pk, actor=stranger)
    with pytest.raises(Http404):
        work.accept_hand_over(hand_over_id=sent.pk, actor=colleague)
    assert owners() == all_with("lijing")
    services.approve_hand_over(hand_over_id=sent.pk, actor=director)
    work.accept_hand_over(hand_over_id=sent.pk, actor=colleague)
    assert owners() == {"A-1": "wanglei", "A-2": "wanglei", "A-3": "lijing"}


def test_who_may_begin(
    make: Callable[..., HandOver], manager: User, colleague: User, foreign_director: User, outsider: User, organisation: Organisation
) -> None:
    for actor in (colleague, foreign_director):
        with pytest.raises(PermissionDenied):
            make(actor)
    with pytest.raises(ValidationError, match="role"):
        make(manager, receiver=outsider)
    with pytest.raises(ValidationError):
        make(manager, receiver=manager)
    with pytest.raises(ValidationError):
        make(manager, effective_on=TODAY() - datetime.timedelta(days=1))
    with pytest.raises(ValidationError):
        make(manager, customers=Customer.objects.filter(manager=colleague))
    assert not HandOver.objects.exists()


def test_the_portfolio_of_somebody_who_has_left_is_handed_over(
    portfolio: list[Customer], manager: User, colleague: User, director: User
) -> None:
    task = make_task(manager, portfolio[0])
    User.objects.filter(pk=manager.pk).update(is_active=False)
    boss = browser(director)
    begin = boss.get(reverse("customers:hand_over_of", args=[manager.pk]))["Location"]
    assert "李静 (3)" in boss.get(begin).content.decode()
    assert "李静" in boss.get(reverse("customers:customer_list"), {"manager": manager.pk}).content.decode()
    sent = {"giver": manager.pk, "receiver": "wanglei", "reason": "离职", "effective_on": TODAY().isoformat(), "moves_unit": "on"}
    boss.post(begin, sent)
    found = HandOver.objects.get()
    boss.post(reverse("customers:hand_over_step", args=[found.pk]), {"step": "offer"})
    work.accept_hand_over(hand_over_id=found.pk, actor=colleague)
    assert owners() == all_with("wanglei")
    task.refresh_from_db()
    assert task.assignee == colleague
    assert (todos_of(manager), kinds_of(manager)) == ([], [])
    assert 'value="return"' not in page(boss, found)
    with pytest.raises(ValidationError, match="李静"):
        work.return_hand_over(hand_over_id=found.pk, actor=director, reason="x")


def test_a_receiver_out_of_the_directors_reach_needs_somebody_above(
    make: Callable[..., HandOver],
    director: User,
    manager: User,
    foreign_manager: User,
    foreign_director: User,
    administrator: User,
    organisation: Organisation,
) -> None:
    province = person("helei", "何磊", organisation.province, "director")
    sent = services.offer_hand_over(hand_over_id=make(manager, receiver=foreign_manager).pk, actor=manager)
    assert sent.state == HandOverState.APPROVAL
    assert {who: todos_of(who) for who in (director, province, foreign_director, administrator)} == {
        director: [],
        province: [],
        foreign_director: [],
        administrator: ["open"],
    }
    near = page(browser(director), sent)
    assert ('value="approve"' in near, 'value="refuse"' in near, "ti-user-up" in near) == (False, True, True)
    far = page(browser(administrator), sent)
    assert ('value="approve"' in far, "ti-user-up" in far) == (True, False)
    with pytest.raises(ValidationError):
        services.approve_hand_over(hand_over_id=sent.pk, actor=director)
    services.withdraw_hand_over(hand_over_id=sent.pk, actor=manager, reason="")
    sent = services.offer_hand_over(hand_over_id=make(director, receiver=foreign_manager).pk, actor=director)
    assert (sent.state, todos_of(director)) == (HandOverState.APPROVAL, [])
    with pytest.raises(PermissionDenied):
        services.approve_hand_over(hand_over_id=sent.pk, actor=director)
    services.approve_hand_over(hand_over_id=sent.pk, actor=administrator)
    work.accept_hand_over(hand_over_id=sent.pk, actor=foreign_manager)
    assert owners() == all_with("zhouyan")
    assert {row.org_unit for row in Customer.objects.filter(manager=foreign_manager)} == {foreign_manager.org_unit}


def test_the_receiver_refuses_some_and_others_have_moved_on(
    portfolio: list[Customer], offered: HandOver, manager: User, colleague: User, director: User
) -> None:
    items = {item.customer.code: item for item in offered.items.select_related("customer")}
    services.refuse_items(items=HandOverItem.objects.filter(pk=items["A-1"].pk), actor=colleague, reason="行业不熟")
    with pytest.raises(PermissionDenied):
        services.refuse_items(items=HandOverItem.objects.filter(pk=items["A-2"].pk), actor=director, reason="x")
    Customer.objects.filter(code="A-2").update(manager=director)
    work.accept_hand_over(hand_over_id=offered.pk, actor=colleague)
    assert owners() == {"A-1": "lijing", "A-2": "zhaomin", "A-3": "wanglei"}
    assert [item.state for item in offered.items.order_by("customer__code")] == ["refused", "skipped", "moved"]
    with pytest.raises(ValidationError):
        work.accept_hand_over(hand_over_id=offered.pk, actor=colleague)


def test_what_left_the_approvers_reach_is_told_apart(
    offered: HandOver, colleague: User, foreign_manager: User, organisation: Organisation
) -> None:
    Customer.objects.filter(code="A-1").update(org_unit=organisation.other_city)
    Customer.objects.filter(code="A-2").update(manager=foreign_manager)
    answer = browser(colleague).post(reverse("customers:hand_over_step", args=[offered.pk]), {"step": "accept"})
    assert owners() == {"A-1": "lijing", "A-2": "zhouyan", "A-3": "wanglei"}
    assert [item.state for item in offered.items.order_by("customer__code")] == ["beyond", "skipped", "moved"]
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert len(said) == 1
    assert "2" in said[0]


def test_the_button_for_a_portfolio_is_shown_where_it_opens(
    portfolio: list[Customer], manager: User, director: User, foreign_manager: User
) -> None:
    CustomerFactory(code="F", manager=foreign_manager)
    address, boss = reverse("customers:customer_list"), browser(director)
    for giver, shown in ((manager, True), (foreign_manager, False)):
        link = reverse("customers:hand_over_of", args=[giver.pk])
        assert (link in boss.get(address, {"manager": giver.pk}).content.decode()) == shown
        assert boss.get(link).status_code == (302 if shown else 404)


def test_refused_and_withdrawn_move_nothing(make: Callable[..., HandOver], offered: HandOver, colleague: User, director: User) -> None:
    with pytest.raises(ValidationError):
        services.refuse_hand_over(hand_over_id=offered.pk, actor=colleague, reason="")
    services.refuse_hand_over(hand_over_id=offered.pk, actor=colleague, reason="太多")
    assert kinds_of(director) == ["hand_over_refused"]
    second = services.offer_hand_over(hand_over_id=make(director).pk, actor=director)
    with pytest.raises(PermissionDenied):
        services.withdraw_hand_over(hand_over_id=second.pk, actor=colleague, reason="")
    services.withdraw_hand_over(hand_over_id=second.pk, actor=director, reason="")
    with translation.override("en"):
        told = shown_notice(Notice.objects.get(recipient=colleague, kind="hand_over_withdrawn")).text
    assert told == "The hand-over from 李静 to 王磊 is withdrawn."
    with pytest.raises(ValidationError):
        work.accept_hand_over(hand_over_id=second.pk, actor=colleague)
    assert owners() == all_with("lijing")
    assert set(todos_of(colleague)) == {"done"}


def test_the_approver_must_still_be_allowed_to(offered: HandOver, colleague: User, director: User) -> None:
    role = RoleAssignment.objects.get(user=director).role
    role.permissions.filter(module="customers", action="approve").delete()
    with pytest.raises(ValidationError, match="赵敏"):
        work.accept_hand_over(hand_over_id=offered.pk, actor=colleague)
    assert owners() == all_with("lijing")
    offered.refresh_from_db()
    assert offered.state == HandOverState.OFFERED


def test_it_waits_for_its_day(make: Callable[..., HandOver], director: User, colleague: User, manager: User) -> None:
    day = TODAY() + datetime.timedelta(days=5)
    draft = make(director, effective_on=day)
    services.offer_hand_over(hand_over_id=draft.pk, actor=director)
    assert work.accept_hand_over(hand_over_id=draft.pk, actor=colleague).state == HandOverState.ACCEPTED
    assert (todos_of(colleague), todos_of(manager)) == (["done"], ["open"])
    work.tend_hand_overs(timezone.now() + datetime.timedelta(days=4))
    assert owners() == all_with("lijing")
    work.tend_hand_overs(timezone.now() + datetime.timedelta(days=5))
    assert owners() == all_with("wanglei")


def test_offers_are_reminded_of_and_expire(offered: HandOver, colleague: User, director: User) -> None:
    HandOverRule.objects.create(remind_after=2, expire_after=6)
    for days in (1, 3, 4, 5):
        work.tend_hand_overs(timezone.now() + datetime.timedelta(days=days))
        assert kinds_of(colleague).count("hand_over_reminder") == (days > 2)
    work.tend_hand_overs(timezone.now() + datetime.timedelta(days=7))
    offered.refresh_from_db()
    assert (offered.state, offered.decided_by) == (HandOverState.EXPIRED, None)
    assert kinds_of(director) == ["hand_over_expired"]
    assert todos_of(colleague) == ["done"]


def test_it_is_handed_back_while_nobody_has_handed_it_on(
    portfolio: list[Customer], offered: HandOver, manager: User, colleague: User, director: User
) -> None:
    task = make_task(manager, portfolio[0])
    work.accept_hand_over(hand_over_id=offered.pk, actor=colleague)
    Customer.objects.filter(code="A-3").update(manager=director)
    with pytest.raises(PermissionDenied):
        work.return_hand_over(hand_over_id=offered.pk, actor=colleague, reason="x")
    work.return_hand_over(hand_over_id=offered.pk, actor=director, reason="弄错")
    assert owners() == {"A-1": "lijing", "A-2": "lijing", "A-3": "zhaomin"}
    task.refresh_from_db()
    assert task.assignee == manager
    assert [item.state for item in offered.items.order_by("customer__code")] == ["returned", "returned", "moved"]


def test_what_was_merged_away_is_not_handed_back(offered: HandOver, colleague: User, director: User) -> None:
    work.accept_hand_over(hand_over_id=offered.pk, actor=colleague)
    winner = Customer.objects.get(code="B-1")
    offered.items.filter(customer__code="A-1").update(customer=winner)  # as a merge does, which leaves what changed hands with the other
    offered.items.exclude(customer=winner).delete()
    assert 'value="return"' not in page(browser(director), offered)
    with pytest.raises(ValidationError):
        work.return_hand_over(hand_over_id=offered.pk, actor=director, reason="弄错")


def test_a_large_one_is_a_job(offered: HandOver, colleague: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "AT_ONCE", 2)
    found = work.accept_hand_over(hand_over_id=offered.pk, actor=colleague)
    assert found.state == HandOverState.ACCEPTED
    assert owners() == all_with("lijing")
    assert found.job_key is not None
    while advance(found.job_key):
        pass
    assert Job.objects.get(pk=found.job_key).status == JobStatus.DONE
    assert owners() == all_with("wanglei")


def test_a_large_one_that_fails_ends_and_says_why(
    offered: HandOver, colleague: User, director: User, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "AT_ONCE", 2)
    found = work.accept_hand_over(hand_over_id=offered.pk, actor=colleague)
    assert found.job_key is not None
    RoleAssignment.objects.get(user=director).role.permissions.filter(module="customers", action="approve").delete()
    while advance(found.job_key):
        pass
    found.refresh_from_db()
    assert (found.state, found.decided_by) == (HandOverState.WITHDRAWN, None)
    job = Job.objects.get(pk=found.job_key)
    assert job.error is not None
    assert (job.status, job.error["code"]) == (JobStatus.FAILED, "hand_over_lost_access")
    assert "赵敏" in found.decision_reason
    assert found.decision_reason in html.unescape(page(browser(colleague), found))
    assert (kinds_of(manager)[-1], todos_of(manager), owners()) == ("hand_over_withdrawn", ["done"], all_with("lijing"))


def test_a_large_one_whose_work_breaks_down_ends_too(offered: HandOver, colleague: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "AT_ONCE", 2)
    found = work.accept_hand_over(hand_over_id=offered.pk, actor=colleague)
    assert found.job_key is not None
    monkeypatch.setattr(work, "reassign_customers", None)
    while advance(found.job_key):
        pass
    found.refresh_from_db()
    assert (found.state, Job.objects.get(pk=found.job_key).status) == (HandOverState.WITHDRAWN, JobStatus.FAILED)


# --- pages -----------------------------------------------------------------------------------------------------------------------------


def page(client: Client, hand_over: HandOver) -> str:
    return client.get(reverse("customers:hand_over", args=[hand_over.pk])).content.decode()


def test_each_side_sees_it_and_nobody_else(
    make: Callable[..., HandOver],
    portfolio: list[Customer],
    director: User,
    manager: User,
    colleague: User,
    foreign_director: User,
    viewer: User,
) -> None:
    draft = make(director)
    address = reverse("customers:hand_over", args=[draft.pk])
    seen = {person: browser(person).get(address).status_code for person in (director, manager, colleague, foreign_director, viewer)}
    assert seen == {director: 200, manager: 404, colleague: 404, foreign_director: 404, viewer: 404}
    services.offer_hand_over(hand_over_id=draft.pk, actor=director)
    seen = {person: browser(person).get(address).status_code for person in seen}
    assert seen == {director: 200, manager: 200, colleague: 200, foreign_director: 404, viewer: 200}
    shown = page(browser(colleague), draft)
    assert portfolio[0].name in shown
    assert "在网" in shown or "active" in shown
    assert browser(colleague).get(reverse("customers:customer_detail", args=[portfolio[0].pk])).status_code == 404
    services.refuse_hand_over(hand_over_id=draft.pk, actor=colleague, reason="太多")
    Customer.objects.update(level="A1")
    assert '<span class="tag">A1</span>' not in page(browser(colleague), draft)
    assert '<span class="tag">A1</span>' in page(browser(manager), draft)


def test_the_way_through_the_pages(portfolio: list[Customer], manager: User, colleague: User, director: User) -> None:
    boss, taker = browser(director), browser(colleague)
    rows = [str(row.pk) for row in Customer.objects.filter(code__in=("A-1", "A-2", "B-1"))]
    begin = reverse("customers:hand_over_create")
    asked = boss.get(begin, {"row": rows}).content.decode()
    assert "李静 (2)" in asked
    assert "王磊 (1)" in asked
    sent = {
        "row": rows,
        "giver": manager.pk,
        "receiver": "wanglei",
        "reason": "轮岗",
        "effective_on": TODAY().isoformat(),
        "moves_unit": "on",
    }
    wrong = boss.post(begin, {**sent, "receiver": "nobody"})
    assert wrong.status_code == 422
    assert "轮岗" in wrong.content.decode()
    made = boss.post(begin, sent)
    found = HandOver.objects.get()
    assert made["Location"] == reverse("customers:hand_over", args=[found.pk])
    assert found.items.count() == 2
    item = found.items.get(customer__code="A-1")
    noted = {"step": "note", "note": "合同在谈", "version": version_of(item)}
    assert boss.post(reverse("customers:hand_over_item", args=[item.pk]), noted).status_code == 302
    step = reverse("customers:hand_over_step", args=[found.pk])
    assert taker.post(step, {"step": "accept"}).status_code == 404
    boss.post(step, {"step": "offer"})
    assert boss.post(step, {"step": "accept"}).status_code == 403
    assert "合同在谈" in page(taker, found)
    refused = taker.post(step, {"step": "refuse", "reason": ""})
    assert refused.status_code == 422
    taker.post(reverse("customers:hand_over_item", args=[item.pk]), {"step": "refuse", "reason": "行业不熟"})
    taker.post(step, {"step": "accept"})
    assert owners() == {"A-1": "lijing", "A-2": "wanglei", "A-3": "lijing"}
    whole = boss.get(reverse("customers:hand_over_of", args=[colleague.pk]))
    assert whole["Location"] == f"{begin}?giver={colleague.pk}"
    assert browser(colleague).get(f"{begin}?giver={manager.pk}").status_code == 404


def test_of_two_who_write_a_note_the_later_is_told(offered: HandOver, manager: User, director: User) -> None:
    item = offered.items.get(customer__code="A-1")
    address = reverse("customers:hand_over_item", args=[item.pk])
    both = {"step": "note", "version": version_of(item)}
    browser(manager).post(address, {**both, "note": "合同在谈"})
    late = browser(director).post(address, {**both, "note": "客户要换人"})
    assert late.status_code == 422
    shown = late.content.decode()
    assert ("合同在谈" in shown, "客户要换人" in shown) == (True, True)
    item.refresh_from_db()
    assert item.note == "合同在谈"
    again = browser(director).post(address, {**both, "note": "客户要换人", "version": version_of(item)})
    assert (again.status_code, version_of(item) in shown.replace("&#x2B;", "+")) == (302, True)


def test_some_are_refused_by_the_boxes_of_the_list(offered: HandOver, colleague: User, director: User) -> None:
    change = reverse("jobs:list_change", args=["hand-over-items", "refuse"])
    item = offered.items.get(customer__code="A-1")
    sent = {"in-hand_over": offered.pk, "row": item.pk, "reason": "行业不熟"}
    assert browser(director).post(change, {**sent, "step": "preview"}).status_code == 404
    client = browser(colleague)
    preview = client.post(change, {**sent, "step": "preview"})
    assert preview.status_code == 200
    client.post(change, {**sent, "step": "apply", "seen": preview.context["preview"].fingerprint, "token": "t"})
    item.refresh_from_db()
    assert (item.state, item.reason) == (ItemState.REFUSED, "行业不熟")


def test_the_page_costs_the_same_for_many(
    make: Callable[..., HandOver], manager: User, director: User, django_assert_max_num_queries: Any
) -> None:
    make_task(manager, CustomerFactory(code="C", manager=manager))
    few = make(director)
    client = browser(director)
    page(client, few)
    with django_assert_max_num_queries(70) as counted:
        page(client, few)
    for number in range(30):
        make_task(manager, CustomerFactory(code=f"C-{number}", manager=manager))
    many = make(director)
    with django_assert_max_num_queries(len(counted)):
        page(client, many)
