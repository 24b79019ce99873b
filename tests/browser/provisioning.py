"""What the browser tests of batches need: a customer among numbers of every kind, and a worker that can be held."""

from __future__ import annotations

import datetime
import threading
import time
from dataclasses import dataclass

from django.db import connection

from access.models import User
from customers.models import Customer
from jobs.models import Job, JobStatus
from jobs.services.work import RUN, advance
from members.bulk.rows import drop_rows
from members.models import BlacklistedNumber, NumberSegment, NumberState
from products.models import Product, ProductRule
from tests.browser.worlds import make_catalogue, make_customer_of
from tests.factories.customers import CustomerFactory
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_product, make_tariff

_EACH = 12


@dataclass(frozen=True, slots=True)
class Ground:
    """A customer with an offer for V-net, and numbers that a careless roster runs into."""

    customer: Customer
    vnet: Product


def make_ground(manager: User) -> Ground:
    """The hospital of the pictures, a school whose numbers are taken, a blacklist, and a product that V-net excludes."""
    NumberSegment.objects.bulk_create(
        NumberSegment(prefix=f"86{prefix}{place:04d}", kind="mobile", operator="mobile")
        for prefix in (138, 139, 150)
        for place in range(40)
    )
    catalogue = make_catalogue()
    customer = make_customer_of(manager, catalogue)
    campus = make_product("CAMPUS", kind="vnet", name_zh="校园V网", name_en="Campus V-net")
    campus_tariff = make_tariff(campus, fee="5.00", code="C5", name_zh="校园 5 元", name_en="Campus 5")
    ProductRule.objects.create(product=catalogue.vnet, kind="excludes", other=campus)
    school = CustomerFactory(manager=manager, name="云江大学", code="YJ-000128")
    for place in range(_EACH):
        make_member(school, f"861520000{place:04d}")
        make_subscription(make_member(customer, f"861530000{place:04d}", joined_on=datetime.date(2026, 1, 1)), campus_tariff)
        make_member(customer, f"861540000{place:04d}", state=NumberState.SUSPENDED)
        make_member(customer, f"861550000{place:04d}", state=NumberState.PORTING)
        BlacklistedNumber.objects.create(msisdn=f"861560000{place:04d}", reason="诈骗")
    return Ground(customer, catalogue.vnet)


class Worker(threading.Thread):
    """Does what a worker process does, in a thread. `hold_after(n)` lets it do n more chunks of runs, then wait."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._over = threading.Event()
        self._left: int | None = None

    def hold_after(self, chunks: int) -> None:
        """Do `chunks` more chunks and then none."""
        self._left = chunks

    def release(self) -> None:
        """Go on."""
        self._left = None

    def run(self) -> None:
        """Look for work again and again."""
        try:
            while not self._over.is_set():
                for job in Job.objects.exclude(awaits="").exclude(status=JobStatus.PAUSED).order_by("pk"):
                    self._advance(job)
                time.sleep(0.05)
        finally:
            connection.close()

    def _advance(self, job: Job) -> None:
        if job.awaits == RUN and self._left is not None and job.cancel_requested_at is None:
            if not self._left:
                return
            self._left -= 1
        advance(job.pk)

    def end(self) -> None:
        """Stop, and drop the rows of all batches: their table is none of Django's, which empties the others."""
        self._over.set()
        self.join(30)
        for pk in Job.objects.values_list("pk", flat=True):
            drop_rows(pk)
