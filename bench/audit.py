"""What recording every change costs: COPY, one large update and single saves of customers, with the recording triggers and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from access.models import OrgUnit, UnitLevel
from bench.clock import figure, median, seconds
from bench.database import run
from common.change_context import change_context
from common.db_copy import copy_rows
from customers.models import Customer

ROUNDS = 5
SAVES = 300
TABLE = "customers_customer"
COLUMNS = (
    *("code", "name", "short_name", "pinyin", "pinyin_initials", "credit_code", "scale", "address", "level", "value_score", "lifecycle"),
    *("source", "remark", "org_unit_id", "created_at", "updated_at", "bank_account", "bank_account_hash"),
)
_OURS = "code LIKE 'BENCH-%'"


def measure_audit(*, full: bool) -> Iterator[dict[str, Any]]:
    """The three ratios, each timed in turn with its rival."""
    size = 200_000 if full else 20_000
    unit, _made = OrgUnit.objects.get_or_create(
        code="BENCH", defaults={"path": "BENCH/", "level": UnitLevel.GROUP, "name_en": "Bench", "name_zh": "量"}
    )
    try:
        yield _ratio("audit_copy_ratio", lambda: _copy(unit.pk, size), before=_clear, size=size, goal=2.5)
        yield _ratio("audit_update_ratio", _update, before=_settle, size=size, goal=2)
        yield _ratio("audit_save_ratio", _save, before=_settle, size=SAVES, goal=2)
    finally:
        _clear()
        unit.delete()


def _ratio(name: str, work: Callable[[], object], *, before: Callable[[], object], size: int, goal: float) -> dict[str, Any]:
    recorded, bare = [], []
    for _round in range(ROUNDS):
        before()
        with change_context(user=1, login="bench", path="/bench/"):
            recorded.append(seconds(work))
        before()
        with _without_triggers():
            bare.append(seconds(work))
    with_it, without = median(recorded), median(bare)
    return figure(name, with_it / without, "ratio", size=size, goal=goal, seconds=round(with_it, 3), rival_seconds=round(without, 3))


@contextmanager
def _without_triggers() -> Iterator[None]:
    names = [
        str(name) for (name,) in run(f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{TABLE}'::regclass AND tgname LIKE 'pgtrigger%'")
    ]
    for name in names:
        run(f"ALTER TABLE {TABLE} DISABLE TRIGGER {name}")
    try:
        yield
    finally:
        for name in names:
            run(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {name}")


def _clear() -> None:
    """Take the rows of the measurement away, and their events with them."""
    with _without_triggers():
        run(f"DELETE FROM {TABLE} WHERE {_OURS}")
    run("TRUNCATE customers_customerevent")
    _settle()


def _settle() -> None:
    run(f"VACUUM ANALYZE {TABLE}")
    run("VACUUM ANALYZE customers_customerevent")
    run("CHECKPOINT")


def _copy(unit: int, size: int) -> None:
    moment = "2026-01-01T00:00:00+00:00"
    rows = (
        (
            *(
                f"BENCH-{number:07}",
                f"云江第{number}机械制造有限公司",
                f"机械{number}",
                f"yunjiang di {number} jixie zhizao youxian gongsi",
            ),
            *(
                "yjdjxzzyxgs",
                "",
                "large",
                f"云江市人民路{number}号",
                "C",
                number % 100,
                "active",
                "import",
                "",
                unit,
                moment,
                moment,
                "",
                "",
            ),
        )
        for number in range(size)
    )
    with transaction.atomic(), connection.cursor() as cursor:
        copy_rows(cursor, TABLE, COLUMNS, rows)


def _update() -> None:
    with transaction.atomic():
        Customer.objects.filter(code__startswith="BENCH-").update(value_score=7)


def _save() -> None:
    for customer in Customer.objects.filter(code__startswith="BENCH-").order_by("pk")[:SAVES]:
        customer.remark = f"{customer.remark[:40]}."
        customer.save()
