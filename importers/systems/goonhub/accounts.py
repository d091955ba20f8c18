"""Users and roles."""

from collections.abc import Mapping

from importers.records import Mapped, Record
from importers.systems.goonhub.row import Row
from library.hashers import as_stored
from library.roles import ROLES

# A right of GoonHub and the rights of ours that mean the same. Those over accounts, roles and settings are none here:
# they belong to the owner and to the role admin.
_RIGHTS: Mapping[str, tuple[str, ...]] = {
    "scenes:view": ("library.view_video",),
    "scenes:upload": ("library.upload_video",),
    "scenes:delete": ("library.delete_video",),
    "scenes:reprocess": ("library.reprocess_video",),
    "scenes:trash": ("library.trash_video",),
    "playlists:create": ("playback.add_playlist",),
    "playlists:edit": ("playback.change_playlist",),
    "playlists:delete": ("playback.delete_playlist",),
    "playlists:view_public": ("playback.view_public_playlist",),
}
_LONGEST_NAME = 150


def map_user(row: Row) -> Mapped:
    """An account that may log in with its old password. Never an owner: whoever imports decides who that is."""
    name = row.named("username", _LONGEST_NAME)
    row.made_again("updated_at")
    password = as_stored(str(row.raw("password") or ""))
    if not password:
        row.note("password_unreadable")
    made = row.moment("created_at")
    values = {
        "username": name,
        "password": password,
        "is_active": True,
        "last_login": row.moment("last_login_at"),
        "is_owner": False,
        "role": row.text("role", _LONGEST_NAME).strip() or "user",
        **({"date_joined": made, "created_at": made} if made else {}),
    }
    return row.mapped(Record("library.user", values), title=name)


def map_role(row: Row) -> Mapped:
    """The three that every installation has keep the rights that they have here; others are made with theirs."""
    name = row.named("name", _LONGEST_NAME)
    held = row.lookups.role_permissions.get(row.key, [])
    if name in ROLES:
        return row.mapped(Record("library.role", {"name": name, "permissions": []}), title=name)
    ours: dict[str, None] = {}
    for right in held:
        known = right.replace("videos:", "scenes:", 1)
        if known in _RIGHTS:
            ours.update(dict.fromkeys(_RIGHTS[known]))
        else:
            row.keep("permissions", held, "right_of_admins")
    return row.mapped(Record("library.role", {"name": name, "permissions": list(ours)}), title=name)
