"""Drafts of hand-overs: their terms and customers change until they are offered; and who is told that one waits."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from access.models import User
from common.versions import version_of
from customers.models import Customer, HandOver, HandOverRule, HandOverState
from customers.services import hand_over_drafts as drafts
from customers.services import hand_over_work as work
from customers.services import hand_overs as services
from tests.access.clients import browser
from tests.customers.test_hand_overs import TODAY, make, offered, portfolio  # noqa: F401  (fixtures)
from tests.factories.customers import CustomerFactory
from tests.personas import Organisation, person
from workflow.models import Notice

pytestmark = pytest.mark.django_db
Make = Callable[..., HandOver]


def codes(hand_over: HandOver) -> list[str]:
    return list(hand_over.items.order_by("customer__code").values_list("customer__code", flat=True))


def edit_url(hand_over: HandOver) -> str:
    return reverse("customers:hand_over_edit", args=[hand_over.pk])


def test_the_terms_of_a_draft_change(make: Make, director: User, manager: User, colleague: User) -> None:  # noqa: F811
    draft, boss = make(director), browser(director)
    shown = boss.get(edit_url(draft)).context["form"]
    sent = {name: shown[name].value() for name in ("version", "opened", "receiver", "effective_on", "reason", "moves_unit")}
    assert sent["receiver"] == "wanglei · 王磊"
    day = TODAY() + datetime.timedelta(days=9)
    changed = {**sent, "effective_on": day.isoformat(), "reason": "休假", "moves_unit": ""}
    assert boss.post(edit_url(draft), {**changed, "receiver": "nobody"}).status_code == 422
    assert boss.post(edit_url(draft), {**changed, "effective_on": "2001-01-01"}).status_code == 422
    assert boss.post(edit_url(draft), changed).status_code == 302
    draft.refresh_from_db()
    assert (draft.receiver, draft.effective_on, draft.reason, draft.moves_unit) == (colleague, day, "休假", False)
    late = boss.post(edit_url(draft), {**sent, "effective_on": sent["effective_on"].isoformat(), "reason": "别的"})
    assert (late.status_code, "休假" in late.content.decode()) == (422, True)  # from a second window
    draft.refresh_from_db()
    assert draft.reason == "休假"
    assert browser(manager).get(edit_url(draft)).status_code == 404
    services.offer_hand_over(hand_over_id=draft.pk, actor=director)
    assert boss.get(edit_url(draft)).status_code == 404
    terms: dict[str, Any] = {"receiver": colleague, "reason": "x", "effective_on": day, "moves_unit": True}
    with pytest.raises(ValidationError):
        drafts.change_draft(hand_over_id=draft.pk, actor=director, seen=version_of(draft), **terms)


def test_customers_come_into_a_draft_and_leave_it(
    make: Make,  # noqa: F811
    portfolio: list[Customer],  # noqa: F811
    director: User,
    manager: User,
    foreign_director: User,
) -> None:
    draft, boss = make(director, customers=Customer.objects.filter(code="A-1")), browser(director)
    begin = reverse("customers:hand_over_create")
    rows = [str(row.pk) for row in Customer.objects.filter(code__in=("A-1", "A-2", "B-1"))]
    assert f'value="{draft.pk}"' in boss.get(begin, {"row": rows}).content.decode()
    assert f'value="{draft.pk}"' not in browser(manager).get(begin, {"row": rows}).content.decode()
    boss.post(begin, {"row": rows, "draft": draft.pk})
    draft.refresh_from_db()
    assert (codes(draft), draft.figures["customers"]) == (["A-1", "A-2"], 2)  # the third is not the giver's
    boss.post(begin, {"giver": manager.pk, "draft": draft.pk})
    assert codes(draft) == ["A-1", "A-2", "A-3"]
    with pytest.raises(ValidationError):
        drafts.add_to_draft(hand_over_id=draft.pk, actor=director)
    for stranger in (manager, foreign_director):
        with pytest.raises(Http404):
            drafts.add_to_draft(hand_over_id=draft.pk, actor=stranger)
    out = reverse("customers:hand_over_leave_out", args=[draft.pk])
    page = boss.get(reverse("customers:hand_over", args=[draft.pk])).content.decode()
    assert out in page
    chosen: dict[str, Any] = {"in-hand_over": draft.pk, "row": list(draft.items.exclude(customer__code="A-2").values_list("pk", flat=True))}
    asked = boss.get(out, chosen)
    assert (asked.status_code, asked.context["count"], codes(draft)) == (200, 2, ["A-1", "A-2", "A-3"])
    boss.post(out, chosen)
    assert codes(draft) == ["A-2"]
    assert browser(manager).post(out, chosen).status_code == 404
    services.offer_hand_over(hand_over_id=draft.pk, actor=director)
    with pytest.raises(ValidationError):
        drafts.leave_out_items(items=draft.items.all(), actor=director)


def test_a_forgotten_draft_is_dropped(make: Make, director: User, offered: HandOver) -> None:  # noqa: F811
    HandOverRule.objects.create(drop_drafts_after=20, remind_after=300, expire_after=301)
    forgotten, noted = make(director), make(director)
    later = timezone.now() + datetime.timedelta(days=21)
    HandOver.objects.filter(pk=noted.pk).update(updated_at=timezone.now() - datetime.timedelta(days=30))
    item = noted.items.first()
    assert item is not None
    services.note_item(item_id=item.pk, actor=director, note="合同在谈", seen=version_of(item))
    HandOver.objects.filter(pk=forgotten.pk).update(updated_at=timezone.now() - datetime.timedelta(days=2))
    work.tend_hand_overs(later - datetime.timedelta(days=2))
    assert HandOver.objects.filter(pk__in=[forgotten.pk, noted.pk, offered.pk]).values_list("pk", flat=True).count() == 2
    assert not HandOver.objects.filter(pk=forgotten.pk).exists()
    assert [notice.kind for notice in Notice.objects.filter(recipient=director)] == ["hand_over_dropped"]
    work.tend_hand_overs(later)
    assert set(HandOver.objects.all()) == {offered}


def test_only_those_who_can_decide_are_told_that_one_waits(
    make: Make,  # noqa: F811
    portfolio: list[Customer],  # noqa: F811
    manager: User,
    colleague: User,
    director: User,
    administrator: User,
    foreign_manager: User,
    foreign_director: User,
    viewer: User,
    organisation: Organisation,
) -> None:
    province = person("helei", "何磊", organisation.province, "director")
    everybody = [manager, colleague, director, administrator, foreign_manager, foreign_director, viewer, province]
    CustomerFactory(code="A-9", manager=manager, org_unit=organisation.other_city)
    near = make(manager, customers=Customer.objects.filter(code="A-1"))
    far = make(manager, receiver=foreign_manager, customers=Customer.objects.filter(code="A-2"))
    stays = make(manager, receiver=foreign_manager, customers=Customer.objects.filter(code="A-3"), moves_unit=False)
    beyond = make(manager, customers=Customer.objects.filter(code="A-9"))
    for one in (near, far, stays, beyond):
        services.offer_hand_over(hand_over_id=one.pk, actor=manager)
        one.refresh_from_db()
        assert one.state == HandOverState.APPROVAL
        able = {user for user in everybody if services.leads(user, one) and user != manager and not services.why_not_approved(one, user)}
        assert {user for user in everybody if one in services.waiting_for(user)} == able
        assert administrator in able
    assert [set(services.waiting_for(user)) for user in (director, province)] == [{near}, {near}]
    boss = browser(director)
    listed = boss.get(reverse("customers:hand_over_list"), {"whose": "decide"}).content.decode()
    assert (f"/{near.pk}/" in listed, f"/{far.pk}/" in listed) == (True, False)
    assert card(boss) == [near]
    services.approve_hand_over(hand_over_id=near.pk, actor=director)
    assert (card(boss), card(browser(colleague)), card(browser(viewer))) == (None, [near], None)


def card(client: Client) -> list[HandOver] | None:
    """What the home page's card of hand-overs shows."""
    shown = {one.key: one.data for one in client.get(reverse("home")).context["cards"]}
    return list(shown["hand_overs"]["rows"]) if "hand_overs" in shown else None


def test_many_are_refused_under_the_locks_of_single_steps(offered: HandOver, colleague: User) -> None:  # noqa: F811
    change = reverse("jobs:list_change", args=["hand-over-items", "refuse"])
    sent = {"in-hand_over": offered.pk, "row": list(offered.items.values_list("pk", flat=True))[:2], "reason": "行业不熟"}
    client = browser(colleague)
    preview = client.post(change, {**sent, "step": "preview"})
    with CaptureQueriesContext(connection) as queries:
        client.post(change, {**sent, "step": "apply", "seen": preview.context["preview"].fingerprint, "token": "t"})
    locked = [query["sql"].partition("FROM")[2][:40] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    tables = [table for table in locked if "customers_handover" in table]
    assert offered.items.filter(state="refused").count() == 2
    assert "customers_handoveritem" not in tables[0]
    assert any("customers_handoveritem" in table for table in tables)
