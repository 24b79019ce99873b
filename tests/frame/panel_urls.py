"""The product's addresses and one more for a panel."""

from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [path("panel/<int:pk>/", lambda request, pk: HttpResponse(), name="panel"), path("", include("crm_site.urls"))]
