"""The rows of bulk changes: taken over from a query in one statement, and written back in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import BigIntegerField, F, JSONField, Value, Window
from django.db.models.functions import Cast, JSONObject, RowNumber

from jobs.models import Job, JobRow


def keep_rows(job: Job, rows: models.QuerySet[Any], columns: Sequence[str]) -> int:
    """Enter each of `rows` with its version and its `columns` into the record of `job`, by primary key; returns how many there are."""
    before: Any = JSONObject(**{name: F(name) for name in columns}) if columns else Value({}, output_field=JSONField())
    chosen = rows.select_related(None).prefetch_related(None).order_by()
    chosen = chosen.annotate(
        kept_job=Value(job.pk, output_field=BigIntegerField()),
        kept_place=Window(RowNumber(), order_by="pk"),
        kept_key=Cast("pk", BigIntegerField()),
        kept_before=before,
    ).values("kept_job", "kept_place", "kept_key", "updated_at", "kept_before")
    return _insert(chosen)


def keep_changed_rows(job: Job, undone: Job) -> int:
    """Enter the rows that `undone` changed into the record of `job`, which takes them back; returns how many there are."""
    chosen = (
        JobRow.objects.filter(job=undone, changed=True)
        .order_by()
        .annotate(kept_job=Value(job.pk, output_field=BigIntegerField()), kept_place=Window(RowNumber(), order_by="position"))
        .values("kept_job", "kept_place", "key", "version", "before")
    )
    return _insert(chosen)


def _insert(chosen: Any) -> int:
    try:
        sql, parameters = chosen.query.sql_with_params()
    except EmptyResultSet:
        return 0
    table = connection.ops.quote_name(JobRow._meta.db_table)
    with connection.cursor() as cursor:
        names = [name for name, *_rest in _columns(cursor, sql, parameters)]
        order = {"kept_job": "job_id", "kept_place": "position", "kept_key": "key", "updated_at": "version", "kept_before": "before"}
        columns = ", ".join(connection.ops.quote_name(order.get(name, name)) for name in names)
        cursor.execute(f"INSERT INTO {table} ({columns}) {sql}", parameters)
        return int(cursor.rowcount)


def _columns(cursor: Any, sql: str, parameters: Any) -> Any:
    """The names of the columns in the order in which the query gives them."""
    cursor.execute(f"SELECT * FROM ({sql}) AS shown LIMIT 0", parameters)
    return cursor.description


def write_back(job: Job, model: type[models.Model], columns: Sequence[str], keys: Sequence[int], moment: Any) -> None:
    """Give the rows of `model` with these `keys` the values that the record of `job` holds for `columns`."""
    quote = connection.ops.quote_name
    fields: dict[str, Any] = {name: next(field for field in model._meta.concrete_fields if field.attname == name) for name in columns}
    assignments = [f"{quote(field.column)} = (kept.before ->> %s)::{field.db_type(connection)}" for field in fields.values()]
    pk: Any = model._meta.pk
    sql = (
        f"UPDATE {quote(model._meta.db_table)} AS target SET {', '.join([*assignments, 'updated_at = %s'])} "
        f"FROM {quote(JobRow._meta.db_table)} AS kept "
        f"WHERE kept.job_id = %s AND kept.key = target.{quote(pk.column)} AND kept.key = ANY(%s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*fields, moment, job.pk, list(keys)])


def mark_changed(job: Job, model: type[models.Model], keys: Sequence[int]) -> None:
    """Say in the record of `job` that the rows of `model` with these `keys` are changed, and which version they have now."""
    quote = connection.ops.quote_name
    pk: Any = model._meta.pk
    sql = (
        f"UPDATE {quote(JobRow._meta.db_table)} AS kept SET changed = true, version = target.updated_at "
        f"FROM {quote(model._meta.db_table)} AS target "
        f"WHERE kept.job_id = %s AND target.{quote(pk.column)} = kept.key AND kept.key = ANY(%s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [job.pk, list(keys)])


def locked_versions(rows: models.QuerySet[Any]) -> dict[int, Any]:
    """The versions of `rows` by their keys, each row locked, in the order of the keys, so that two of these never wait for each other."""
    plain = rows.select_related(None).prefetch_related(None).order_by("pk")
    return dict(plain.select_for_update(of=("self",), no_key=True).values_list("pk", "updated_at"))


def fingerprint_of(job: Job) -> str:
    """A digest of which rows of which version the record of `job` holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FINGERPRINT.format(source=f"SELECT key AS seen_key, version AS seen_version FROM {JobRow._meta.db_table} WHERE job_id = %s"),
            [job.pk],
        )
        return _digest(cursor)


def fingerprint_of_rows(rows: models.QuerySet[Any]) -> str:
    """The same digest of rows that are not kept yet."""
    chosen = rows.select_related(None).prefetch_related(None).order_by()
    seen = chosen.annotate(seen_key=Cast("pk", BigIntegerField()), seen_version=F("updated_at")).values("seen_key", "seen_version")
    try:
        sql, parameters = seen.query.sql_with_params()
    except EmptyResultSet:
        return "0-0"
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINT.format(source=sql), parameters)
        return _digest(cursor)


_FINGERPRINT = (
    "SELECT count(*), coalesce(sum(hashtextextended(seen_key || ' ' || extract(epoch FROM seen_version), 0)), 0) FROM ({source}) AS seen"
)


def _digest(cursor: Any) -> str:
    count, total = cursor.fetchone()
    return f"{count}-{int(total)}"
