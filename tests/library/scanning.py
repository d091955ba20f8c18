"""Scans as tests ask for them and read them."""

from typing import Any

from library.models import Folder, LibrarySettings, ScanLog, VideoFile
from library.models.file import FileState
from library.services import scan_folder


def scan(folder: Folder, **options: Any) -> dict[str, int]:
    """Scans without waiting for files to settle; returns the counters that are not zero, less their "files_"."""
    LibrarySettings.objects.update_or_create(pk=1, defaults={"settle_seconds": 0})
    return counts(scan_folder(folder=folder, **options))


def counts(log: ScanLog) -> dict[str, int]:
    """The counters of a scan that are not zero, read from the database."""
    row = ScanLog.objects.get(pk=log.pk)
    return {name.removeprefix("files_"): n for name, n in vars(row).items() if name.startswith("files_") and n}


def scan_and_finish(folder: Folder, **options: Any) -> None:
    """Scans, and lets every file be ready, as if the stages had run; they get no video."""
    scan(folder, **options)
    VideoFile.objects.filter(folder=folder).update(state=FileState.READY)


def present_paths(folder: Folder) -> list[str]:
    """Paths of the folder's files that are there, sorted."""
    return sorted(folder.files.filter(missing_since=None).values_list("relative_path", flat=True))
