"""Celery shells around the services of this app."""

from __future__ import annotations

from celery import shared_task

from members.services import retention


@shared_task(name="members.drop_old_rows")
def drop_old_rows() -> None:
    """Nightly: drop the rows of batches that are no longer kept."""
    retention.drop_old_rows()
