"""Addresses of customers in the API, below /api/v1/."""

from typing import Any, Final

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from customers.api.actions import CustomerActions as Actions
from customers.api.dictionaries import ENTRIES, DictionaryView
from customers.api.relations import RelationsOfCustomer, RelationViewSet
from customers.api.views import ContactPersonViewSet as People
from customers.api.views import CustomerViewSet as Customers
from customers.api.views import PeopleOfCustomer


class DictionaryName(StringConverter):
    """The name of a dictionary."""

    regex = "|".join(ENTRIES)


register_converter(DictionaryName, "dictionary")

_ALL: Final[dict[str, Any]] = {"get": "list", "post": "create"}
_CHANGE: Final[dict[str, Any]] = {"get": "retrieve", "put": "update", "patch": "partial_update"}
_ONE = "customers/<int:pk>/"

urlpatterns = [
    path("customers/", Customers.as_view(_ALL), name="customer_list"),
    path(_ONE, Customers.as_view(_CHANGE), name="customer"),
    path(f"{_ONE}assignment/", Actions.as_view({"get": "ownership", "post": "assign"}), name="customer_assignment"),
    path(f"{_ONE}lifecycle/", Actions.as_view({"get": "lifecycle", "post": "move"}), name="customer_lifecycle"),
    path(f"{_ONE}score/", Actions.as_view({"get": "score", "post": "score_now"}), name="customer_score"),
    path(f"{_ONE}level/", Actions.as_view({"post": "set_level"}), name="customer_level"),
    path(f"{_ONE}level/end/", Actions.as_view({"post": "end_set_level"}), name="customer_level_end"),
    path(f"{_ONE}contact-people/", PeopleOfCustomer.as_view({"get": "list"}), name="customer_people"),
    path(f"{_ONE}relations/", RelationsOfCustomer.as_view(_ALL), name="customer_relations"),
    path("customer-relations/", RelationViewSet.as_view({"get": "list"}), name="customer_relation_list"),
    path("customer-relations/<int:pk>/", RelationViewSet.as_view({**_CHANGE, "delete": "destroy"}), name="customer_relation"),
    path("contact-people/", People.as_view(_ALL), name="contact_person_list"),
    path("contact-people/<int:pk>/", People.as_view({**_CHANGE, "delete": "destroy"}), name="contact_person"),
    path("dictionaries/<dictionary:dictionary>/", DictionaryView.as_view(), name="dictionary"),
]
