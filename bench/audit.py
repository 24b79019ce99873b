"""What recording every change costs: COPY, one large update and single saves of customers, with the recording triggers and without.

And how quickly what was recorded is sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum
from django.test.utils import override_settings

from access.models import AuditSeal, OrgUnit, UnitLevel
from access.services.sealing import seal_audit
from access.services.verifying import Verification, verify_audit
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
_EVENTS = """
INSERT INTO access_auditevent (happened_at, kind, actor_login, address, path, object_type, object_key, object_label, details)
SELECT now(), 'revealed', 'bench', '10.0.0.1', '/customers/' || n || '/', 'customers.customer', n::text, '机械制造有限公司' || n,
    jsonb_build_object('fields', jsonb_build_array('phone'), 'count', 1)
FROM generate_series(1, {size}) n
"""


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


def measure_sealing(*, full: bool) -> Iterator[dict[str, Any]]:
    """Seal audit events into a chain of its own, and verify it."""
    size = 1_000_000 if full else 20_000
    run("TRUNCATE access_auditseal")
    run(_EVENTS.format(size=size))
    run("VACUUM ANALYZE access_auditevent")
    run("CHECKPOINT")
    with TemporaryDirectory(prefix="crm-bench-") as folder, override_settings(AUDIT_SEAL_KEYS=["bench " * 8], VAR_DIR=Path(folder)):
        taken, verified = round(seconds(seal_audit), 2), round(seconds(_verify), 2)
    rows = AuditSeal.objects.aggregate(rows=Sum("rows"))["rows"]
    run("TRUNCATE access_auditseal")
    run("DELETE FROM access_auditevent WHERE actor_login = 'bench'")
    yield figure("audit_seal_rows_per_second", rows / taken, "rows/s", size=rows, seconds=taken, verify_seconds=verified)


def _verify() -> None:
    found = list(verify_audit(Verification()))
    assert not found, found[0]


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
