"""All three roles make, edit and delete playlists of their own, and see public ones."""

from django.db import migrations

from library.migration_operations import GrantRights

CODENAMES = ["add_playlist", "delete_playlist", "change_playlist", "view_public_playlist"]
GRANTS = dict.fromkeys(("user", "moderator", "admin"), CODENAMES)


class Migration(migrations.Migration):
    dependencies = [
        ("playback", "0002_content"),
        ("library", "0004_after_content_roles"),
    ]

    operations = [GrantRights("playback", GRANTS)]
