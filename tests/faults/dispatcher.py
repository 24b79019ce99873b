"""The dispatcher of jobs as a process of its own, more eager than in production, so that a test need not wait seconds after each fault.

Run as `python -m tests.faults.dispatcher`.
"""

from __future__ import annotations

import datetime
import os
import time

import django
from django.db import DatabaseError, InterfaceError, connection

PACE = 0.3
"""Seconds between two looks, and after which a job without a sign of life counts as quiet."""


def main() -> None:
    """Hint quiet jobs until killed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
    django.setup()
    from jobs.services import dispatch

    dispatch.QUIET = datetime.timedelta(seconds=PACE)  # type: ignore[misc]  # only here
    while True:
        try:
            dispatch.dispatch()
        except (DatabaseError, InterfaceError):
            connection.close()
        time.sleep(PACE)


if __name__ == "__main__":
    main()
