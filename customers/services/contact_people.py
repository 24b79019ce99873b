"""Enter, change and remove the people at a customer."""

from __future__ import annotations

import datetime
from typing import TypedDict, Unpack

from django.db import transaction

from access.models import Action, User
from access.policy import ensure_still_reached
from common.saving import save_valid
from common.versions import ensure_version
from customers.models import ContactPerson, Customer


class ContactDetails(TypedDict, total=False):
    """What may be written of a contact person."""

    name: str
    title: str
    role: str
    phone: str
    email: str
    id_type: str
    id_number: str
    birthday: datetime.date | None
    preferences: str
    is_key_person: bool
    do_not_contact: bool


@transaction.atomic
def add_contact_person(*, customer_id: int, actor: User, **details: Unpack[ContactDetails]) -> ContactPerson:
    """Enter a person at a customer. Raises Http404 when the customer is hidden from `actor` for changes, ValidationError at the fields."""
    customer = Customer.objects.get_visible(actor, customer_id, Action.CHANGE)
    person = ContactPerson(customer=customer, **details)
    save_valid(person)
    return person


@transaction.atomic
def update_contact_person(*, person_id: int, actor: User, seen: str, **details: Unpack[ContactDetails]) -> ContactPerson:
    """Change a person; `seen` is the version that the form showed.

    Raises Http404 when the person is hidden from `actor`, ValidationError at the fields or with code `stale`.
    """
    person = ContactPerson.objects.select_for_update(of=("self",)).get_visible(actor, person_id, Action.CHANGE)
    ensure_version(person, seen)
    for name, value in details.items():
        setattr(person, name, value)
    save_valid(person)
    ensure_still_reached(ContactPerson.objects.all(), actor, person.pk)
    return person


@transaction.atomic
def remove_contact_person(*, person_id: int, actor: User) -> Customer:
    """Delete a person and return the customer. Raises Http404 when the person is hidden from `actor` for changes."""
    person = ContactPerson.objects.select_for_update(of=("self",)).select_related("customer").get_visible(actor, person_id, Action.CHANGE)
    person.delete()
    return person.customer
