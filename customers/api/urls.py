"""Addresses of customers in the API, below /api/v1/."""

from typing import Any, Final

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from customers.api.actions import CustomerActions as Actions
from customers.api.dictionaries import ENTRIES, DictionaryView
from customers.api.duplicates import DuplicateViewSet
from customers.api.hand_overs import HandOverItemViewSet, HandOverViewSet, ItemsOfHandOver
from customers.api.history import ContactPersonHistory, CustomerHistory
from customers.api.imports import ImportErrorsViewSet, ImportRowsViewSet
from customers.api.imports import ImportViewSet as Imports
from customers.api.merges import MergeDetailView, MergeHistoryView, MergeUndoView, MergeView
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
_KEPT: Final[dict[str, Any]] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
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
    path(f"{_ONE}history/", CustomerHistory.as_view({"get": "history"}), name="customer_history"),
    path(f"{_ONE}history/restore/", CustomerHistory.as_view({"post": "put_back"}), name="customer_restore"),
    path("contact-people/<int:pk>/history/", ContactPersonHistory.as_view({"get": "history"}), name="contact_person_history"),
    path("contact-people/<int:pk>/history/restore/", ContactPersonHistory.as_view({"post": "put_back"}), name="contact_person_restore"),
    path("duplicates/", DuplicateViewSet.as_view({"get": "list"}), name="duplicate_list"),
    path("duplicates/<int:pk>/", DuplicateViewSet.as_view({"get": "retrieve"}), name="duplicate"),
    path("duplicates/<int:pk>/decision/", DuplicateViewSet.as_view({"post": "decide"}), name="duplicate_decision"),
    path(f"{_ONE}merge/", MergeView.as_view(), name="customer_merge"),
    path("customer-merges/<int:pk>/", MergeDetailView.as_view(), name="merge"),
    path("customer-merges/<int:pk>/history/", MergeHistoryView.as_view(), name="merge_history"),
    path("customer-merges/<int:pk>/undo/", MergeUndoView.as_view(), name="merge_undo"),
    path("hand-overs/", HandOverViewSet.as_view(_ALL), name="hand_over_list"),
    path("hand-overs/<int:pk>/", HandOverViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="hand_over"),
    path("hand-overs/<int:pk>/steps/", HandOverViewSet.as_view({"post": "step"}), name="hand_over_step"),
    path("hand-overs/<int:pk>/items/", ItemsOfHandOver.as_view({"get": "list", "post": "add"}), name="hand_over_items"),
    path("hand-over-items/<int:pk>/", HandOverItemViewSet.as_view(_KEPT), name="hand_over_item"),
    path("hand-over-items/<int:pk>/decision/", HandOverItemViewSet.as_view({"post": "decide"}), name="hand_over_item_decision"),
    path("dictionaries/<dictionary:dictionary>/", DictionaryView.as_view(), name="dictionary"),
]
