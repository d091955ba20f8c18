"""Moderators may look people up by a photo; viewers when the owner says so."""

from django.db import migrations

from library.migration_operations import GrantRights

GRANTS = {"moderator": ["search_by_photo"], "admin": ["search_by_photo"]}


class Migration(migrations.Migration):
    dependencies = [("faces", "0005_photo_search"), ("library", "0004_after_content_roles")]

    operations = [GrantRights("faces", GRANTS)]
