"""Addresses of a person's own account. Sign-in itself is in `crm_site.urls`."""

from django.urls import path

from access import audit_views, cover_views, list_views, people_views, reveal_views, session_views, token_views, views

app_name = "access"
urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("profile/sessions/", session_views.session_list, name="sessions"),
    path("profile/sessions/end-others/", session_views.session_end_others, name="session_end_others"),
    path("profile/sessions/<int:pk>/end/", session_views.session_end, name="session_end"),
    path("profile/tokens/", token_views.api_tokens, name="api_tokens"),
    path("profile/tokens/revoke/", token_views.api_token_revoke, name="api_token_revoke"),
    path("profile/unsent/", session_views.unsent, name="unsent"),
    path("session/", session_views.session_state, name="session_state"),
    path("session/keep/", session_views.session_keep, name="session_keep"),
    path("profile/cover/", cover_views.cover, name="cover"),
    path("profile/cover/end/", cover_views.cover_end, name="cover_end"),
    path("people/", people_views.PeopleListPage.as_view(), name="people_list"),
    path("people/options/", cover_views.people_options, name="people_options"),
    path("audit/", audit_views.audit_events, name="audit_events"),
    path("audit/changes/", audit_views.audit_changes, name="audit_changes"),
    path("audit/changes/<str:kind>/", audit_views.audit_changes, name="audit_changes_of"),
    path("audit/changes/<str:kind>/<int:version>/", audit_views.audit_change, name="audit_change"),
    path("lists/layout/", list_views.list_layout, name="list_layout"),
    path("lists/views/", list_views.list_view_create, name="list_view_create"),
    path("lists/views/<int:pk>/", list_views.list_view_edit, name="list_view_edit"),
    path("lists/views/<int:pk>/keep/", list_views.list_view_keep, name="list_view_keep"),
    path("lists/views/<int:pk>/first/", list_views.list_view_first, name="list_view_first"),
    path("lists/views/<int:pk>/move/", list_views.list_view_move, name="list_view_move"),
    path("lists/views/<int:pk>/delete/", list_views.list_view_delete, name="list_view_delete"),
    path("language/", views.set_language, name="set_language"),
    path("reveal/", reveal_views.reveal, name="reveal"),
    path("theme/", views.set_theme, name="set_theme"),
]
