"""Addresses of the API, below /api/."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from common.api.search import SearchView

app_name = "api"

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("v1/search/", SearchView.as_view(), name="search"),
    path("v1/", include("access.api.urls")),
    path("v1/", include("jobs.api.urls")),
    path("v1/", include("workflow.api.urls")),
    path("v1/", include("customers.api.urls")),
    path("v1/", include("products.api.urls")),
    path("v1/", include("members.api.urls")),
]
