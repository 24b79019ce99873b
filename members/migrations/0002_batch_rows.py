"""The rows of batches, partitioned by job, and the rules that say how severe each verdict is."""

from __future__ import annotations

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BATCH_ROWS = """
CREATE TABLE members_batchrow (
    job_id bigint NOT NULL,
    line integer NOT NULL,
    position integer NOT NULL,
    state varchar(1) COLLATE "C" NOT NULL,
    verdicts bigint NOT NULL,
    todo integer NOT NULL,
    msisdn varchar(15) COLLATE "C",
    kind varchar(10) COLLATE "C",
    duplicate_of integer,
    member_key bigint,
    ground bigint NOT NULL,
    holder_name varchar(64),
    employee_no varchar(32),
    department varchar(64),
    short_number varchar(6) COLLATE "C",
    effective_on date,
    expires_on date,
    tariff_code varchar(32) COLLATE "C",
    offer_code varchar(32) COLLATE "C",
    raw text NOT NULL,
    PRIMARY KEY (job_id, line)
) PARTITION BY LIST (job_id);
CREATE INDEX members_batchrow_position ON members_batchrow (job_id, position);
"""

RULES = {
    "error": (
        "number_missing number_malformed duplicate_in_file member_elsewhere not_a_member blacklisted number_suspended number_porting"
        " product_excluded product_required product_unknown tariff_unknown offer_unknown date_unreadable date_reversed"
        " date_outside_offer short_number_malformed short_number_taken text_too_long text_control"
    ),
    "warning": "number_unassigned below_min_members commitment_exceeded",
    "skip": "already_member already_leaving has_product has_tariff no_product",
}


def add_rules(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001
    """Enter every verdict with its default severity."""
    rule = apps.get_model("members", "VerdictRule")
    rule.objects.bulk_create(rule(code=code, severity=severity) for severity, codes in RULES.items() for code in codes.split())


class Migration(migrations.Migration):
    """Raw SQL, because Django does not describe partitioned tables."""

    dependencies: ClassVar = [("members", "0001_initial")]
    operations: ClassVar = [
        migrations.RunSQL(BATCH_ROWS, "DROP TABLE members_batchrow"),
        migrations.RunPython(add_rules, migrations.RunPython.noop),
    ]
