"""Addresses of lists in the API, below /api/v1/."""

from django.urls import path

from access.api.views import SavedViewsView

urlpatterns = [path("lists/<slug:name>/views/", SavedViewsView.as_view(), name="list_views")]
