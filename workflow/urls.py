"""Addresses of this app."""

from django.urls import path

from workflow.views import arranging, notices, tasks, team

app_name = "workflow"

urlpatterns = [
    path("tasks/", tasks.TaskListPage.as_view(), name="task_list"),
    path("tasks/new/", tasks.task_create, name="task_create"),
    path("tasks/end/", tasks.tasks_end, name="tasks_end"),
    path("tasks/<int:pk>/", tasks.task_detail, name="task_detail"),
    path("tasks/<int:pk>/step/", tasks.task_step, name="task_step"),
    path("tasks/<int:pk>/hand/", tasks.task_hand, name="task_hand"),
    path("team/", team.TeamListPage.as_view(), name="team_list"),
    path("notices/", notices.notice_list, name="notice_list"),
    path("notices/last/", notices.last_notices, name="last_notices"),
    path("notices/counts/", notices.counts, name="counts"),
    path("notices/read/", notices.notices_read, name="notices_read"),
    path("notices/<int:pk>/open/", notices.notice_open, name="notice_open"),
    path("profile/notices/", notices.notice_settings, name="notice_settings"),
    path("cards/<slug:slot>/", arranging.arrange_cards, name="arrange_cards"),
]
