"""All three roles make links for people with an account; public ones are for moderators and the admin."""

from django.db import migrations

from library.migration_operations import GrantRights

GRANTS = {
    "user": ["add_sharelink"],
    "moderator": ["add_sharelink", "add_public_sharelink"],
    "admin": ["add_sharelink", "add_public_sharelink", "view_sharelink", "delete_sharelink"],
}


class Migration(migrations.Migration):
    dependencies = [
        ("playback", "0009_sharing"),
        ("library", "0004_after_content_roles"),
    ]

    operations = [GrantRights("playback", GRANTS)]
