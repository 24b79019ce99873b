"""Offers that wait for approval, the longest waiting first, for the home page of whoever approves."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('products', '0005_scope_columns'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='offer',
            index=models.Index(condition=models.Q(('status', 'in_approval')), fields=['updated_at'], name='offer_waiting'),
        ),
    ]
