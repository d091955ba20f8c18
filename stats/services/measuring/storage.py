"""What lies on the disks: from the database for videos, from the disks for their free room, and for what was made from
videos from its storage, now and then."""

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage

from library.path_map import local_path
from library.paths import decode_path, display_path
from library.services.sweeping import stored_kinds
from stats.models import StorageSnapshot
from stats.services.measuring.rows import one, rows

_FILES = """
    SELECT sum(size_bytes) FILTER (WHERE missing_since IS NULL)::bigint AS video_bytes,
           count(*) FILTER (WHERE missing_since IS NULL) AS video_count,
           sum(size_bytes) FILTER (WHERE missing_since IS NOT NULL)::bigint AS missing_bytes,
           count(*) FILTER (WHERE missing_since IS NOT NULL) AS missing_count
      FROM library_videofile
"""
_FOLDERS = """
    SELECT folder.id AS directory_id, folder.name, folder.path,
           coalesce(sum(file.size_bytes) FILTER (WHERE file.missing_since IS NULL), 0)::bigint AS size_bytes,
           count(file.id) FILTER (WHERE file.missing_since IS NULL) AS video_count,
           count(file.id) FILTER (WHERE file.missing_since IS NOT NULL) AS missing_count
      FROM library_folder AS folder LEFT JOIN library_videofile AS file ON file.folder_id = folder.id
     WHERE folder.removed_at IS NULL GROUP BY folder.id ORDER BY 4 DESC, 1
"""
# What lies in the first folders below each, the largest twenty.
_INSIDE = """
    SELECT folder_id, name, size_bytes, video_count
      FROM (
        SELECT folder_id, split_part(relative_path, '/', 1) AS name, coalesce(sum(size_bytes), 0)::bigint AS size_bytes,
               count(*) AS video_count, row_number() OVER (
                 PARTITION BY folder_id ORDER BY sum(size_bytes) DESC NULLS LAST, split_part(relative_path, '/', 1)
               ) AS place
          FROM library_videofile WHERE missing_since IS NULL AND relative_path LIKE '%/%' GROUP BY 1, 2
      ) AS inside WHERE place <= 20 ORDER BY folder_id, place
"""
_CONVERTED = """
    SELECT sum(file.size_bytes)::bigint AS converted_bytes
      FROM library_videofile AS file
     WHERE file.missing_since IS NULL
       AND EXISTS (SELECT FROM processing_conversion AS made WHERE made.output_file_id = file.id)
"""
_DATABASE = "SELECT pg_database_size(current_database()) AS database_bytes"


def measure(*, now: datetime, derived_every: timedelta) -> dict[str, Any]:
    """The fields of a StorageSnapshot. Derived files are walked when the last walk is older than `derived_every`."""
    values = one(_FILES) | one(_CONVERTED) | one(_DATABASE)
    folders = rows(_FOLDERS)
    inside: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(_INSIDE):
        inside[row.pop("folder_id")].append(row | {"name": display_path(row["name"])})
    values["directory_breakdown"] = [
        row | {"path": display_path(row["path"]), "folders": inside[row["directory_id"]]} for row in folders
    ]
    values["disks"] = _disks([(row["name"], row["path"]) for row in folders])
    recent = StorageSnapshot.objects.filter(derived_at__gt=now - derived_every, derived_at__lte=now)
    last = recent.order_by("-derived_at").first()
    if last is not None:
        derived, measured_at = last.derived_breakdown, last.derived_at
    else:
        derived, measured_at = _derived(), now
    values |= {"derived_breakdown": derived, "derived_at": measured_at}
    return values | {"derived_bytes": sum(row["size_bytes"] for row in derived)}


def _derived() -> list[dict[str, Any]]:
    """Files and bytes of every kind that is stored for the project alone."""
    found = []
    for kind in stored_kinds():
        if kind.is_shared:
            continue
        files = size = 0
        for length in _sizes(kind.storage(), kind.folder):
            files, size = files + 1, size + length
        found.append({"label": kind.label, "size_bytes": size, "files": files})
    return sorted(found, key=lambda row: (-row["size_bytes"], row["label"]))


def _sizes(storage: Storage, folder: str) -> Iterator[int]:
    """The bytes of every file below a folder of a storage; buckets list them with the names."""
    if hasattr(storage, "bucket"):
        yield from (size for _, size in storage.names(f"{folder}/"))  # type: ignore[attr-defined]
        return
    for place, _, names in os.walk(storage.path(folder)):
        for name in names:
            with contextlib.suppress(OSError):
                yield os.stat(os.path.join(place, name)).st_size


def _disks(folders: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """The disks that the folders and Videothek's own files lie on; those that can't be asked right now are left out."""
    disks: dict[int, dict[str, Any]] = {}
    places = [
        *((name, local_path(decode_path(path))) for name, path in folders),
        ("Videothek's own files", str(settings.VIDEOTHEK_HOME)),
    ]
    for name, place in places:
        try:
            device, room = os.stat(place).st_dev, os.statvfs(place)
        except OSError:
            continue
        disk = disks.setdefault(
            device,
            {
                "path": place.encode(errors="surrogateescape").decode(errors="replace"),
                "total_bytes": room.f_frsize * room.f_blocks,
                "free_bytes": room.f_frsize * room.f_bavail,
                "folders": [],
            },
        )
        disk["folders"].append(name)
    return list(disks.values())
