"""Which cells of the lists of customers and contact persons are edited where they stand, by the forms and services of their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from common.lists.cell_editing import CellEditor
from customers.forms import ContactPersonForm, CustomerForm
from customers.services.contact_people import update_contact_person
from customers.services.details import update_customer


class CustomerCells(CellEditor):
    """Of customers."""

    fields: ClassVar[Mapping[str, str]] = {name: name for name in ("level", "short_name", "scale", "source", "remark")}

    def form(self, row: Any, data: Any = None) -> CustomerForm:
        """The form of the customer's page."""
        return CustomerForm(data, instance=row, user=self.user)

    def save(self, row: Any, given: Mapping[str, Any], seen: str) -> None:
        """By the service of that page."""
        update_customer(customer_id=row.pk, actor=self.user, seen=seen, **given)


class ContactPersonCells(CellEditor):
    """Of contact persons."""

    fields: ClassVar[Mapping[str, str]] = {name: name for name in ("title", "role", "phone", "email")}

    def form(self, row: Any, data: Any = None) -> ContactPersonForm:
        """The form of the person's page; masked values stay unless they are typed anew."""
        return ContactPersonForm(data, instance=row)

    def save(self, row: Any, given: Mapping[str, Any], seen: str) -> None:
        """By the service of that page."""
        update_contact_person(person_id=row.pk, actor=self.user, seen=seen, **given)
