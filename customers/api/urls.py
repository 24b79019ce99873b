"""Addresses of customers in the API, below /api/v1/."""

from typing import Any, Final

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from customers.api.actions import CustomerActions as Actions
from customers.api.dictionaries import ENTRIES, DictionaryView
from customers.api.imports import ImportErrorsViewSet, ImportRowsViewSet
from customers.api.imports import ImportViewSet as Imports
from customers.api.reading import FileView, HierarchyView, TimelineView
from customers.api.relations import RelationsOfCustomer, RelationViewSet
from customers.api.sharing import SharingViewSet as Sharing
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
_IMPORT = "imports/<int:pk>/"

urlpatterns = [
    path("customers/", Customers.as_view(_ALL), name="customer_list"),
    path(_ONE, Customers.as_view(_CHANGE), name="customer"),
    path(f"{_ONE}assignment/", Actions.as_view({"get": "ownership", "post": "assign"}), name="customer_assignment"),
    path(f"{_ONE}lifecycle/", Actions.as_view({"get": "lifecycle", "post": "move"}), name="customer_lifecycle"),
    path(f"{_ONE}score/", Actions.as_view({"get": "score", "post": "score_now"}), name="customer_score"),
    path(f"{_ONE}level/", Actions.as_view({"post": "set_level"}), name="customer_level"),
    path(f"{_ONE}level/end/", Actions.as_view({"post": "end_set_level"}), name="customer_level_end"),
    path(f"{_ONE}sharing/", Sharing.as_view({"get": "shown", "post": "share"}), name="customer_sharing"),
    path(f"{_ONE}sharing/end/", Sharing.as_view({"post": "end"}), name="customer_sharing_end"),
    path(f"{_ONE}contact-people/", PeopleOfCustomer.as_view({"get": "list"}), name="customer_people"),
    path(f"{_ONE}relations/", RelationsOfCustomer.as_view(_ALL), name="customer_relations"),
    path(f"{_ONE}timeline/", TimelineView.as_view(), name="customer_timeline"),
    path(f"{_ONE}hierarchy/", HierarchyView.as_view(), name="customer_hierarchy"),
    path(f"{_ONE}file.pdf", FileView.as_view(), name="customer_file"),
    path("customer-relations/", RelationViewSet.as_view({"get": "list"}), name="customer_relation_list"),
    path("customer-relations/<int:pk>/", RelationViewSet.as_view({**_CHANGE, "delete": "destroy"}), name="customer_relation"),
    path("contact-people/", People.as_view(_ALL), name="contact_person_list"),
    path("contact-people/<int:pk>/", People.as_view({**_CHANGE, "delete": "destroy"}), name="contact_person"),
    path("imports/", Imports.as_view(_ALL), name="import_list"),
    path(_IMPORT, Imports.as_view({"get": "retrieve"}), name="import_detail"),
    path(f"{_IMPORT}rows/", ImportRowsViewSet.as_view({"get": "list"}), name="import_rows"),
    path(f"{_IMPORT}errors.xlsx", ImportErrorsViewSet.as_view({"get": "xlsx"}), name="import_errors"),
    path(f"{_IMPORT}columns/", Imports.as_view({"post": "columns"}), name="import_columns"),
    path(f"{_IMPORT}approve/", Imports.as_view({"post": "approve"}), name="import_approve"),
    path(f"{_IMPORT}recheck/", Imports.as_view({"post": "recheck"}), name="import_recheck"),
    path(f"{_IMPORT}cancel/", Imports.as_view({"post": "cancel"}), name="import_cancel"),
    path(f"{_IMPORT}undo/", Imports.as_view({"post": "undo"}), name="import_undo"),
    path("dictionaries/<dictionary:dictionary>/", DictionaryView.as_view(), name="dictionary"),
]
