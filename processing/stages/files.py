"""What the stages that work on a file share."""

import os
import socket
from collections.abc import Sequence

from library.models import VideoFile
from library.models.file import FileState
from library.paths import display_path
from library.services import fail_file
from processing.exceptions import FolderAwayError, TargetGoneError


def load_file(file_id: int) -> VideoFile:
    """The file with its folder. Raises TargetGoneError when it left the library or a scan has marked it missing, and
    FolderAwayError when this machine doesn't see the folder at all."""
    file = VideoFile.objects.select_related("folder").filter(pk=file_id).first()
    if file is None:
        raise TargetGoneError("The file was removed from the library.")
    if file.missing_since is not None:
        raise TargetGoneError("The file is not there any more; it is taken up again when a scan finds it.")
    if not os.path.isdir(file.folder.fs_path):
        raise FolderAwayError(
            f"{file.folder.shown_path} can't be reached from {socket.gethostname()}: mount its disk there."
        )
    return file


def labels(target_ids: Sequence[int]) -> dict[int, str]:
    """Paths below the folder, as people read them."""
    rows = VideoFile.objects.filter(pk__in=target_ids).values_list("pk", "relative_path")
    return {pk: display_path(path) for pk, path in rows}


def mark_failed(file_id: int, sentence: str) -> None:
    """The engine has given up on the file."""
    fail_file(file_id=file_id, error=sentence)


def mark_ready(file_ids: Sequence[int]) -> None:
    """Their pictures are those of their content already, or aren't wanted: they need not wait for any."""
    VideoFile.objects.filter(pk__in=file_ids, state=FileState.PROBED).update(state=FileState.READY)
