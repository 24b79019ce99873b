"""Pages of to-dos: the list, one to-do, and the steps that are taken in place."""

from __future__ import annotations

import datetime
from copy import copy
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from access.models import Action, User
from access.requests import signed_in
from common.htmx import asks_for, is_by_htmx
from common.keys import key_in
from common.lists import ListDefinition, ListPage, render_swap
from workflow.cards import tasks_card
from workflow.forms import HandForm, TaskForm
from workflow.models import Task, TaskState
from workflow.querysets import sees_others
from workflow.services import tasks as services
from workflow.subjects import subject_in, subjects_of
from workflow.tables import TaskList

CARD: Final = "tasks-card"
"""The element that the home page's card of to-dos stands in."""


class TaskListPage(ListPage):
    """The to-dos; without any choice of filters, one's own open ones."""

    list_class = TaskList
    template_name = "workflow/task_list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list, which begins with what one has to do."""
        if "again" in request.GET and is_by_htmx(request):
            return _list_as_open(request) or redirect(request.path)
        if not request.GET and not is_by_htmx(request):
            return redirect(f"{request.path}?whose=mine&state={TaskState.OPEN.value}")
        return super().get(request)

    def get_list(self, request: HttpRequest) -> ListDefinition:
        """The list, with its address also where a step is taken elsewhere."""
        return task_list(request)


def task_list(request: HttpRequest) -> TaskList:
    """The list bound to `request`; the tab of the team is there for who sees anything of others."""
    definition = TaskList(request, url=reverse("workflow:task_list"))
    if not sees_others(request.user):
        definition.views = [view for view in TaskList.views if view.parameters.get("whose") != "team"]  # type: ignore[misc]  # for this request
    return definition


@require_http_methods(["GET", "POST"])
def task_create(request: HttpRequest) -> HttpResponse:
    """A new to-do, about what `subject` of the address names."""
    user = signed_in(request)
    reference = request.GET.get("subject", "")
    subject = subject_in(reference, user) if reference else None
    form = TaskForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        try:
            services.create_task(actor=user, details=form.details(), subject=subject[:2] if subject else None)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The to-do is made."))
            return _done(request, subject[2].url if subject else reverse("workflow:task_list"))
    context = {"form": form, "subject": subject[2] if subject else None, "address": request.get_full_path()}
    return _in_dialog(request, "workflow/task_create.html", context, form)


@require_http_methods(["GET", "POST"])
def task_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A to-do: what it says, what it is about, and the form that changes it."""
    user = signed_in(request)
    task = Task.objects.select_related("assignee", "creator", "ended_by").get_visible(user, pk)
    may_change = Task.objects.visible_to(user, Action.CHANGE).filter(pk=pk).exists()
    form = TaskForm(request.POST if request.method == "POST" else None, user=user, task=task)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_task(task_id=pk, actor=user, details=form.details(), seen=form.cleaned_data["version"])
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The to-do is saved."))
            return redirect("workflow:task_list")
    context = {"task": task, "form": form, "may_change": may_change, "subject": subjects_of([task], user).get(task.pk)}
    return render(request, "workflow/task_detail.html", context, status=422 if form.errors else 200)


@require_POST
def task_step(request: HttpRequest, pk: int) -> HttpResponse:
    """One step with a to-do: `step` is done, dropped, reopen, or a day to put it off until (tomorrow, monday, or a date)."""
    user = signed_in(request)
    Task.objects.get_visible(user, pk, Action.CHANGE)
    step = request.POST.get("step", "")
    try:
        said = _take(step, pk, user, request.POST.get("until", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, said)
    return _after_step(request)


def _take(step: str, pk: int, user: User, until: str) -> str:
    if step in (TaskState.DONE, TaskState.DROPPED):
        services.end_tasks(task_ids=[pk], actor=user, state=TaskState(step))
        return _("The to-do is done.") if step == TaskState.DONE else _("The to-do is dropped.")
    if step == "reopen":
        services.reopen_task(task_id=pk, actor=user)
        return _("The to-do is open again.")
    day = _day_of(step, until)
    services.snooze_task(task_id=pk, actor=user, until=day)
    return _("The to-do is put off until %(day)s.") % {"day": day.isoformat()}


def _day_of(step: str, until: str) -> datetime.date:
    """The day that a step puts off until. Raises BadRequest for no such step, ValidationError for no such day."""
    today = timezone.localdate()
    match step:
        case "tomorrow":
            return today + datetime.timedelta(days=1)
        case "monday":
            return today + datetime.timedelta(days=7 - today.weekday())
        case "until":
            try:
                return datetime.date.fromisoformat(until)
            except ValueError as error:
                raise ValidationError(_("Choose a day.")) from error
    raise BadRequest


@require_http_methods(["GET", "POST"])
def task_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a to-do to somebody else."""
    user = signed_in(request)
    task = Task.objects.get_visible(user, pk, Action.CHANGE)
    form = HandForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            given = services.hand_task(task_id=pk, actor=user, assignee=form.cleaned_data["assignee"])
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The to-do is given to %(name)s.") % {"name": given.assignee.name})
            return _done(request, reverse("workflow:task_list"))
    return _in_dialog(request, "workflow/task_hand.html", {"form": form, "task": task, "address": request.get_full_path()}, form)


@require_POST
def tasks_end(request: HttpRequest) -> HttpResponse:
    """End the chosen to-dos at once."""
    keys = [key for text in request.POST.getlist("task") if (key := key_in(text)) is not None]
    state = TaskState.DROPPED if request.POST.get("step") == TaskState.DROPPED else TaskState.DONE
    try:
        count = services.end_tasks(task_ids=keys, actor=signed_in(request), state=state)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, ngettext("%(count)d to-do has ended.", "%(count)d to-dos have ended.", count) % {"count": count})
    return _after_step(request)


# --- answers ---------------------------------------------------------------------------------------------------------------------------


def _in_dialog(request: HttpRequest, template: str, context: dict[str, Any], form: Any) -> HttpResponse:
    """A form over whatever page is open, and without a script a page of its own."""
    in_dialog = is_by_htmx(request)
    if in_dialog:
        template += "#form" if request.method == "POST" else "#dialog"
    response = render(request, template, {**context, "in_dialog": in_dialog}, status=422 if form.errors else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _done(request: HttpRequest, url: str) -> HttpResponse:
    """The dialog closes, and what shows to-dos reads itself anew; without a script the page at `url` opens."""
    if not is_by_htmx(request):
        return redirect(_way_back(request, url))
    response = HttpResponse(status=204)
    return trigger_client_event(trigger_client_event(response, "dialog-done"), "tasks-changed")


def _after_step(request: HttpRequest) -> HttpResponse:
    """The list or the card that the step was taken in, as it now is; without a script the page that it was taken on."""
    if asks_for(request, CARD):
        response = render(request, "workflow/partials/_tasks_card.html", {"card": tasks_card(request)})
        return trigger_client_event(response, "counts-changed")
    if is_by_htmx(request):
        swapped = _list_as_open(request)
        if swapped is not None:
            return trigger_client_event(swapped, "counts-changed")
    return redirect(_way_back(request, reverse("workflow:task_list")))


def _list_as_open(request: HttpRequest) -> HttpResponse | None:
    """The changing part of the list as it is filtered on the page that asks; None where that is not what is asked for."""
    shown = copy(request)
    shown.method, shown.GET = "GET", QueryDict(urlsplit(request.headers.get("HX-Current-URL", "")).query)
    return render_swap(shown, task_list(shown))


def _way_back(request: HttpRequest, otherwise: str) -> str:
    asked = request.POST.get("next", "")
    return asked if url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()) else otherwise
