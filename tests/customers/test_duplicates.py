"""The nightly scan for customers that are entered twice, and what people decide about its pairs."""

from __future__ import annotations

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse

from access.models import User
from customers.models import Customer, DuplicatePair, DuplicateRule, PairState
from customers.services.duplicates import decide_pair, find_duplicates
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db


def pairs() -> dict[frozenset[str], dict[str, int]]:
    """The signs of each pair, by the codes of the two."""
    return {frozenset((pair.first.code, pair.second.code)): pair.signs for pair in DuplicatePair.objects.select_related("first", "second")}


def couple(*codes: str) -> frozenset[str]:
    return frozenset(codes)


def test_what_two_have_in_common(manager: User) -> None:
    for code, name, credit_code, account in (
        ("A1", "广州白云电子有限公司", "91440101MA59ABCD12", "6222020000001"),
        ("A2", "（广州）白云电子", "", ""),
        ("B1", "云江市第一人民医院", "", "6222020000002"),
        ("B2", "云江市第二人民医院", "", ""),
        ("B3", "云江市第一人民医完", "", ""),
        ("C1", "白云电子（广州）股份有限公司", "92330000MA59ABCD1X", ""),
        ("D1", "清溪海关", "", "6222020000002"),
        ("D2", "清溪海运", "", ""),
        ("E1", "Acme", "", ""),
    ):
        CustomerFactory(code=code, name=name, credit_code=credit_code, bank_account=account, manager=manager)
    for code in ("D2", "E1"):
        ContactPersonFactory(customer=Customer.objects.get(code=code), phone="8613800001111")
    find_duplicates()
    found = pairs()
    assert set(found[couple("A1", "A2")]) == {"name"}
    assert found[couple("A1", "C1")].keys() == {"credit", "like"}
    assert set(found[couple("B1", "B3")]) == {"like"}
    assert set(found[couple("B1", "D1")]) == {"bank"}
    assert set(found[couple("D2", "E1")]) == {"phone"}
    assert couple("A2", "C1") in found
    assert len(found) == 6
    assert DuplicatePair.objects.get(first__code="A1", second__code="C1").score > 95


def test_a_scan_keeps_decisions_enters_nothing_twice_and_drops_what_is_gone(manager: User) -> None:
    first, second, third = (CustomerFactory(name="云江海关", manager=manager) for _turn in range(3))
    assert find_duplicates() == (3, 0, 0)
    kept = DuplicatePair.objects.get(first=first, second=second)
    decide_pair(pair_id=kept.pk, actor=manager, is_duplicate=False)
    assert find_duplicates() == (0, 0, 0)
    Customer.objects.filter(pk=third.pk).update(name="清溪海关总署")
    assert find_duplicates() == (0, 0, 2)
    Customer.objects.filter(pk=second.pk).update(name="另一家")
    assert find_duplicates() == (0, 0, 0)
    kept.refresh_from_db()
    assert (kept.state, kept.decided_by, kept.pk) == (PairState.DISMISSED, manager, kept.pk)
    decide_pair(pair_id=kept.pk, actor=manager, is_duplicate=True)
    assert find_duplicates() == (0, 0, 1)


def test_signs_out_of_use_find_nothing(manager: User) -> None:
    for _turn in range(2):
        CustomerFactory(name="云江海关", manager=manager)
    find_duplicates()
    for sign in ("name", "like", "credit", "bank", "phone"):
        DuplicateRule.objects.update_or_create(sign=sign, defaults={"points": 50, "is_active": False})
    assert find_duplicates() == (0, 0, 1)


def test_a_pair_is_seen_by_whoever_reaches_both(client: Client, manager: User, colleague: User, director: User, viewer: User) -> None:
    CustomerFactory(name="云江海关", code="OWN", manager=manager)
    CustomerFactory(name="云江海关", code="TEAM", manager=colleague)
    find_duplicates()
    pair = DuplicatePair.objects.get()
    url, decide = reverse("customers:duplicate_list"), reverse("customers:duplicate_decide", args=[pair.pk])
    for user, sees, decides in ((manager, False, False), (colleague, False, False), (viewer, True, False), (director, True, True)):
        client.force_login(user)
        assert ("云江海关" in client.get(url).content.decode()) is sees, user
        assert client.post(decide, {"decision": "dismissed"}).status_code == (302 if decides else 404), user
    pair.refresh_from_db()
    assert pair.state == PairState.DISMISSED
    assert "云江海关" not in client.get(url).content.decode()
    assert "云江海关" in client.get(f"{url}?state=dismissed").content.decode()
    with pytest.raises(Http404):
        decide_pair(pair_id=pair.pk, actor=manager, is_duplicate=True)
