"""The function that tells the units above one, by which other tables learn where their rows hang."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from access.placing_sql import UNIT_LINE


class Migration(migrations.Migration):
    """Raw SQL, because Django does not describe functions."""

    dependencies: ClassVar = [("access", "0009_search_indexes")]
    operations: ClassVar = [migrations.RunSQL(UNIT_LINE, "DROP FUNCTION public.access_unit_line(bigint)")]
