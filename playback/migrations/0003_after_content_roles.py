"""All three roles make, edit and delete playlists of their own, and see public ones."""

from django.apps import apps as present
from django.contrib.auth.management import create_permissions
from django.db import migrations

CODENAMES = ["add_playlist", "delete_playlist", "change_playlist", "view_public_playlist"]


def roles_and_permissions(apps):
    groups = apps.get_model("auth", "Group").objects.filter(name__in=["user", "moderator", "admin"])
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="playback", codename__in=CODENAMES
    )
    return groups, permissions


def grant(apps, schema_editor):
    create_permissions(present.get_app_config("playback"), verbosity=0, apps=apps)
    groups, permissions = roles_and_permissions(apps)
    for group in groups:
        group.permissions.add(*permissions)


def withdraw(apps, schema_editor):
    groups, permissions = roles_and_permissions(apps)
    for group in groups:
        group.permissions.remove(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("playback", "0002_content"),
        ("library", "0004_after_content_roles"),
    ]

    operations = [migrations.RunPython(grant, withdraw)]
