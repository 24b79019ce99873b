"""Addresses of batch provisioning, below /batches/; part of the namespace of this app."""

from django.urls import path, re_path

from members.views import batch_files, batch_writes, batches

urlpatterns = [
    path("", batches.BatchListPage.as_view(), name="batch_list"),
    path("new/", batches.batch_new, name="batch_new"),
    path("template/", batch_files.batch_template, name="batch_template"),
    path("<int:pk>/", batches.batch_detail, name="batch_detail"),
    path("<int:pk>/source/", batches.batch_source, name="batch_source"),
    path("<int:pk>/actions/", batches.batch_actions, name="batch_actions"),
    path("<int:pk>/preview/", batches.batch_preview, name="batch_preview"),
    path("<int:pk>/run/", batches.batch_run, name="batch_run"),
    path("<int:pk>/approve/", batch_writes.batch_approve, name="batch_approve"),
    path("<int:pk>/recheck/", batch_writes.batch_recheck, name="batch_recheck"),
    path("<int:pk>/good-rows/", batch_writes.batch_mode, name="batch_mode"),
    path("<int:pk>/cancel/", batch_writes.batch_cancel, name="batch_cancel"),
    path("<int:pk>/pause/", batch_writes.batch_pause, name="batch_pause"),
    path("<int:pk>/resume/", batch_writes.batch_resume, name="batch_resume"),
    path("<int:pk>/undo/", batch_writes.batch_undo, name="batch_undo"),
    re_path(r"^(?P<pk>\d+)/errors\.(?P<form>xlsx|csv)$", batch_files.batch_errors, name="batch_errors"),
]
