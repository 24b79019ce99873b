"""Notices: sent by one statement, once for a key, read in the reader's language by the recipient alone; and the e-mails made of them."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from access.models import User
from common.notices import Entry, notice_kinds, notify, notify_each
from tests.access.clients import browser
from tests.factories.workflow import make_notice, make_task
from tests.threads import together
from workflow.models import Digest, DigestState, Notice, NoticeSettings
from workflow.services.digests import send_digests
from workflow.services.notices import forget_old, remind, save_settings

pytestmark = pytest.mark.django_db
FACTS: dict[str, Any] = {"task": 1, "title": "回访", "actor_name": "赵敏"}


def test_many_are_told_by_one_statement_and_once_for_a_key(manager: User, colleague: User, director: User, outsider: User) -> None:
    User.objects.filter(pk=outsider.pk).update(is_active=False)
    everybody = [manager.pk, colleague.pk, director.pk, outsider.pk, None]
    with CaptureQueriesContext(connection) as counted:
        sent = notify(everybody, "task_assigned", actor=director.pk, key="k", **FACTS)
    assert (sent, len(counted)) == (2, 1)
    assert notify(everybody, "task_assigned", key="k", **FACTS) == 1  # the director, who acted then
    assert set(Notice.objects.values_list("recipient", flat=True)) == {manager.pk, colleague.pk, director.pk}
    entries = [Entry(manager.pk, {**FACTS, "title": str(number)}) for number in range(50)]
    with CaptureQueriesContext(connection) as counted:
        assert notify_each("task_assigned", entries) == 50
    assert len(counted) == 1
    with pytest.raises(KeyError):
        notify([manager.pk], "nonsense")


def test_it_is_read_in_the_readers_language_and_leads_on(manager: User) -> None:
    task = make_task(manager)
    notify([manager.pk], "task_assigned", **{**FACTS, "task": task.pk})
    for language, words in (("en", "赵敏 gave you a to-do: 回访"), ("zh-hans", "赵敏交给您一项待办：回访")):
        User.objects.filter(pk=manager.pk).update(locale=language)
        assert words in browser(User.objects.get(pk=manager.pk)).get(reverse("workflow:notice_list")).content.decode()
    notice = Notice.objects.get()
    assert browser(manager).post(reverse("workflow:notice_open", args=[notice.pk]))["Location"] == f"/tasks/{task.pk}/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_only_the_recipient_reads_and_marks_it(manager: User, colleague: User, administrator: User) -> None:
    notice = make_notice(manager)
    for user in (colleague, administrator):
        client = browser(user)
        assert client.post(reverse("workflow:notice_open", args=[notice.pk])).status_code == 404
        client.post(reverse("workflow:notices_read"))
        assert "回访客户" not in client.get(reverse("workflow:notice_list")).content.decode()
    notice.refresh_from_db()
    assert notice.read_at is None
    client = browser(manager)
    assert '>1<span class="visually-hidden"> unread' in client.get(reverse("workflow:counts")).content.decode()
    client.post(reverse("workflow:notices_read"))
    assert "unread" not in client.get(reverse("workflow:counts")).content.decode()
    assert "回访客户" in client.get(reverse("workflow:last_notices")).content.decode()


def test_what_somebody_does_not_want_is_not_kept(manager: User) -> None:
    kinds = {kind.code for kind in notice_kinds()}
    save_settings(user=manager, rhythm="daily", hour=8, weekday=0, shown=kinds - {"task_assigned"}, mailed=kinds)
    notify([manager.pk], "task_assigned", **FACTS)
    assert [(n.in_app, n.by_mail) for n in Notice.objects.all()] == [(False, True)]
    assert not Notice.objects.visible_to(manager).exists()
    save_settings(user=manager, rhythm="off", hour=8, weekday=0, shown=kinds - {"task_assigned"}, mailed=kinds)
    assert notify([manager.pk], "task_assigned", **FACTS) == 0


def test_the_settings_page(manager: User) -> None:
    client = browser(manager)
    address = reverse("workflow:notice_settings")
    assert client.post(address, {"rhythm": "hourly", "hour": 8, "weekday": 0}).status_code == 422
    client.post(address, {"rhythm": "weekly", "hour": 17, "weekday": 4, "shown-task_due": "on", "mailed-task_due": "on"})
    wishes = NoticeSettings.objects.get(user=manager)
    assert (wishes.rhythm, wishes.hour, wishes.weekday) == ("weekly", 17, 4)
    assert "task_assigned" in wishes.hidden
    assert "task_due" not in wishes.hidden
    assert address in client.get(reverse("access:profile")).content.decode()


def test_what_is_due_is_told_once_and_again_when_it_was_put_off(manager: User) -> None:
    now = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    task = make_task(manager, due_on=now.date(), due_time=datetime.time(11, 30), remind_at=now - datetime.timedelta(hours=1))
    make_task(manager, due_on=now.date() + datetime.timedelta(days=1))
    make_task(manager, due_on=now.date(), state="done", ended_at=now)
    assert remind(now.replace(hour=9)) == 0
    assert (remind(now), remind(now), remind(now + datetime.timedelta(hours=1))) == (2, 0, 0)
    assert set(Notice.objects.values_list("kind", flat=True)) == {"task_due", "task_reminder"}
    task.due_on, task.remind_at = now.date() + datetime.timedelta(days=2), None
    task.save()
    assert remind(now + datetime.timedelta(days=2)) == 2  # this one anew, and that of the day before


# --- e-mails ---------------------------------------------------------------------------------------------------------------------------

MORNING = datetime.datetime(2026, 3, 4, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))  # a Wednesday


def wants(user: User, rhythm: str = "daily", **values: Any) -> None:
    User.objects.filter(pk=user.pk).update(email=f"{user.username}@operator.example")
    NoticeSettings.objects.update_or_create(user=user, defaults={"rhythm": rhythm, "hour": 8, **values})


def test_each_slot_is_mailed_exactly_once(manager: User, colleague: User, director: User) -> None:
    wants(manager)
    wants(colleague, hour=11)
    wants(director, "weekly", weekday=2)
    for user in (manager, colleague, director):
        notify([user.pk], "task_assigned", **FACTS)
    first = send_digests(MORNING)
    assert (first.sent, {message.to[0] for message in mail.outbox}) == (2, {"lijing@operator.example", "zhaomin@operator.example"})
    assert send_digests(MORNING).sent == send_digests(MORNING + datetime.timedelta(hours=1)).sent == 0
    assert send_digests(MORNING + datetime.timedelta(hours=2)).sent == 1  # the colleague, whose hour is eleven
    notify([manager.pk], "task_assigned", **{**FACTS, "title": "新的"})
    assert send_digests(MORNING + datetime.timedelta(hours=5)).sent == 0
    tomorrow = send_digests(MORNING + datetime.timedelta(days=1))
    assert (tomorrow.sent, tomorrow.empty) == (1, 0)  # before eleven, and no Wednesday
    assert "新的" in mail.outbox[-1].body
    assert "回访" not in mail.outbox[-1].body
    assert Digest.objects.count() == 4


def test_an_e_mail_speaks_the_language_of_its_reader_and_says_how_to_end_it(manager: User, settings: Settings) -> None:
    settings.SITE_ADDRESS = "https://crm.example.com"
    wants(manager)
    User.objects.filter(pk=manager.pk).update(locale="zh-hans")
    make_task(manager, title="<b>续签</b>", due_on=datetime.date(2026, 3, 4))
    notify([manager.pk], "task_assigned", **FACTS)
    send_digests(MORNING)
    message: Any = mail.outbox[0]
    assert "赵敏交给您一项待办：回访" in message.body
    assert "https://crm.example.com/profile/notices/" in message.body
    assert "https://crm.example.com/profile/notices/" in message.extra_headers["List-Unsubscribe"]
    page = str(message.alternatives[0][0])
    assert "&lt;b&gt;续签" in page
    assert 'lang="zh-hans"' in page


class RefusingBackend(EmailBackend):
    """A mail server that does not take one address."""

    def send_messages(self, email_messages: Any) -> int:
        if any("lijing" in message.to[0] for message in email_messages):
            raise OSError("550 no such mailbox")
        return super().send_messages(email_messages) or 0


def test_one_address_that_is_refused_holds_up_nobody(manager: User, colleague: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"
    for user in (manager, colleague):
        wants(user)
        notify([user.pk], "task_assigned", **FACTS)
    runs = [send_digests(MORNING) for _time in range(4)]
    assert [(run.sent, run.refused) for run in runs] == [(1, 1), (0, 1), (0, 1), (0, 0)]
    assert Digest.objects.get(user=manager).state == DigestState.FAILED
    assert Notice.objects.filter(recipient=manager, digest=None).count() == 1  # it goes with the next


class DroppingBackend(EmailBackend):
    """A mail server that hangs up on one address; who goes on without a new connection reaches nobody."""

    is_open = True

    def close(self) -> None:
        self.is_open = True

    def send_messages(self, email_messages: Any) -> int:
        if "lijing" in email_messages[0].to[0]:
            self.is_open = False
        if not self.is_open:
            raise ConnectionResetError
        return super().send_messages(email_messages) or 0


def test_a_server_that_hangs_up_is_called_again(manager: User, colleague: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.DroppingBackend"
    for user in (manager, colleague):
        wants(user)
        notify([user.pk], "task_assigned", **FACTS)
    run = send_digests(MORNING)
    assert (run.sent, run.refused) == (1, 1)


def test_after_days_without_a_server_one_e_mail_tells_it_all(manager: User) -> None:
    wants(manager)
    for day in (2, 3):
        Digest.objects.create(user=manager, slot=datetime.date(2026, 3, day))
    make_task(manager, due_on=datetime.date(2026, 3, 1))
    notify([manager.pk], "task_assigned", **FACTS)
    run = send_digests(MORNING)
    assert (run.sent, run.empty, len(mail.outbox)) == (1, 2, 1)
    assert "2026-03-04" in mail.outbox[0].subject


def test_what_is_beyond_the_lines_of_an_e_mail_is_counted(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow.services.digests.MOST_LINES", 2)
    wants(manager)
    for number in range(5):
        make_task(manager, title=f"T{number}", due_on=datetime.date(2026, 3, 1))
    for number in range(3):
        notify([manager.pk], "task_assigned", **{**FACTS, "title": f"N{number}"})
    send_digests(MORNING)
    message: Any = mail.outbox[0]
    for text in (message.body, str(message.alternatives[0][0])):
        assert "and 3 more" in text
        assert "and 1 more" in text
    assert not Notice.objects.filter(digest=None).exists()


def test_two_windows_save_the_settings_at_once(transactional_db: None, manager: User) -> None:
    def save(hour: int) -> int:
        return save_settings(user=manager, rhythm="daily", hour=hour, weekday=0, shown=(), mailed=()).hour

    for _time in range(5):
        NoticeSettings.objects.all().delete()
        together(lambda: save(7), lambda: save(9))
        assert NoticeSettings.objects.get().hour in {7, 9}


def test_nothing_to_say_is_no_e_mail_and_old_notices_are_forgotten(manager: User) -> None:
    wants(manager)
    run = send_digests(MORNING)
    assert (run.sent, run.empty, len(mail.outbox)) == (0, 1, 0)
    make_notice(manager, created_at=timezone.now() - datetime.timedelta(days=200))
    make_notice(manager)
    old = timezone.now() - datetime.timedelta(days=200)
    for day, state in ((1, DigestState.SENT), (2, DigestState.DUE)):
        Digest.objects.create(user=manager, slot=datetime.date(2025, 1, day), state=state, created_at=old)
    forget_old()
    assert Digest.objects.filter(slot__year=2025).get().state == DigestState.DUE
    assert Notice.objects.filter(recipient=manager).count() == 1
