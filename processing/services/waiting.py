"""Files that are being worked on again."""

from collections.abc import Sequence

from library.models import VideoFile
from library.models.file import FileState


def mark_waiting(stage: str, file_ids: Sequence[int]) -> None:
    """Failed files count as waiting again, so that their pages say so at once. Only stages that files wait for do."""
    state = {"probe": FileState.NEW, "frames": FileState.PROBED}.get(stage)
    if state is not None:
        VideoFile.objects.filter(pk__in=file_ids, state=FileState.FAILED).update(state=state, error="")
