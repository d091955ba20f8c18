"""Moderators may look people up by a photo; viewers when the owner says so."""

from django.apps import apps as present
from django.contrib.auth.management import create_permissions
from django.db import migrations

CODENAMES = ["search_by_photo"]


def roles_and_permissions(apps):
    groups = apps.get_model("auth", "Group").objects.filter(name__in=["moderator", "admin"])
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="faces", codename__in=CODENAMES
    )
    return groups, permissions


def grant(apps, schema_editor):
    create_permissions(present.get_app_config("faces"), verbosity=0, apps=apps)
    groups, permissions = roles_and_permissions(apps)
    for group in groups:
        group.permissions.add(*permissions)


def withdraw(apps, schema_editor):
    groups, permissions = roles_and_permissions(apps)
    for group in groups:
        group.permissions.remove(*permissions)


class Migration(migrations.Migration):
    dependencies = [("faces", "0005_photo_search"), ("library", "0004_after_content_roles")]

    operations = [migrations.RunPython(grant, withdraw)]
