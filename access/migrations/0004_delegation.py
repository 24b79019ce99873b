"""A user lends the own customers to a colleague for a period."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("access", "0003_second_factor")]

    operations = [
        migrations.CreateModel(
            name="Delegation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(verbose_name="last day")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="borrowed",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lent to",
                    ),
                ),
                (
                    "lender",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lent",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lent by",
                    ),
                ),
            ],
            options={
                "verbose_name": "delegation",
                "verbose_name_plural": "delegations",
                "ordering": ("-starts_on", "-id"),
                "indexes": [models.Index(condition=models.Q(("ended_at", None)), fields=["borrower", "ends_on"], name="delegation_counting")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("lender", models.F("borrower")), _negated=True),
                        name="delegation_not_to_oneself",
                        violation_error_message="Customers are lent to somebody else.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                        name="delegation_days_in_order",
                        violation_error_message="The last day lies before the first.",
                    ),
                ],
            },
        ),
    ]
