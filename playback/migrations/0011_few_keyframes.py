from django.db import migrations, models

from library.migration_operations import at_once


class Migration(migrations.Migration):

    dependencies = [
        ('playback', '0010_sharing_roles'),
    ]

    operations = at_once([
        migrations.AddField(
            model_name='streamrendition',
            name='has_few_keyframes',
            field=models.BooleanField(db_default=False, default=False, help_text="Its pictures can't be copied in parts, it turned out."),
        ),
    ])
