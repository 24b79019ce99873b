"""Addresses of the customers app."""

from django.urls import include, path

from access.history import history_view, restore_view
from customers.histories import CONTACT_PERSON, CUSTOMER
from customers.views import alike, chart, customer, editing, hierarchy, lists, people, reach, relations, sharing, timeline, value

app_name = "customers"

urlpatterns = [
    path("customers/", lists.CustomerListPage.as_view(), name="customer_list"),
    path("customers/options/", lists.customer_options, name="customer_options"),
    path("customers/alike/", alike.customer_alike, name="customer_alike"),
    path("customers/new/", editing.customer_create, name="customer_create"),
    path("customers/<int:pk>/", customer.customer_detail, name="customer_detail"),
    path("customers/<int:pk>/timeline/", timeline.customer_timeline, name="customer_timeline"),
    path("customers/<int:pk>/hierarchy/", hierarchy.customer_hierarchy, name="customer_hierarchy"),
    path("customers/<int:pk>/hierarchy/branch/", hierarchy.customer_branch, name="customer_branch"),
    path("customers/<int:pk>/history/", customer.customer_history, name="customer_history"),
    path("customers/<int:pk>/sharing/", sharing.customer_sharing, name="customer_sharing"),
    path("customers/<int:pk>/share/", sharing.customer_share, name="customer_share"),
    path("customers/<int:pk>/sharing/end/", sharing.customer_sharing_end, name="customer_sharing_end"),
    path("customers/<int:pk>/restore/", restore_view(CUSTOMER), name="customer_restore"),
    path("customers/<int:pk>/people/", people.customer_people, name="customer_people"),
    path("customers/<int:pk>/people/chart/", chart.people_chart, name="people_chart"),
    path("contact-people/<int:pk>/place/", chart.contact_person_place, name="contact_person_place"),
    path("customers/<int:pk>/people/new/", people.contact_person_create, name="contact_person_create"),
    path("customers/<int:pk>/people/alike/", alike.contact_person_alike, name="contact_person_alike"),
    path("customers/<int:pk>/value/", value.customer_value, name="customer_value"),
    path("customers/<int:pk>/value/score/", value.customer_score, name="customer_score"),
    path("customers/<int:pk>/value/level/", value.customer_level, name="customer_level"),
    path("customers/<int:pk>/value/level/end/", value.customer_level_end, name="customer_level_end"),
    path("customers/<int:pk>/edit/", editing.customer_edit, name="customer_edit"),
    path("customers/<int:pk>/assign/", editing.customer_assign, name="customer_assign"),
    path("customers/<int:pk>/lifecycle/", editing.customer_lifecycle, name="customer_lifecycle"),
    path("customers/<int:pk>/lifecycle/proposal/", editing.customer_proposal, name="customer_proposal"),
    path("customers/<int:pk>/relations/", relations.customer_relations, name="customer_relations"),
    path("customers/<int:pk>/relations/new/", relations.relation_create, name="relation_create"),
    path("customer-relations/<int:pk>/edit/", relations.relation_edit, name="relation_edit"),
    path("customer-relations/<int:pk>/remove/", relations.relation_remove, name="relation_remove"),
    path("contact-people/", lists.ContactPersonListPage.as_view(), name="contact_person_list"),
    path("contact-people/<int:pk>/", people.contact_person, name="contact_person"),
    path("contact-people/<int:pk>/history/", history_view(CONTACT_PERSON), name="contact_person_history"),
    path("contact-people/<int:pk>/restore/", restore_view(CONTACT_PERSON), name="contact_person_restore"),
    path("contact-people/<int:pk>/edit/", people.contact_person_edit, name="contact_person_edit"),
    path("contact-people/<int:pk>/delete/", people.contact_person_delete, name="contact_person_delete"),
    path("imports/", include("customers.import_urls")),
    path("people/<int:pk>/reach/", reach.reach_of_user, name="reach_of_user"),
]
