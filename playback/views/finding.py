"""The video that an address names."""

from django.http import Http404

from library import queries
from library.models import VideoFile
from playback.queries_player import other_files


def shown_file(video_id: int, file_id: str = "") -> VideoFile:
    """The primary file of a shown video, or another one of it, with `video` and `folder`. Raises Http404."""
    file = queries.find_video(video_id) if video_id < 2**63 else None
    if file is None:
        raise Http404("There is no such video, or its folder is switched off.")
    if not file_id or str(file.pk) == file_id:
        return file
    for other in other_files(file):
        if str(other.pk) == file_id:
            return other
    raise Http404("This video has no such file.")
