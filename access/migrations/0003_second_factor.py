"""Which roles ask for a second factor, and which sign-ins are the demo's; the standard roles with the widest reach begin with it."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def ask_the_widest_roles(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Administrators and those who see everything."""
    apps.get_model("access", "Role").objects.filter(code__in=["administrator", "auditor", "viewer"]).update(requires_second_factor=True)


class Migration(migrations.Migration):
    """Two columns."""

    dependencies = [("access", "0002_audit_events")]

    operations = [
        migrations.AddField(
            model_name="role",
            name="requires_second_factor",
            field=models.BooleanField(
                default=False,
                help_text="Whoever holds this role sets up an authenticator app or a security key before anything else opens.",
                verbose_name="asks for a second factor",
            ),
        ),
        migrations.AddField(
            model_name="user", name="is_demo", field=models.BooleanField(default=False, editable=False, verbose_name="demo sign-in")
        ),
        migrations.RunPython(ask_the_widest_roles, migrations.RunPython.noop),
    ]
