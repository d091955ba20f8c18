"""The library's cards on the admin's first page. Each `load` asks a constant number of queries."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest

from library.admin.dashboard import Section, register_section
from library.admin.scans import scan_in_words, with_scans
from library.counting import kept_count
from library.models import Folder, ScanLog, Video, VideoFile
from library.models.file import FileState
from library.models.scan_log import ScanStatus

FOLDERS_SHOWN = 8
FAILED_SHOWN = 6
# Below this the card says so: making pictures and streams needs room.
LOW_DISK_RATIO = 0.05


def load_counts(request: HttpRequest) -> dict[str, Any] | None:
    """Numbers of the library; five queries that indexes answer, three where it is large."""
    if not Folder.objects.in_library().exists():
        return {"is_empty": True, "may_add": _may(request, "library.add_folder")}
    unready = VideoFile.objects.present().exclude(state=FileState.READY).order_by()
    by_state = dict(unready.values_list("state").annotate(n=Count("pk")))
    missing = VideoFile.objects.missing().count()
    files = kept_count(VideoFile.objects.all(), key="files")
    working = by_state.get(FileState.NEW, 0) + by_state.get(FileState.PROBED, 0)
    failed = by_state.get(FileState.FAILED, 0)
    return {
        "is_empty": False,
        "videos": kept_count(Video.objects.in_library(), key="videos"),
        "files": files,
        "ready": files - missing - working - failed,
        "working": working,
        "failed": failed,
        "missing": missing,
    }


def load_folders(request: HttpRequest) -> dict[str, Any] | None:
    """The first folders by name with their last scan; one query."""
    rows: Any = with_scans(Folder.objects.in_library()).order_by("-is_active", "name", "pk")
    folders = [(folder, scan_in_words(folder.latest_scan)) for folder in rows[: FOLDERS_SHOWN + 1]]
    if not folders:
        return None
    return {
        "folders": folders[:FOLDERS_SHOWN],
        "has_more": len(folders) > FOLDERS_SHOWN,
        "may_scan": _may(request, "library.change_folder"),
        "may_add": _may(request, "library.add_folder"),
    }


def load_held(request: HttpRequest) -> dict[str, Any] | None:
    """Scans that marked nothing and wait for a person's word; one query."""
    held = ScanLog.objects.filter(status=ScanStatus.HELD, folder__removed_at=None).select_related("folder")
    scans = list(held.order_by("-started_at")[:FOLDERS_SHOWN])
    return {"scans": scans, "may_scan": _may(request, "library.change_folder")} if scans else None


def load_failed_files(request: HttpRequest) -> dict[str, Any] | None:
    """The files that failed last, with their sentences; one query."""
    rows = VideoFile.objects.filter(state=FileState.FAILED, missing_since=None).select_related("folder")
    rows = rows.only("relative_path", "error", "updated_at", "folder__name").order_by("-updated_at", "-pk")
    files = list(rows[: FAILED_SHOWN + 1])
    return {"files": files[:FAILED_SHOWN], "has_more": len(files) > FAILED_SHOWN} if files else None


def load_disk(request: HttpRequest) -> dict[str, Any] | None:
    """Room on the disk of VIDEOTHEK_HOME, where pictures and the database lie; no query."""
    home: Path = settings.VIDEOTHEK_HOME  # type: ignore[assignment]
    while not home.is_dir() and home != home.parent:
        home = home.parent
    usage = shutil.disk_usage(home)
    used = usage.total - usage.free
    return {
        "free_bytes": usage.free,
        "total_bytes": usage.total,
        "used_percent": round(100 * used / usage.total),
        "is_low": usage.free < LOW_DISK_RATIO * usage.total,
    }


def _may(request: HttpRequest, permission: str) -> bool:
    user: Any = request.user
    return bool(user.has_perm(permission))


_FILES = ("library.view_videofile",)
_FOLDERS = ("library.view_folder",)
_AT = "admin/dashboard/"
for _section in (
    Section("held", "Scans that wait for you", _AT + "held.html", load_held, _FOLDERS, order=5, is_wide=True),
    Section("counts", "Library", _AT + "counts.html", load_counts, _FILES, order=10, is_wide=True, refreshes=True),
    Section("folders", "Folders", _AT + "folders.html", load_folders, _FOLDERS, order=30, refreshes=True),
    Section("failed-files", "Files that failed", _AT + "failed_files.html", load_failed_files, _FILES, order=40),
    Section("disk", "Disk", _AT + "disk.html", load_disk, _FILES, order=60),
):
    register_section(_section)
