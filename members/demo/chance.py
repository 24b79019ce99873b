"""Repeatable chance and days counted back from today: all that varies in the demo data comes from here."""

from __future__ import annotations

import datetime
import random
from typing import Final

from django.utils import timezone

FIRST_DAY: Final = -1500
LAST_DAY: Final = 3000


def chance(seed: int, section: str) -> random.Random:
    """The random generator of one section of the data. Sections have their own, so that more rows in one leave the others as they are."""
    return random.Random(f"{seed}/{section}")  # noqa: S311 - made-up data, no secrets  # nosec B311


class Calendar:
    """Days as ISO text by their distance from today, ready before millions of rows ask for them.

    Attributes:
        today: the local date when the load began.
        moment: its first minute, which serves as the change time of all rows, so that a second load of the same day equals the first.
    """

    def __init__(self, today: datetime.date | None = None) -> None:
        self.today = today or timezone.localdate()
        self.moment = timezone.make_aware(datetime.datetime.combine(self.today, datetime.time())).isoformat()
        self._past = [(self.today - datetime.timedelta(days=days)).isoformat() for days in range(LAST_DAY + 1)]
        self._future = [(self.today + datetime.timedelta(days=days)).isoformat() for days in range(-FIRST_DAY + 1)]

    def ago(self, days: int) -> str:
        """The day `days` before today (negative: after it), from `FIRST_DAY` to `LAST_DAY`."""
        return self._past[days] if days >= 0 else self._future[-days]

    def date(self, days: int) -> datetime.date:
        """The same as a date."""
        return self.today - datetime.timedelta(days=days)
