"""All three roles may cut clips out of what they may watch and download anyway."""

from django.apps import apps as present
from django.contrib.auth.management import create_permissions
from django.db import migrations

CODENAMES = ["export_clip"]


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
    dependencies = [("playback", "0007_opinions")]

    operations = [migrations.RunPython(grant, withdraw)]
