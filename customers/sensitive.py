"""Which values of customers and contact persons are masked, and how."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from access.reveals import SensitiveField, register_sensitive
from common.masking import mask_account, mask_email, mask_id_number, mask_number
from customers.models import ContactPerson, Customer
from customers.phones import readable_phone


def register_masked() -> None:
    """Called once, when Django is ready."""
    register_sensitive(
        ContactPerson,
        SensitiveField("phone", _("Phone"), lambda person: readable_phone(person.phone), mask_number),
        SensitiveField("email", _("E-mail"), lambda person: person.email, mask_email),
        SensitiveField("id_number", _("ID number"), lambda person: person.id_number, mask_id_number),
        kind="person",
        module="customers",
    )
    register_sensitive(
        Customer,
        SensitiveField("bank_account", _("Bank account"), lambda customer: customer.bank_account, mask_account),
        kind="customer",
        module="customers",
    )
