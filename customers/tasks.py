"""Celery shells around the services of this app."""

from __future__ import annotations

from celery import shared_task

from customers.services import duplicates, hand_over_work, import_retention, lifecycle_rules, scoring


@shared_task(name="customers.drop_old_rows")
def drop_old_rows() -> None:
    """Nightly: drop the rows of imports that are no longer kept."""
    import_retention.drop_old_rows()


@shared_task(name="customers.score_all")
def score_all() -> None:
    """Nightly: score all customers by the rules."""
    scoring.score_all()


@shared_task(name="customers.apply_lifecycle_rules")
def apply_lifecycle_rules() -> None:
    """Nightly: move customers along their lifecycle by the rules."""
    lifecycle_rules.apply_rules()


@shared_task(name="customers.tend_hand_overs")
def tend_hand_overs() -> None:
    """Nightly: carry out the hand-overs of the day, remind of those that wait, and end those that nobody answered."""
    hand_over_work.tend_hand_overs()


@shared_task(name="customers.find_duplicates")
def find_duplicates() -> None:
    """Nightly: look for customers that may be the same one."""
    duplicates.find_duplicates()
