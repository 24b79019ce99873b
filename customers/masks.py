"""Masked copies of personal data for templates, which cannot mask by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from common.masking import mask_number
from customers.models import ContactPerson


@dataclass(frozen=True, slots=True)
class MaskedPerson:
    """A contact person with a masked phone number."""

    person: ContactPerson
    phone: str


def with_masked_phones(people: Iterable[ContactPerson]) -> list[MaskedPerson]:
    """The people with their numbers masked."""
    return [MaskedPerson(person, mask_number(person.phone)) for person in people]
