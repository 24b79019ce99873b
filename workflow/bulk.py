"""Statements over many rows: notices for many people at once, reminders, e-mails that are due, figures."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from common.notices import Entry

_NOTICES: Final = """
INSERT INTO workflow_notice (recipient_id, kind, parameters, key, in_app, by_mail, created_at)
SELECT found.user_id, found.kind, found.parameters, found.key, found.in_app, found.by_mail, %(now)s
FROM (
    SELECT given.user_id, given.kind, given.parameters, given.key,
        COALESCE(NOT (given.kind = ANY (wishes.hidden)), true) AS in_app,
        COALESCE(wishes.rhythm <> 'off' AND NOT (given.kind = ANY (wishes.unmailed)), false) AS by_mail
    FROM ({source}) AS given
    JOIN access_user AS person ON person.id = given.user_id AND person.is_active
    LEFT JOIN workflow_noticesettings AS wishes ON wishes.user_id = given.user_id
) AS found
WHERE found.in_app OR found.by_mail
ON CONFLICT (recipient_id, key) WHERE NOT (key = '') DO NOTHING
"""
_GIVEN: Final = """
    SELECT entry.user_id, %(kind)s::text AS kind, entry.parameters::jsonb AS parameters, entry.key
    FROM unnest(%(users)s::bigint[], %(parameters)s::text[], %(keys)s::text[]) AS entry (user_id, parameters, key)
"""
_REMINDERS: Final = """
    SELECT task.assignee_id AS user_id, '{kind}' AS kind, jsonb_build_object('task', task.id, 'title', task.title) AS parameters,
        '{kind}:' || task.id || ':' || extract(epoch FROM due.moment)::bigint AS key
    FROM workflow_task AS task
    CROSS JOIN LATERAL (SELECT {moment} AS moment) AS due
    WHERE task.state = 'open' AND {condition} AND due.moment <= %(now)s AND due.moment > %(since)s
"""
# Without a time a to-do is due when its day's work begins.
_DUE_MOMENT: Final = "(task.due_on + COALESCE(task.due_time, %(morning)s::time)) AT TIME ZONE %(zone)s"
_CLAIM: Final = """
INSERT INTO workflow_digest (user_id, slot, state, tries, error, created_at)
SELECT wishes.user_id, %(today)s, 'due', 0, '', %(now)s
FROM workflow_noticesettings AS wishes JOIN access_user AS person ON person.id = wishes.user_id
WHERE person.is_active AND person.email <> '' AND wishes.hour <= %(hour)s
    AND (wishes.rhythm = 'daily' OR (wishes.rhythm = 'weekly' AND wishes.weekday = %(weekday)s))
ON CONFLICT (user_id, slot) DO NOTHING
"""


def insert_notices(kind: str, entries: Sequence[Entry], now: datetime.datetime) -> int:
    """Keep a notice of `kind` for each of `entries` whose recipient wants it and has none of its key; how many were kept."""
    values = {
        "kind": kind,
        "users": [entry.recipient for entry in entries],
        "parameters": [json.dumps(dict(entry.parameters), cls=DjangoJSONEncoder) for entry in entries],
        "keys": [entry.key for entry in entries],
        "now": now,
    }
    return _run(_NOTICES.format(source=_GIVEN), values)


def insert_reminders(due: str, reminder: str, now: datetime.datetime, since: datetime.datetime, zone: str, morning: datetime.time) -> int:
    """Tell of every to-do that has become due (a notice of kind `due`) or of which somebody is to be reminded, after `since` and by `now`.

    However often it runs, each moment of a to-do is told once. How many notices there were.
    """
    values = {"now": now, "since": since, "zone": zone, "morning": morning}
    days = "task.due_on BETWEEN (%(since)s AT TIME ZONE %(zone)s)::date AND (%(now)s AT TIME ZONE %(zone)s)::date"
    by_day = _REMINDERS.format(kind=due, moment=_DUE_MOMENT, condition=days)
    by_reminder = _REMINDERS.format(kind=reminder, moment="task.remind_at", condition="task.remind_at <= %(now)s")
    return _run(_NOTICES.format(source=f"{by_day} UNION ALL {by_reminder}"), values)


def claim_digests(today: datetime.date, hour: int, now: datetime.datetime) -> int:
    """Enter an e-mail for everybody whose hour of `today` has come and who has none for it yet; how many."""
    return _run(_CLAIM, {"today": today, "hour": hour, "weekday": today.weekday(), "now": now})


def replace_figures(code: str, source: Any, now: datetime.datetime) -> int:
    """Put the figures `code` that the queryset `source` counts, as (user's key, value), in place of those of before; how many."""
    sql, parameters = source.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflow_figure (user_id, code, value, counted_at) "
            f"SELECT found.user_id, %s, found.value, %s FROM ({sql}) AS found (user_id, value) WHERE found.user_id IS NOT NULL "
            "ON CONFLICT (user_id, code) DO UPDATE SET value = excluded.value, counted_at = excluded.counted_at",
            [code, now, *parameters],
        )
        count = int(cursor.rowcount)
        cursor.execute("DELETE FROM workflow_figure WHERE code = %s AND counted_at < %s", [code, now])
    return count


def forget_old(older_than: datetime.datetime, keep_views: int) -> int:
    """Drop notices from before `older_than`, read or not, with the e-mails that told of them, and of each person's last views all but
    `keep_views` of a kind; how many rows.
    """
    notices = _run("DELETE FROM workflow_notice WHERE created_at < %(before)s", {"before": older_than})
    notices += _run(
        "DELETE FROM workflow_digest d WHERE created_at < %(before)s AND state <> 'due'"
        " AND NOT EXISTS (SELECT FROM workflow_notice n WHERE n.digest_id = d.id)",
        {"before": older_than},
    )
    views = _run(
        "DELETE FROM workflow_recentview WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER "
        "(PARTITION BY user_id, kind ORDER BY viewed_at DESC) AS place FROM workflow_recentview) AS ranked WHERE place > %(keep)s)",
        {"keep": keep_views},
    )
    return notices + views


def _run(sql: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
