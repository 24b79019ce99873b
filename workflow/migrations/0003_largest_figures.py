"""Those with the most of something, and sums over everybody, are read without what else is counted."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workflow', '0002_standard_roles'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='figure',
            index=models.Index(fields=['code', '-value'], name='figure_largest'),
        ),
    ]
