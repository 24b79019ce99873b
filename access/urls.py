"""Addresses of a person's own account. Sign-in itself is in `crm_site.urls`."""

from django.urls import path

from access import views

app_name = "access"
urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("language/", views.set_language, name="set_language"),
    path("theme/", views.set_theme, name="set_theme"),
]
