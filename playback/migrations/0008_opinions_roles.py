"""All three roles may cut clips out of what they may watch and download anyway."""

from django.db import migrations

from library.migration_operations import GrantRights

GRANTS = dict.fromkeys(("user", "moderator", "admin"), ["export_clip"])


class Migration(migrations.Migration):
    dependencies = [("playback", "0007_opinions")]

    operations = [GrantRights("playback", GRANTS)]
