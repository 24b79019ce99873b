"""Addresses of members and of provisioning in the API, below /api/v1/."""

from django.urls import path

from members.api.members import MembersOfCustomer, MemberViewSet
from members.api.rows import ErrorFileViewSet, RowViewSet
from members.api.views import ProvisioningJobViewSet as Jobs

_JOB = "provisioning-jobs/<int:pk>/"

urlpatterns = [
    path("members/", MemberViewSet.as_view({"get": "list"}), name="member_list"),
    path("members/<int:pk>/", MemberViewSet.as_view({"get": "retrieve", "put": "update", "patch": "partial_update"}), name="member"),
    path("members/<int:pk>/subscriptions/", MemberViewSet.as_view({"get": "subscriptions"}), name="member_subscriptions"),
    path("customers/<int:pk>/members/", MembersOfCustomer.as_view({"get": "list"}), name="customer_members"),
    path("provisioning-jobs/", Jobs.as_view({"get": "list", "post": "create"}), name="provisioning_job_list"),
    path(_JOB, Jobs.as_view({"get": "retrieve"}), name="provisioning_job_detail"),
    path(f"{_JOB}approve/", Jobs.as_view({"post": "approve"}), name="provisioning_job_approve"),
    path(f"{_JOB}recheck/", Jobs.as_view({"post": "recheck"}), name="provisioning_job_recheck"),
    path(f"{_JOB}cancel/", Jobs.as_view({"post": "cancel"}), name="provisioning_job_cancel"),
    path(f"{_JOB}pause/", Jobs.as_view({"post": "pause"}), name="provisioning_job_pause"),
    path(f"{_JOB}resume/", Jobs.as_view({"post": "resume"}), name="provisioning_job_resume"),
    path(f"{_JOB}undo/", Jobs.as_view({"post": "undo"}), name="provisioning_job_undo"),
    path(f"{_JOB}rows/", RowViewSet.as_view({"get": "list"}), name="provisioning_job_rows"),
    path(f"{_JOB}errors.csv", ErrorFileViewSet.as_view({"get": "csv"}), name="provisioning_job_errors_csv"),
    path(f"{_JOB}errors.xlsx", ErrorFileViewSet.as_view({"get": "xlsx"}), name="provisioning_job_errors_xlsx"),
]
