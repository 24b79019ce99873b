"""Bank accounts and ID numbers of the demo's best known customers. Encrypting a million of them would be all that loading does."""

from __future__ import annotations

from typing import Final

from common.encrypted_fields import hashes_of
from customers.models import CertificateType, ContactPerson, Customer
from customers.papers import check_character

_BANK: Final = "云江银行营业部"
_AREA: Final = "440305"


def enter_papers(first_key: int, count: int) -> None:
    """Give the first `count` customers an account each, and their key persons an identity card. Four statements."""
    customers = list(Customer.objects.filter(pk__gte=first_key, pk__lt=first_key + count))
    for customer in customers:
        customer.bank_name, customer.bank_account = _BANK, f"622202{customer.pk % 10**13:013}"
        customer.bank_account_hash = hashes_of(Customer, "bank_account", customer.bank_account)[0]
    Customer.objects.bulk_update(customers, ["bank_name", "bank_account", "bank_account_hash"])
    people = list(ContactPerson.objects.filter(customer__in=customers, is_key_person=True))
    for person in people:
        body = f"{_AREA}{1965 + person.pk % 30}0{1 + person.pk % 9}1{person.pk % 9}{person.pk % 1000:03}"
        person.id_type, person.id_number = CertificateType.ID_CARD, body + check_character(body)
        person.id_number_hash = hashes_of(ContactPerson, "id_number", person.id_number)[0]
    ContactPerson.objects.bulk_update(people, ["id_type", "id_number", "id_number_hash"])
