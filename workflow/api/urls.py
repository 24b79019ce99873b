"""Addresses of to-dos, notices and cards in the API, below /api/v1/."""

from django.urls import path

from workflow.api.cards import CardsView
from workflow.api.notices import NoticesReadView, NoticesView, UnreadView
from workflow.api.tasks import TaskActions as Actions
from workflow.api.tasks import TasksEndView
from workflow.api.tasks import TaskViewSet as Tasks

urlpatterns = [
    path("tasks/", Tasks.as_view({"get": "list", "post": "create"}), name="task_list"),
    path("tasks/<int:pk>/", Tasks.as_view({"get": "retrieve", "put": "update", "patch": "partial_update"}), name="task"),
    path("tasks/<int:pk>/steps/", Actions.as_view({"post": "step"}), name="task_step"),
    path("tasks/<int:pk>/hand/", Actions.as_view({"post": "hand"}), name="task_hand"),
    path("tasks/end/", TasksEndView.as_view(), name="tasks_end"),
    path("notices/", NoticesView.as_view(), name="notice_list"),
    path("notices/unread/", UnreadView.as_view(), name="notices_unread"),
    path("notices/read/", NoticesReadView.as_view(), name="notices_read"),
    path("cards/<slug:slot>/", CardsView.as_view(), name="cards"),
]
