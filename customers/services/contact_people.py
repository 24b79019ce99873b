"""Enter, change and remove the people at a customer."""

from __future__ import annotations

import datetime
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

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
    reports_to: ContactPerson | None
    attitude: str
    influence: int | None
    is_key_person: bool
    do_not_contact: bool


@transaction.atomic
def add_contact_person(*, customer_id: int, actor: User, **details: Unpack[ContactDetails]) -> ContactPerson:
    """Enter a person at a customer. Raises Http404 when the customer is hidden from `actor` for changes, ValidationError at the fields."""
    customer = Customer.objects.get_visible(actor, customer_id, Action.CHANGE)
    person = ContactPerson(customer=customer, **details)
    _ensure_line(person)
    save_valid(person)
    return person


@transaction.atomic
def update_contact_person(*, person_id: int, actor: User, seen: str, **details: Unpack[ContactDetails]) -> ContactPerson:
    """Change a person; `seen` is the version that the form showed.

    Raises Http404 when the person is hidden from `actor`, ValidationError at the fields or with code `stale`. A line of reports that would
    lead back to the person is refused; two that are drawn at the same time wait for each other.
    """
    if "reports_to" in details:
        people = ContactPerson.objects.filter(pk=person_id)
        Customer.objects.select_for_update(no_key=True).filter(pk__in=people.values("customer")).order_by().first()
    person = ContactPerson.objects.select_for_update(of=("self",)).get_visible(actor, person_id, Action.CHANGE)
    ensure_version(person, seen)
    for name, value in details.items():
        setattr(person, name, value)
    if "reports_to" in details:
        _ensure_line(person)
    save_valid(person)
    ensure_still_reached(ContactPerson.objects.all(), actor, person.pk)
    return person


@transaction.atomic
def remove_contact_person(*, person_id: int, actor: User, seen: str | None = None) -> Customer:
    """Delete a person and return the customer; who reported to the person reports to the one above.

    `seen` is the version of the person that was looked at, if that matters. Raises Http404 when the person is hidden from `actor` for
    changes, ValidationError with code `stale`.
    """
    person = ContactPerson.objects.select_for_update(of=("self",)).select_related("customer").get_visible(actor, person_id, Action.CHANGE)
    if seen is not None:
        ensure_version(person, seen)
    ContactPerson.objects.filter(reports_to=person).update(reports_to=person.reports_to_id, updated_at=Now())
    person.delete()
    return person.customer


def _ensure_line(person: ContactPerson) -> None:
    """Raise ValidationError where the person whom this one reports to is at another customer, or reports to this one, however far up."""
    superior = person.reports_to
    if superior is None:
        return
    if superior.customer_id != person.customer_id:
        raise ValidationError({"reports_to": _("This person is not at the same customer.")})
    if person._state.adding:
        return
    lines = dict(ContactPerson.objects.filter(customer=person.customer_id).exclude(pk=person.pk).values_list("pk", "reports_to"))
    above: int | None = superior.pk
    seen: set[int] = set()
    while above is not None and above not in seen:
        if above == person.pk:
            raise ValidationError({"reports_to": _("%(name)s reports to this person already.") % {"name": superior.name}})
        seen.add(above)
        above = lines.get(above)
