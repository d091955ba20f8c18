"""Moderators and the admin see statistics; how long they are kept is the admin's."""

from django.db import migrations

from library.migration_operations import GrantRights

GRANTS = {
    "moderator": ["view_statistics"],
    "admin": [
        "view_statistics",
        "view_statssettings",
        "change_statssettings",
    ],
}


class Migration(migrations.Migration):
    dependencies = [
        ("stats", "0001_snapshots"),
        ("library", "0004_after_content_roles"),
    ]

    operations = [GrantRights("stats", GRANTS)]
