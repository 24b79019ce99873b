"""Customers, the people at them and their relations over HTTP, by the forms and services of their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.urls import reverse

from common.api.editing import EditableResource
from customers.api.serializers import ContactPersonSerializer, CustomerSerializer
from customers.forms import ContactPersonForm, CustomerForm, NewContactPersonForm, NewCustomerForm
from customers.models import ContactPerson, Customer
from customers.services.contact_people import add_contact_person, remove_contact_person, update_contact_person
from customers.services.details import create_customer, update_customer
from customers.tables import ContactPersonList, CustomerList


class CustomerViewSet(EditableResource):
    """Customers."""

    list_class = CustomerList
    serializer_class = CustomerSerializer
    resource = "customers"
    one, many = "customer", "customers"
    references: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("industry", "region", "tags", "org_unit"), "code"),
        "manager": "username",
    }

    def form(self, row: Any, data: Any) -> Any:
        """The form of the customer's page, or of a new one."""
        return NewCustomerForm(data, user=self.user) if row is None else CustomerForm(data, instance=row, user=self.user)

    def make(self, form: Any) -> Customer:
        """By the service of that page."""
        owners = {"manager": form.cleaned_data["manager"], "org_unit": form.cleaned_data["org_unit"]}
        return create_customer(actor=self.user, **owners, **form.details())

    def save(self, row: Any, form: Any, seen: str) -> None:
        """By the service of that page."""
        update_customer(customer_id=row.pk, actor=self.user, seen=seen, **form.details())

    def address(self, row: Any) -> str:
        """Of the customer."""
        return reverse("api:customer", args=[row.pk])


class ContactPersonViewSet(EditableResource):
    """The people at customers."""

    list_class = ContactPersonList
    serializer_class = ContactPersonSerializer
    resource = "contact_people"
    one, many = "contact person", "contact persons"

    def form(self, row: Any, data: Any) -> Any:
        """The form of the person's page; a new one names its customer."""
        return NewContactPersonForm(data, user=self.user) if row is None else ContactPersonForm(data, instance=row)

    def make(self, form: Any) -> ContactPerson:
        """By the service of that page."""
        return add_contact_person(customer_id=form.cleaned_data["customer"].pk, actor=self.user, **form.details())

    def save(self, row: Any, form: Any, seen: str) -> None:
        """By the service of that page."""
        update_contact_person(person_id=row.pk, actor=self.user, seen=seen, **form.details())

    def remove(self, row: Any, seen: str) -> None:
        """By the service of that page."""
        remove_contact_person(person_id=row.pk, actor=self.user, seen=seen)

    def address(self, row: Any) -> str:
        """Of the person."""
        return reverse("api:contact_person", args=[row.pk])


class PeopleOfCustomer(ContactPersonViewSet):
    """The people at the customer in the address."""

    resource = "customers_people"

    def scope(self) -> Mapping[str, Any]:
        """The customer. Raises Http404 when it is hidden."""
        return {"customer": Customer.objects.get_visible(self.user, self.kwargs["pk"])}
