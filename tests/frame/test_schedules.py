"""The page of schedules: everything that runs by itself stands there in words, for those who look after jobs."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from access.models import User
from crm_site.schedules import WORK, in_words, schedules
from tests.access.clients import browser


@pytest.mark.parametrize(
    ("when", "english", "chinese"),
    [
        (3.0, "every 3 seconds", "每 3 秒"),
        (300.0, "every 5 minutes", "每 5 分钟"),
        (datetime.timedelta(hours=1), "every hour", "每 1 小时"),
        (crontab(minute="20", hour="3"), "every day at 03:20", "每天 03:20"),
        (crontab(minute="5"), "every hour at minute 05", "每小时第 05 分"),
        (crontab(minute="0", hour="6", day_of_week="mon,fri"), "on Monday, Friday at 06:00", "每周的星期一、星期五 06:00"),
        (crontab(minute="30", hour="1", day_of_month="1"), "on day 1 of each month at 01:30", "每月 1 日 01:30"),
        (crontab(minute="*/10"), "by the crontab */10 * * * *", "按 crontab */10 * * * *"),
    ],
)
def test_times_in_words(when: Any, english: str, chinese: str) -> None:
    with override("en"):
        assert in_words(when) == english
    with override("zh-hans"):
        assert in_words(when) == chinese


def test_every_scheduled_task_has_words() -> None:
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} == set(WORK)


@pytest.mark.django_db
def test_the_page_shows_them_all(administrator: User, director: User) -> None:
    for user in (administrator, director):
        User.objects.filter(pk=user.pk).update(is_staff=True)
    address = reverse("admin:schedules")
    page = browser(User.objects.get(pk=administrator.pk)).get(address).content.decode()
    for schedule in schedules():
        assert schedule.task in page
    assert f'href="{address}"' in page
    assert browser(User.objects.get(pk=director.pk)).get(address).status_code == 403
