"""All three roles see who is in a video; moderators and admins say whose faces they are."""

from django.db import migrations

from library.migration_operations import GrantRights

SEEING = ["view_facetrack"]
NAMING = ["change_facetrack", "view_facecluster", "change_facecluster", "view_facereference"]
GRANTS = {"user": SEEING, "moderator": [*SEEING, *NAMING], "admin": [*SEEING, *NAMING]}


class Migration(migrations.Migration):
    dependencies = [
        ("faces", "0003_looks"),
        ("library", "0004_after_content_roles"),
    ]

    operations = [GrantRights("faces", GRANTS)]
