"""Whoever says whose faces they are also says what people are known by, and takes out what is no face."""

from django.db import migrations

from library.migration_operations import GrantRights

NAMING = ["add_facereference", "change_facereference", "delete_facereference", "delete_facetrack"]
GRANTS = {"moderator": NAMING, "admin": NAMING}


class Migration(migrations.Migration):
    dependencies = [("faces", "0008_deleted_faces"), ("library", "0004_after_content_roles")]

    operations = [GrantRights("faces", GRANTS)]
