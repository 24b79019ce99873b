"""Addresses of jobs in the API, below /api/v1/."""

from django.urls import path

from jobs.api.lists import ListsView
from jobs.api.views import JobFileView, JobViewSet, ListChangeView, ListExportView

urlpatterns = [
    path("jobs/", JobViewSet.as_view({"get": "list"}), name="job_list"),
    path("jobs/<int:pk>/", JobViewSet.as_view({"get": "retrieve"}), name="job"),
    path("jobs/<int:pk>/cancel/", JobViewSet.as_view({"post": "cancel"}), name="job_cancel"),
    path("jobs/<int:pk>/undo/", JobViewSet.as_view({"post": "undo"}), name="job_undo"),
    path("job-files/<int:pk>/", JobFileView.as_view(), name="job_file"),
    path("lists/", ListsView.as_view(), name="lists"),
    path("lists/<slug:name>/changes/<slug:operation>/", ListChangeView.as_view(), name="list_change"),
    path("lists/<slug:name>/exports/", ListExportView.as_view(), name="list_export"),
]
