from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0007_api_tokens")]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("signed_in", "signed in"),
                    ("sign_in_failed", "failed to sign in"),
                    ("locked_out", "locked out"),
                    ("unlocked", "unlocked"),
                    ("signed_out", "signed out"),
                    ("session_ended", "session ended"),
                    ("factor_changed", "second factor changed"),
                    ("password_changed", "password changed"),
                    ("refused", "refused"),
                    ("revealed", "revealed"),
                    ("exported", "exported"),
                    ("granted", "shared"),
                    ("revoked", "sharing ended"),
                    ("delegated", "delegated"),
                    ("delegation_ended", "delegation ended"),
                    ("people_imported", "people entered by a list"),
                    ("token_created", "API token made"),
                    ("token_revoked", "API token revoked"),
                ],
                max_length=20,
                verbose_name="event",
            ),
        ),
    ]
