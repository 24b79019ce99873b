"""The list of jobs and the chip that follows what runs."""

from __future__ import annotations

import datetime

from django.utils import timezone
from playwright.sync_api import Page, expect

from access.models import User
from jobs.models import Job, JobStatus
from tests.browser.conftest import PHONE
from tests.factories.customers import CustomerFactory


def test_the_chip_follows_a_running_job(page: Page, sign_in, manager: User, check_axe, shoot) -> None:
    """It moves while the job runs, says when it is done, and the list finds the job by number and status."""
    customer = CustomerFactory(manager=manager, name="云江市第一人民医院")
    scope = {"kind": "provisioning", "actor": manager, "customer_key": customer.pk, "manager": manager, "org_unit": customer.org_unit}
    now = timezone.now()
    done = Job.objects.create(
        title="四月入网", status=JobStatus.DONE_WITH_ERRORS, rows=4843, eligible=4812, failed=31, applied=4812, **scope
    )
    Job.objects.filter(pk=done.pk).update(started_at=now - datetime.timedelta(minutes=12), finished_at=now - datetime.timedelta(minutes=10))
    running = Job.objects.create(
        title="五月入网", status=JobStatus.RUNNING, awaits="run", rows=1000, eligible=1000, started_at=now, **scope
    )
    chunk = running.chunks.create(first=1, last=1000, applied=640)
    sign_in(manager)
    page.goto("/jobs/")
    chip = page.locator("#progress-chip")
    expect(chip).to_contain_text(f"#{running.pk} · 64%")
    check_axe()
    shoot("jobs")
    running.chunks.filter(pk=chunk.pk).update(applied=900)
    expect(chip).to_contain_text("90%", timeout=5000)
    Job.objects.filter(pk=running.pk).update(applied=1000, awaits="", status=JobStatus.DONE, finished_at=timezone.now())
    expect(chip).to_contain_text("done", timeout=5000)
    page.get_by_role("link", name="With errors").click()
    expect(page.get_by_role("link", name="四月入网")).to_be_visible()
    expect(page.get_by_role("link", name="五月入网")).to_have_count(0)
    page.goto(f"/customers/{customer.pk}/batches/")
    check_axe()
    shoot("customer-batches")
    sign_in(manager, language="zh-hans", theme="dark")
    page.set_viewport_size(PHONE)
    page.goto("/jobs/")
    check_axe()
    shoot("jobs-phone-zh-dark")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
