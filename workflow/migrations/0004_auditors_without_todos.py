"""What people have to do is their own: auditors read its history, not everybody's list."""

from django.db import migrations


def take_back(apps, _schema_editor):
    apps.get_model('access', 'RolePermission').objects.filter(role__code='auditor', module='workflow').delete()


class Migration(migrations.Migration):

    dependencies = [
        ('workflow', '0003_largest_figures'),
    ]

    operations = [
        migrations.RunPython(take_back, migrations.RunPython.noop),
    ]
