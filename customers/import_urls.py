"""Addresses of imports, below /imports/; part of the namespace of this app."""

from django.urls import path, re_path

from customers.views import import_files, import_writes, imports

urlpatterns = [
    path("new/<str:subject>/", imports.import_new, name="import_new"),
    path("template/<str:subject>/", import_files.import_template, name="import_template"),
    path("<int:pk>/", imports.import_detail, name="import_detail"),
    path("<int:pk>/source/", imports.import_source, name="import_source"),
    path("<int:pk>/columns/", imports.import_columns, name="import_columns"),
    path("<int:pk>/preview/", imports.import_preview, name="import_preview"),
    path("<int:pk>/run/", imports.import_run, name="import_run"),
    path("<int:pk>/approve/", import_writes.import_approve, name="import_approve"),
    path("<int:pk>/recheck/", import_writes.import_recheck, name="import_recheck"),
    path("<int:pk>/cancel/", import_writes.import_cancel, name="import_cancel"),
    path("<int:pk>/undo/", import_writes.import_undo, name="import_undo"),
    re_path(r"^(?P<pk>\d+)/errors\.xlsx$", import_files.import_errors, name="import_errors"),
]
