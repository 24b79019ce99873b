"""The rows of batches, partitioned by job."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

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


class Migration(migrations.Migration):
    """Raw SQL, because Django does not describe partitioned tables."""

    dependencies: ClassVar = [("members", "0001_initial")]
    operations: ClassVar = [
        migrations.RunSQL(BATCH_ROWS, "DROP TABLE members_batchrow"),
    ]
