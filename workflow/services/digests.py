"""E-mails with what happened: entered once for each person and slot, then sent one by one. One address never holds up the others."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.models import User
from workflow import bulk
from workflow.models import Digest, DigestState, Notice, Task
from workflow.querysets import NoticeQuerySet, TaskQuerySet
from workflow.wording import ShownNotice, shown_notice

logger = logging.getLogger(__name__)

MOST_TRIES: Final = 3
MOST_LINES: Final = 100


@dataclass(slots=True)
class DigestRun:
    """What a run did: how many e-mails were sent, had nothing to say, or were refused."""

    sent: int = 0
    empty: int = 0
    refused: int = 0


def send_digests(now: datetime.datetime | None = None) -> DigestRun:
    """Enter the e-mails of everybody whose hour has come, and send those that are due.

    A person is mailed once for a slot, however many schedulers and workers there are: the slot is unique, and whoever sends holds its row.
    Where the mail server refuses an address the others go on, and the e-mail is tried again by the next runs.
    """
    local = timezone.localtime(now or timezone.now())
    bulk.claim_digests(local.date(), local.hour, now or timezone.now())
    run = DigestRun()
    due = list(Digest.objects.filter(state=DigestState.DUE).order_by("id").values_list("pk", flat=True))
    with get_connection() as connection:
        for key in due:
            _send_one(key, connection, run)
    return run


def _send_one(key: int, connection: BaseEmailBackend, run: DigestRun) -> None:
    with transaction.atomic():
        digest = Digest.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user").filter(pk=key).first()
        if digest is None or digest.state != DigestState.DUE:
            return
        notices, tasks = _told(digest)
        if not (notices or tasks) or not digest.user.is_active or not digest.user.email or _is_overtaken(digest):
            digest.state = DigestState.EMPTY
            run.empty += 1
        elif _is_taken(digest, notices, tasks, connection):
            digest.state, digest.sent_at = DigestState.SENT, timezone.now()
            _unmailed(digest).filter(pk__lte=notices[0].pk if notices else 0).update(digest=digest)
            run.sent += 1
        else:
            run.refused += 1
        digest.save()


def _unmailed(digest: Digest) -> NoticeQuerySet:
    return Notice.objects.filter(recipient=digest.user, by_mail=True, digest=None)


def _due(digest: Digest) -> TaskQuerySet:
    return Task.objects.filter(assignee=digest.user, due_on__lte=digest.slot).is_open()


def _told(digest: Digest) -> tuple[list[Notice], list[Task]]:
    """What the e-mail lists; what is beyond its lines it counts."""
    return list(_unmailed(digest).order_by("-id")[:MOST_LINES]), list(_due(digest).order_by("due_on", "id")[:MOST_LINES])


def _is_overtaken(digest: Digest) -> bool:
    """Whether the mail server was away so long that the same person's next e-mail is due as well: that one tells it all."""
    return Digest.objects.filter(user=digest.user, slot__gt=digest.slot, state=DigestState.DUE).exists()


def _is_taken(digest: Digest, notices: list[Notice], tasks: list[Task], connection: BaseEmailBackend) -> bool:
    """Send the e-mail; False where it is refused, with the reason kept."""
    try:
        message_of(digest, notices, tasks, connection).send()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one address or text, the others are mailed
        connection.close()  # the next e-mail opens a new one, should the server have hung up
        digest.tries += 1
        digest.error = f"{type(error).__name__}: {error}"[:200]
        if digest.tries >= MOST_TRIES:
            digest.state = DigestState.FAILED
        logger.warning("the e-mail %s to user %s was refused: %s", digest.pk, digest.user_id, type(error).__name__)
        return False
    return True


def message_of(
    digest: Digest, notices: list[Notice], tasks: list[Task], connection: BaseEmailBackend | None = None
) -> EmailMultiAlternatives:
    """The e-mail, in the reader's language, as text and as HTML."""
    with translation.override(language_of(digest.user)):
        shown: list[ShownNotice] = [shown_notice(notice) for notice in notices]
        context = {
            "name": digest.user.name,
            "notices": [notice for notice in shown if notice.text],
            "tasks": tasks,
            "more_notices": _unmailed(digest).count() - len(notices) if len(notices) == MOST_LINES else 0,
            "more_tasks": _due(digest).count() - len(tasks) if len(tasks) == MOST_LINES else 0,
            "site": settings.SITE_ADDRESS,
            "settings_url": reverse("workflow:notice_settings"),
            "task_list_url": reverse("workflow:task_list"),
            "notice_list_url": reverse("workflow:notice_list"),
        }
        subject = _("Your to-dos and notices of %(day)s") % {"day": digest.slot.isoformat()}
        message = EmailMultiAlternatives(subject, plain_text(context), None, [digest.user.email], connection=connection)
        message.attach_alternative(render_to_string("workflow/digest.html", {**context, "subject": subject}), "text/html")
    message.extra_headers["List-Unsubscribe"] = f"<{settings.SITE_ADDRESS}{context['settings_url']}>"
    return message


def plain_text(context: Mapping[str, Any]) -> str:
    """The e-mail for readers without HTML."""
    site = context["site"]
    lines = [_("Hello %(name)s,") % {"name": context["name"]}, ""]
    if context["tasks"]:
        due = [f"- {task.due_on.isoformat()} {task.title}" for task in context["tasks"]]
        lines += [_("What is due:"), *due, *_more(context["more_tasks"]), f"{site}{context['task_list_url']}", ""]
    if context["notices"]:
        lines.append(_("What has happened:"))
        for notice in context["notices"]:
            lines.append(f"- {timezone.localtime(notice.created_at):%Y-%m-%d %H:%M} {notice.text}")
            lines += [f"  {site}{notice.url}"] if notice.url else []
        if context["more_notices"]:
            lines += [*_more(context["more_notices"]), f"{site}{context['notice_list_url']}"]
        lines.append("")
    return "\n".join([*lines, _("You chose to be mailed this. Change or end it here:"), f"{site}{context['settings_url']}", ""])


def _more(count: int) -> list[str]:
    return ["- " + ngettext("and %(count)s more", "and %(count)s more", count) % {"count": count}] if count else []


def language_of(user: User) -> str:
    """The language that `user` reads."""
    return user.locale or settings.LANGUAGE_CODE
