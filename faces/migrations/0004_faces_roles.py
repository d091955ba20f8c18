"""All three roles see who is in a video; moderators and admins say whose faces they are."""

from django.apps import apps as present
from django.contrib.auth.management import create_permissions
from django.db import migrations

SEEING = ["view_facetrack"]
NAMING = ["change_facetrack", "view_facecluster", "change_facecluster", "view_facereference"]
GRANTED = {"user": SEEING, "moderator": [*SEEING, *NAMING], "admin": [*SEEING, *NAMING]}


def each(apps):
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="faces")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GRANTED):
        yield group, permissions.filter(codename__in=GRANTED[group.name])


def grant(apps, schema_editor):
    create_permissions(present.get_app_config("faces"), verbosity=0, apps=apps)
    for group, permissions in each(apps):
        group.permissions.add(*permissions)


def withdraw(apps, schema_editor):
    for group, permissions in each(apps):
        group.permissions.remove(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("faces", "0003_looks"),
        ("library", "0004_after_content_roles"),
    ]

    operations = [migrations.RunPython(grant, withdraw)]
