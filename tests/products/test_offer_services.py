"""The way of an offer: draft, approval by another person where a discount is high, withdrawal; each refusal changes nothing."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from access.models import User
from common.versions import version_of
from customers.models import Customer
from products.models import Offer, OfferStatus
from products.services.offers import approve_offer, return_offer, save_offer, submit_offer, suggest_code, withdraw_offer
from tests.products.factories import (
    make_customer,
    make_director,
    make_discount,
    make_manager,
    make_offer,
    make_product,
    make_tariff,
    make_unit,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


@pytest.fixture
def director() -> User:
    """Approves in the unit."""
    return make_director(unit=make_unit("YJ"))


@pytest.fixture
def manager(director: User) -> User:
    """Works in the director's unit."""
    return make_manager(unit=director.org_unit)


@pytest.fixture
def customer(manager: User) -> Customer:
    """The manager's customer."""
    return make_customer(manager)


def status_of(offer: Offer) -> str:
    """What is stored."""
    return Offer.objects.get(pk=offer.pk).status


def draft(customer: Customer, **values: object) -> Offer:
    """An unsaved offer with a tariff of a product on sale."""
    return Offer(**{"customer": customer, "code": "OF-1", "tariff": make_tariff(), "effective_on": TODAY, **values})


def test_a_manager_drafts_an_offer_for_the_own_customer(manager: User, customer: Customer) -> None:
    """The draft carries its author, and the product of its tariff."""
    discount = make_discount()
    offer = save_offer(offer=draft(customer), discounts=[discount], actor=manager)
    stored = Offer.objects.get(pk=offer.pk)
    assert (stored.status, stored.created_by, stored.product) == (OfferStatus.DRAFT, manager, stored.tariff.product)
    assert list(stored.discounts.all()) == [discount]


def test_not_for_somebody_elses_customer(manager: User) -> None:
    """A customer out of reach gets no offer."""
    with pytest.raises(PermissionDenied):
        save_offer(offer=draft(make_customer(make_manager("other"))), discounts=[], actor=manager)


def test_one_discount_of_a_stacking_group(manager: User, customer: Customer) -> None:
    """Discounts that exclude each other are refused together."""
    discounts = [make_discount(stacking_group="volume"), make_discount(stacking_group="volume")]
    with pytest.raises(ValidationError):
        save_offer(offer=draft(customer), discounts=discounts, actor=manager)
    assert not Offer.objects.exists()


def test_a_draft_changed_meanwhile_is_not_overwritten(manager: User, customer: Customer) -> None:
    """The guard against lost updates holds for offers too."""
    offer = save_offer(offer=draft(customer), discounts=[], actor=manager)
    seen = version_of(Offer.objects.get())
    save_offer(offer=Offer.objects.get(), discounts=[make_discount()], actor=manager, seen=seen)
    offer.committed_members = 5
    with pytest.raises(ValidationError, match="Somebody else"):
        save_offer(offer=offer, discounts=[], actor=manager, seen=seen)
    assert Offer.objects.get().committed_members is None
    assert Offer.objects.get().discounts.count() == 1


def test_from_draft_to_approved(manager: User, director: User, customer: Customer) -> None:
    """The author submits, the director approves; who and when is kept."""
    offer = save_offer(offer=draft(customer), discounts=[], actor=manager)
    submit_offer(offer_id=offer.pk, actor=manager)
    assert status_of(offer) == OfferStatus.IN_APPROVAL
    approve_offer(offer_id=offer.pk, actor=director)
    offer.refresh_from_db()
    assert (offer.status, offer.approved_by) == (OfferStatus.APPROVED, director)
    assert offer.approved_at is not None
    assert offer.stage() == "effective"


def test_a_manager_does_not_approve(manager: User, customer: Customer) -> None:
    """Approval takes the action `approve`."""
    offer = make_offer(customer, status=OfferStatus.IN_APPROVAL)
    for refuse in (approve_offer, return_offer):
        with pytest.raises(Http404):
            refuse(offer_id=offer.pk, actor=manager)
    assert status_of(offer) == OfferStatus.IN_APPROVAL


@pytest.mark.parametrize(("limit", "allowed"), [("30", True), ("19.99", False), (None, True)])
def test_a_high_discount_takes_another_person(director: User, limit: str | None, allowed: bool) -> None:
    """Above the approval limit the author does not approve the own offer; at or below it may."""
    discount = make_discount(value="30" if allowed else "20", approval_limit=limit and Decimal(limit))
    offer = make_offer(make_customer(org_unit=director.org_unit), discounts=[discount], status=OfferStatus.IN_APPROVAL, created_by=director)
    if allowed:
        approve_offer(offer_id=offer.pk, actor=director)
    else:
        with pytest.raises(ValidationError, match="somebody other"):
            approve_offer(offer_id=offer.pk, actor=director)
        approve_offer(offer_id=offer.pk, actor=make_director("second", director.org_unit))
    assert status_of(offer) == OfferStatus.APPROVED


def test_who_changes_a_draft_becomes_its_author(director: User) -> None:
    """Else an approver could write a high discount into somebody's draft and approve it alone."""
    author = make_manager("author", director.org_unit)
    offer = make_offer(make_customer(author), status=OfferStatus.DRAFT, created_by=author)
    high = make_discount(value="90", approval_limit=Decimal(10))
    save_offer(offer=offer, discounts=[high], actor=director, seen=version_of(offer))
    submit_offer(offer_id=offer.pk, actor=author)
    with pytest.raises(ValidationError, match="somebody other"):
        approve_offer(offer_id=offer.pk, actor=director)
    assert status_of(offer) == OfferStatus.IN_APPROVAL


def test_sent_back_to_its_author(director: User, customer: Customer) -> None:
    """An approver may return an offer instead."""
    offer = make_offer(customer, status=OfferStatus.IN_APPROVAL)
    return_offer(offer_id=offer.pk, actor=director)
    assert status_of(offer) == OfferStatus.DRAFT


@pytest.mark.parametrize("status", OfferStatus.values)
def test_only_the_drawn_steps(director: User, customer: Customer, status: str) -> None:
    """Each step works from its states only."""
    steps = {
        submit_offer: {"draft"},
        approve_offer: {"in_approval"},
        return_offer: {"in_approval"},
        withdraw_offer: {"draft", "in_approval", "approved"},
    }
    for step, states in steps.items():
        offer = make_offer(customer, status=status)
        if status in states:
            step(offer_id=offer.pk, actor=director)
            assert status_of(offer) != status
        else:
            with pytest.raises(ValidationError):
                step(offer_id=offer.pk, actor=director)
            assert status_of(offer) == status


def test_only_a_draft_is_changed(manager: User, customer: Customer) -> None:
    """What is in approval or approved stays as it was read there."""
    offer = make_offer(customer, effective_on=TODAY)
    seen = version_of(offer)
    offer.effective_on = datetime.date(2020, 1, 1)
    with pytest.raises(ValidationError):
        save_offer(offer=offer, discounts=[], actor=manager, seen=seen)
    assert Offer.objects.get().effective_on == TODAY


@pytest.mark.parametrize("reason", ["expired", "product", "tariff"])
def test_no_approval_of_what_cannot_be_used(director: User, customer: Customer, reason: str) -> None:
    """An expired offer, a retired product or a retired tariff is not approved."""
    product = make_product(retired_on=TODAY if reason == "product" else None)
    tariff = make_tariff(product, retired_on=TODAY if reason == "tariff" else None)
    offer = make_offer(customer, tariff, status=OfferStatus.IN_APPROVAL, expires_on=TODAY if reason == "expired" else None)
    with pytest.raises(ValidationError):
        approve_offer(offer_id=offer.pk, actor=director)
    assert status_of(offer) == OfferStatus.IN_APPROVAL


def test_suggested_codes_are_free(customer: Customer) -> None:
    """The next number that is not taken."""
    assert suggest_code(customer) == f"{customer.code}-01"
    make_offer(customer, code=f"{customer.code}-01")
    make_offer(customer, code="special")
    assert suggest_code(customer) == f"{customer.code}-02"
