"""The standard roles of an installation that has them already may work with to-dos, as those of a new one do from the start."""

from django.db import migrations

ACTIONS = {
    'account_manager': ('view', 'add', 'change'),
    'director': ('view', 'add', 'change'),
    'administrator': ('view', 'add', 'change', 'delete', 'approve', 'export', 'reveal'),
    'auditor': ('view',),
}


def allow(apps, _schema_editor):
    roles = {role.code: role for role in apps.get_model('access', 'Role').objects.filter(code__in=ACTIONS)}
    permission = apps.get_model('access', 'RolePermission')
    permission.objects.bulk_create(
        [permission(role=roles[code], module='workflow', action=action) for code in roles for action in ACTIONS[code]],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('workflow', '0001_todos_and_notices'),
    ]

    operations = [
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
