"""Addresses of this app: number lists below /members/, batch provisioning below /batches/, and panels of the customer page."""

from django.urls import include, path

from access.history import history_view, restore_view
from members.views import members

app_name = "members"

members_urls = [
    path("", members.MemberListPage.as_view(), name="member_list"),
    path("segments/", members.SegmentListPage.as_view(), name="segment_list"),
    path("blacklist/", members.BlacklistPage.as_view(), name="blacklist"),
    path("<int:pk>/", members.number_detail, name="number_detail"),
    path("<int:pk>/batch/", members.member_batch, name="member_batch"),
    path("<int:pk>/edit/", members.member_update, name="member_update"),
    path("<int:pk>/history/", history_view("members.member"), name="member_history"),
    path("<int:pk>/restore/", restore_view("members.member"), name="member_restore"),
    path("numbers/<str:msisdn>/", members.number, name="number"),
]

customer_urls = [
    path("members/", members.customer_panel, name="customer_panel"),
    path("members/subscriptions/", members.customer_subscriptions, name="customer_subscriptions"),
    path("members/facts/", members.customer_facts, name="customer_facts"),
    path("batches/", members.customer_batches, name="customer_batches"),
]

urlpatterns = [
    path("customers/<int:pk>/", include(customer_urls)),
    path("members/", include(members_urls)),
    path("batches/", include("members.batch_urls")),
]
