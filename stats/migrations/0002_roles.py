"""Moderators and the admin see statistics; how long they are kept is the admin's."""

from django.apps import apps as present
from django.contrib.auth.management import create_permissions
from django.db import migrations

GRANTS = {
    "moderator": ["view_statistics"],
    "admin": [
        "view_statistics",
        "view_statssettings",
        "change_statssettings",
    ],
}


def changes(apps):
    groups = apps.get_model("auth", "Group").objects
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="stats")
    for name, codenames in GRANTS.items():
        for group in groups.filter(name=name):
            yield group, permissions.filter(codename__in=codenames)


def grant(apps, schema_editor):
    create_permissions(present.get_app_config("stats"), verbosity=0, apps=apps)
    for group, permissions in changes(apps):
        group.permissions.add(*permissions)


def withdraw(apps, schema_editor):
    for group, permissions in changes(apps):
        group.permissions.remove(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("stats", "0001_snapshots"),
        ("library", "0004_after_content_roles"),
    ]

    operations = [migrations.RunPython(grant, withdraw)]
