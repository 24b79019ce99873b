"""What of customers and contact people has a history page, and which old values may be put back there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from access.history import Subject, register_subject
from access.models import User
from customers.models import ContactPerson, Customer
from customers.services.contact_people import ContactDetails, update_contact_person
from customers.services.details import CustomerDetails, update_customer

CUSTOMER = "customers.customer"
CONTACT_PERSON = "customers.contactperson"


def register_histories() -> None:
    """Called once, when Django is ready. Ownership and lifecycle have services of their own, and are not put back here."""
    register_subject(
        Subject(
            model=Customer,
            page=lambda row: reverse("customers:customer_detail", args=[row.pk]),
            history_url="customers:customer_history",
            restore_url="customers:customer_restore",
            restorable=_kept(Customer, CustomerDetails),
            write=_write_customer,
        )
    )
    register_subject(
        Subject(
            model=ContactPerson,
            page=lambda row: reverse("customers:contact_person", args=[row.pk]),
            history_url="customers:contact_person_history",
            restore_url="customers:contact_person_restore",
            restorable=_kept(ContactPerson, ContactDetails),
            write=_write_person,
        )
    )


def _kept(model: Any, details: type[Any]) -> frozenset[str]:
    """The fields that a service takes and events keep: what is encrypted is in no event."""
    events = {field.name for field in model.pgh_event_model._meta.fields}
    return frozenset(details.__annotations__) & events


def _write_customer(row: Customer, values: Mapping[str, Any], actor: User, seen: str) -> None:
    update_customer(customer_id=row.pk, actor=actor, seen=seen, **values)


def _write_person(row: ContactPerson, values: Mapping[str, Any], actor: User, seen: str) -> None:
    update_contact_person(person_id=row.pk, actor=actor, seen=seen, **values)
