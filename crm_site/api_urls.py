"""Addresses of the API, below /api/."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

app_name = "api"

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("v1/", include("jobs.api.urls")),
    path("v1/", include("customers.api.urls")),
    path("v1/", include("members.api.urls")),
]
