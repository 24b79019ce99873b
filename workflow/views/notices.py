"""The bell, the page of notices, and how a person wants to be told."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from access.requests import signed_in
from common.htmx import is_by_htmx
from workflow.forms import NoticeSettingsForm
from workflow.models import Notice, NoticeSettings, Task
from workflow.services.notices import mark_read, save_settings
from workflow.wording import ShownNotice, shown_notice

SHOWN: Final = 10
PAGE: Final = 50
MOST_COUNTED: Final = 99


@never_cache
@require_GET
def counts(request: HttpRequest) -> HttpResponse:
    """The figures beside the bell and the to-dos: what is unread, and what is open."""
    user = signed_in(request)
    unread = Notice.objects.visible_to(user).unread()[: MOST_COUNTED + 1].count()
    open_tasks = Task.objects.filter(assignee=user).is_open()[: MOST_COUNTED + 1].count()
    late = Task.objects.filter(assignee=user).late()[:1].count()
    context = {"unread": unread, "open_tasks": open_tasks, "late": late, "most": MOST_COUNTED}
    return render(request, "workflow/partials/_counts.html", context)


@never_cache
@require_GET
def last_notices(request: HttpRequest) -> HttpResponse:
    """The drop-down of the bell: the last notices."""
    return _drop_down(request)


@require_GET
def notice_list(request: HttpRequest) -> HttpResponse:
    """All notices, the last first, or those not read yet."""
    only_unread = request.GET.get("unread") == "yes"
    rows = Notice.objects.visible_to(request.user)
    page = Paginator(rows.unread() if only_unread else rows, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "notices": _shown(page.object_list), "only_unread": only_unread}
    return render(request, "workflow/notice_list.html", context)


@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark all notices as read."""
    mark_read(user=signed_in(request))
    if is_by_htmx(request):
        return trigger_client_event(_drop_down(request), "counts-changed")
    return redirect("workflow:notice_list")


def _drop_down(request: HttpRequest) -> HttpResponse:
    return render(request, "workflow/partials/_last_notices.html", {"notices": _shown(Notice.objects.visible_to(request.user)[:SHOWN])})


@require_POST
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice as read and go where it leads. Raises Http404 for somebody else's."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    mark_read(user=signed_in(request), notice_ids=[pk])
    return redirect(shown_notice(notice).url or "workflow:notice_list")


@require_http_methods(["GET", "POST"])
def notice_settings(request: HttpRequest) -> HttpResponse:
    """What the user is told in the product and by e-mail, and when."""
    user = signed_in(request)
    wishes = NoticeSettings.objects.filter(user=user).first() or NoticeSettings(user=user)
    form = NoticeSettingsForm(request.POST if request.method == "POST" else None, wishes=wishes)
    if form.is_valid():
        given: dict[str, Any] = {name: form.cleaned_data[name] for name in ("rhythm", "hour", "weekday")}
        try:
            save_settings(user=user, shown=form.chosen("shown"), mailed=form.chosen("mailed"), **given)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Your settings are saved."))
            return redirect("workflow:notice_settings")
    return render(request, "workflow/notice_settings.html", {"form": form}, status=422 if form.errors else 200)


def _shown(notices: Any) -> list[ShownNotice]:
    return [shown for shown in map(shown_notice, notices) if shown.text]
