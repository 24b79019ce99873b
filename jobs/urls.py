"""Addresses of this app, below /jobs/."""

from django.urls import path

from common.lists.cell_editing import list_cell
from jobs import bulk_views, export_views, pages, views

app_name = "jobs"

urlpatterns = [
    path("", views.JobListPage.as_view(), name="job_list"),
    path("chip/", views.progress_chip, name="progress_chip"),
    path("<int:pk>/", views.job_detail, name="job_detail"),
    path("<int:pk>/page/", pages.job_page, name="job_page"),
    path("files/<int:pk>/", pages.job_file, name="job_file"),
    path("lists/<str:name>/cells/<int:pk>/<str:column>/", list_cell, name="list_cell"),
    path("lists/<str:name>/change/<str:operation>/", bulk_views.list_change, name="list_change"),
    path("lists/<str:name>/export/", export_views.list_export, name="list_export"),
]
