"""The three roles: user, moderator and admin. Accounts from before get one, so that nobody is shut out."""

from django.apps import apps as present
from django.contrib.auth.management import create_permissions
from django.db import migrations

ROLES = {
    "user": ["view_video", "upload_video"],
    "moderator": ["view_video", "upload_video", "delete_video", "reprocess_video", "trash_video", "open_admin"],
    "admin": None,
}


def seed(apps, schema_editor):
    # Django makes permissions after all migrations only; these are needed now.
    create_permissions(present.get_app_config("library"), verbosity=0, apps=apps)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    roles = {}
    for name, codenames in ROLES.items():
        roles[name] = Group.objects.get_or_create(name=name)[0]
        wanted = Permission.objects.all()
        if codenames is not None:
            wanted = wanted.filter(content_type__app_label="library", codename__in=codenames)
        roles[name].permissions.add(*wanted)
    for user in apps.get_model("library", "User").objects.filter(is_superuser=False, groups=None):
        user.groups.add(roles["moderator" if user.is_staff else "user"])


def remove(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0003_content"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(seed, remove)]
