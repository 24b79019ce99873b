from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0015_search_everything'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['created_at', 'id'], name='customer_created'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['updated_at', 'id'], name='customer_updated'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('credit_limit__isnull', False)), fields=['credit_limit'], name='customer_credit_limit'),
        ),
    ]
