"""Addresses of this app, below /jobs/."""

from django.urls import path

from jobs import views

app_name = "jobs"

urlpatterns = [
    path("", views.JobListPage.as_view(), name="job_list"),
    path("chip/", views.progress_chip, name="progress_chip"),
    path("<int:pk>/", views.job_detail, name="job_detail"),
]
