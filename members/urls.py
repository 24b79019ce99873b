"""Addresses of this app, below /members/."""

from django.urls import path

from members.views import members

app_name = "members"

urlpatterns = [
    path("", members.MemberListPage.as_view(), name="member_list"),
    path("segments/", members.SegmentListPage.as_view(), name="segment_list"),
    path("blacklist/", members.BlacklistPage.as_view(), name="blacklist"),
    path("<int:pk>/edit/", members.member_update, name="member_update"),
    path("numbers/<str:msisdn>/", members.number_detail, name="number_detail"),
    path("customers/<int:pk>/", members.customer_panel, name="customer_panel"),
    path("customers/<int:pk>/batches/", members.customer_batches, name="customer_batches"),
    path("customers/<int:pk>/subscriptions/", members.customer_subscriptions, name="customer_subscriptions"),
    path("customers/<int:pk>/facts/", members.customer_facts, name="customer_facts"),
]
