"""Rows for tests. Every argument is keyword-only; a test names the facts that matter to it and no others."""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, Permission

from library.hashing import oshash
from library.models import Folder, User, Video, VideoFile
from library.models.file import FileState
from library.paths import encode_path
from library.roles import ROLES, USER
from library.services import FileFacts

_numbers = itertools.count(1)

# Long past: a file of that time has settled, whatever the machine's clock says.
LONG_AGO_NS = 1_600_000_000 * 10**9


def make_user(
    *, username: str = "", password: str = "secret", role: str = USER, is_staff: bool = False, **columns: Any
) -> User:
    """Someone who may log in, with a role ("" for none). With `is_staff` they may also open the admin."""
    user = User.objects.create_user(username=username or f"user{next(_numbers)}", password=password, **columns)
    if role and not user.is_superuser:
        user.groups.add(make_role(name=role))
    if is_staff and not user.is_superuser:
        user.user_permissions.add(find_permission("library.open_admin"))
        user.refresh_from_db()
    return user


def make_role(*, name: str, permissions: Sequence[str] | None = None) -> Group:
    """The role of that name. One that isn't there, as after a flush, gets `permissions`, by default its own."""
    role, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        wanted = ROLES[name] if permissions is None else permissions
        everything = Permission.objects.all()
        role.permissions.set(everything if wanted is None else map(find_permission, wanted))
    return role


def find_permission(name: str) -> Permission:
    """The permission of that name, "app.codename"."""
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def make_folder(*, path: str | Path = "", **columns: Any) -> Folder:
    """A folder of the library. `path` as `os` gives it; without one, a path that isn't on this machine."""
    number = next(_numbers)
    stored = encode_path(os.fspath(path)) if path else f"/nowhere/folder{number}"
    return Folder.objects.create(**{"name": f"Folder {number}", "path": stored, **columns})


def make_video(*, title: str = "", **columns: Any) -> Video:
    """A video without a file."""
    return Video.objects.create(title=title or f"Video {next(_numbers)}", **columns)


def make_file(
    *,
    folder: Folder | None = None,
    video: Video | None = None,
    path: str | Path = "",
    **columns: Any,
) -> VideoFile:
    """A finished primary file of a video (its own, unless `video` is given).

    With `path`, a file that exists below the folder, its size, time and oshash are those on disk; without one they are
    made up. With `state="new"` it has not been probed: no video, not primary.
    """
    number = next(_numbers)
    if folder is None:
        folder = make_folder(path=Path(path).parent if path else "")
    values: dict[str, Any] = {
        "relative_path": f"video{number}.mp4",
        "size_bytes": 1_000_000 + number,
        "mtime_ns": LONG_AGO_NS,
        "oshash": f"{number:016x}",
        "state": FileState.READY,
    }
    if path:
        status = os.stat(path)
        values["relative_path"] = encode_path(os.path.relpath(path, folder.fs_path))
        values["size_bytes"], values["mtime_ns"] = status.st_size, status.st_mtime_ns
        values["oshash"] = oshash(os.fspath(path))
    values.update(columns)
    if values["state"] in (FileState.PROBED, FileState.READY):
        video = video or make_video()
        values.setdefault("is_primary", not VideoFile.objects.filter(video=video, is_primary=True).exists())
    return VideoFile.objects.create(folder=folder, video=video, **values)


def make_facts(**facts: Any) -> FileFacts:
    """What a probe of an ordinary file finds."""
    values: dict[str, Any] = {
        "container": "mp4",
        "duration_seconds": 10.0,
        "width": 1920,
        "height": 1080,
        "rotation": 0,
        "frame_rate": 25.0,
        "bit_rate": 1_000_000,
        "video_codec": "h264",
        "audio_codec": "aac",
        "is_hdr": False,
        "hdr_format": "",
        "embedded_title": "",
        "embedded_created_at": None,
    }
    return FileFacts(**{**values, **facts})


def write_file(path: str | Path, *, content: bytes = b"", mtime_ns: int = 0) -> str:
    """A settled file on disk, its folders made; returns its path. Bytes and time are its own unless given."""
    mtime_ns = mtime_ns or LONG_AGO_NS + next(_numbers) * 10**9
    name = os.fspath(path)
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    with open(name, "wb") as target:
        # Whole words: oshash leaves out the bytes after the last one.
        target.write(content or f"content {next(_numbers):024d}".encode())
    os.utime(name, ns=(mtime_ns, mtime_ns))
    return name
