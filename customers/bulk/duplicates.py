"""Names as the database compares them, and the nightly scan for customers that may be the same one."""

from __future__ import annotations

from django.db import connection


def plain_name(name: str) -> str:
    """`name` without what does not tell companies apart (`customers.likeness`)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.customers_plain_name(%s)", [name])
        return str(cursor.fetchone()[0])
