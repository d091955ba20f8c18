"""The three roles that every installation has, as groups, and what each may.

They are made by migrations; an account has one of them or a role of the owner's own. The rights of "user" and
"moderator" can be edited; "admin" always holds every permission (`grant_everything_to_admin`).
"""

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission

USER, MODERATOR, ADMIN = "user", "moderator", "admin"
# What a new account gets.
DEFAULT_ROLE = USER

_PLAYLISTS = (
    "playback.add_playlist",
    "playback.delete_playlist",
    "playback.change_playlist",
    "playback.view_public_playlist",
)
# Links for people with an account; a public one gives a video to the whole world, so that is another right.
_SHARING = ("playback.add_sharelink",)
# Who is seen when; saying whose faces they are, and what somebody is known by, are other rights.
_FACES = ("faces.view_facetrack",)
_NAMING = (
    "faces.change_facetrack",
    "faces.delete_facetrack",
    "faces.view_facecluster",
    "faces.change_facecluster",
    "faces.view_facereference",
    "faces.add_facereference",
    "faces.change_facereference",
    "faces.delete_facereference",
)
_USER = ("library.view_video", "library.upload_video", "playback.export_clip", *_PLAYLISTS, *_SHARING, *_FACES)
_MODERATOR = (
    *_USER,
    *_NAMING,
    "playback.add_public_sharelink",
    "library.delete_video",
    "library.reprocess_video",
    "library.trash_video",
    "library.triage_video",
    "library.open_admin",
    "faces.search_by_photo",
    "stats.view_statistics",
)
# None is everything.
ROLES: dict[str, tuple[str, ...] | None] = {USER: _USER, MODERATOR: _MODERATOR, ADMIN: None}


def is_seeded(role: Group | None) -> bool:
    """Whether the role is one of the three that every installation has: it keeps its name and stays."""
    return role is not None and role.name in ROLES


def is_everything(role: Group | None) -> bool:
    """Whether the role is "admin", which always holds every permission."""
    return role is not None and role.name == ADMIN


def grant_everything_to_admin(sender: AppConfig, **signal: Any) -> None:
    """After migrations: permissions that a release brought go to the role "admin". One event in the audit log.

    Called for each app; works once, when the last one has made its permissions.
    """
    if sender is not [config for config in apps.get_app_configs() if config.models_module][-1]:
        return
    admin = Group.objects.filter(name=ADMIN).first()
    if admin is not None:
        admin.permissions.add(*Permission.objects.exclude(group=admin))
