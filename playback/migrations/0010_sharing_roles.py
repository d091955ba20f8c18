"""All three roles make links for people with an account; public ones are for moderators and the admin."""

from django.apps import apps as present
from django.contrib.auth.management import create_permissions
from django.db import migrations

GRANTS = {
    "user": ["add_sharelink"],
    "moderator": ["add_sharelink", "add_public_sharelink"],
    "admin": ["add_sharelink", "add_public_sharelink", "view_sharelink", "delete_sharelink"],
}


def changes(apps):
    groups = apps.get_model("auth", "Group").objects
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="playback")
    for name, codenames in GRANTS.items():
        for group in groups.filter(name=name):
            yield group, permissions.filter(codename__in=codenames)


def grant(apps, schema_editor):
    create_permissions(present.get_app_config("playback"), verbosity=0, apps=apps)
    for group, permissions in changes(apps):
        group.permissions.add(*permissions)


def withdraw(apps, schema_editor):
    for group, permissions in changes(apps):
        group.permissions.remove(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("playback", "0009_sharing"),
        ("library", "0004_after_content_roles"),
    ]

    operations = [migrations.RunPython(grant, withdraw)]
