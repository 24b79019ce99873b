"""Addresses of lists, of leave cover and of people in the API, below /api/v1/."""

from django.urls import path

from access.api.cover import CoverEndView, CoverView
from access.api.people import PeopleViewSet
from access.api.views import SavedViewsView, SavedViewView, ViewArrangementView

urlpatterns = [
    path("lists/<slug:name>/views/", SavedViewsView.as_view(), name="list_views"),
    path("lists/<slug:name>/views/arrangement/", ViewArrangementView.as_view(), name="list_views_arrangement"),
    path("list-views/<int:pk>/", SavedViewView.as_view(), name="list_view"),
    path("cover/", CoverView.as_view(), name="cover"),
    path("cover/<int:pk>/end/", CoverEndView.as_view(), name="cover_end"),
    path("people/", PeopleViewSet.as_view({"get": "list"}), name="person_list"),
    path("people/<int:pk>/", PeopleViewSet.as_view({"get": "retrieve"}), name="person"),
]
