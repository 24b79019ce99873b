"""Single customers shared with a user or a group."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def _grant_fields(holder: str, target: str, related_name: str) -> list[tuple[str, models.Field]]:
    """The columns of a table of grants to a `holder`."""
    cascade = django.db.models.deletion.CASCADE
    return [
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("granted_at", models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="shared on")),
        (
            "content_object",
            models.ForeignKey(on_delete=cascade, related_name=related_name, to="customers.customer", verbose_name="customer"),
        ),
        (
            "granted_by",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="shared by",
            ),
        ),
        (holder, models.ForeignKey(on_delete=cascade, to=target)),
        ("permission", models.ForeignKey(on_delete=cascade, to="auth.permission")),
    ]


class Migration(migrations.Migration):
    """Two tables."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("customers", "0005_encrypted_papers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CustomerUserObjectPermission",
            fields=_grant_fields("user", settings.AUTH_USER_MODEL, "user_grants"),
            options={
                "verbose_name": "customer shared with a user",
                "verbose_name_plural": "customers shared with users",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "permission", "content_object"), name="customer_user_grant_unique"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerGroupObjectPermission",
            fields=_grant_fields("group", "auth.group", "group_grants"),
            options={
                "verbose_name": "customer shared with a group",
                "verbose_name_plural": "customers shared with groups",
                "constraints": [
                    models.UniqueConstraint(fields=("group", "permission", "content_object"), name="customer_group_grant_unique"),
                ],
            },
        ),
    ]
