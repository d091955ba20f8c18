"""Where uploads lie, and whether there is room."""

import os
import shutil

from library.exceptions import NoSpaceError, UploadError
from library.models import Folder, LibrarySettings, Upload
from library.models.upload import UploadStatus
from library.services.availability import is_available

# Hidden, so that no scan lists it; on the folder's own disk, so that the last step is a rename.
PARTS = ".videothek-uploads"
_GB = 1_000_000_000


def upload_folder() -> Folder:
    """The default folder, ready to be written to. Raises UploadError with a sentence where there is none."""
    folder = Folder.objects.in_library().filter(is_default=True).first()
    if folder is None:
        raise UploadError("There is no folder that uploads go to: the owner chooses one under Folders (“default”).")
    if not folder.is_active or not is_available(folder):
        raise UploadError(f"The disk of {folder.name}, where uploads go, is not there right now: connect it first.")
    if not os.access(folder.fs_path, os.W_OK | os.X_OK):
        raise UploadError(
            f"Nothing can be written into {folder.name}, where uploads go: the owner gives Videothek's user the right "
            "to, or makes another folder the default one."
        )
    return folder


def part_path(upload: Upload) -> str:
    """Where its bytes lie until all are there, as `os` takes it."""
    return os.path.join(upload.folder.fs_path, PARTS, f"{upload.public_id}.part")


def free_bytes(directory: str) -> int:
    """Room on the disk, less the margin that the settings keep free; below 0 when the margin is used up.

    Raises UploadError when the disk isn't there.
    """
    try:
        free = shutil.disk_usage(directory).free
    except OSError as error:
        raise UploadError(f"The disk that uploads go to is not there right now ({error.strerror}).") from None
    return free - LibrarySettings.load().upload_margin_gb * _GB


def check_room(folder: Folder, needed_bytes: int, *, besides: Upload | None = None) -> None:
    """Raises NoSpaceError unless `needed_bytes` fit beside what other uploads have still to bring."""
    others = Upload.objects.filter(folder=folder, status=UploadStatus.RECEIVING)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    promised = sum(size - received for size, received in others.values_list("size_bytes", "received_bytes"))
    if free_bytes(folder.fs_path) < needed_bytes + promised:
        raise NoSpaceError(
            f"There is not enough room on the disk of {folder.name} for {_size(needed_bytes)}"
            + (f" beside the uploads that are under way ({_size(promised)})" if promised else "")
            + ": the owner has to make room first."
        )


def _size(number: int) -> str:
    return f"{number / _GB:,.1f} GB" if number >= _GB else f"{max(1, number // 1_000_000):,} MB"
