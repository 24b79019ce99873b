"""Positions follow the order in which a batch's rows lie, so that a block range index finds a chunk for next to nothing.

Each partition makes its own when it is filled: `members.bulk.rows`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("members", "0003_member_keys")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX members_batchrow_position", "CREATE INDEX members_batchrow_position ON members_batchrow (job_id, position)"
        ),
    ]
