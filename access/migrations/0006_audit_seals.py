"""The seals over audit tables; and a number for each context of history, whose own key is random, so that seals can count them."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

import common.db

NUMBER_CONTEXTS = """
ALTER TABLE pghistory_context ADD COLUMN seal_position bigint GENERATED ALWAYS AS IDENTITY;
CREATE UNIQUE INDEX pghistory_context_seal_position ON pghistory_context (seal_position);
"""


def _hexadecimal(length: int = 64, *, blank: bool = False) -> common.db.CodeField:
    return common.db.CodeField(db_collation="C", max_length=length, blank=blank)


class Migration(migrations.Migration):
    """The column is unknown to Django: django-pghistory's model stays as it is."""

    dependencies: ClassVar = [("access", "0005_history"), ("pghistory", "0007_auto_20250421_0444")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("previous", _hexadecimal(blank=True)),
                ("table", _hexadecimal(63)),
                ("first_key", models.BigIntegerField()),
                ("last_key", models.BigIntegerField()),
                ("rows", models.IntegerField()),
                ("columns", models.JSONField()),
                ("keys_digest", _hexadecimal()),
                ("digest", _hexadecimal()),
                ("sealed_at", models.DateTimeField()),
                ("key_name", _hexadecimal(8)),
                ("seal", _hexadecimal()),
            ],
            options={
                "verbose_name": "audit seal",
                "verbose_name_plural": "audit seals",
                "ordering": ("number",),
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("table", "last_key"), name="audit_seal_block_unique")],
            },
        ),
        migrations.RunSQL(NUMBER_CONTEXTS, "ALTER TABLE pghistory_context DROP COLUMN seal_position"),
    ]
