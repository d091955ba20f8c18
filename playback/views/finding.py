"""The video that an address names."""

from django.http import Http404

from library import queries
from library.models import VideoFile


def shown_file(video_id: int) -> VideoFile:
    """The primary file of a shown video, with `video` and `folder`. Raises Http404."""
    file = queries.find_video(video_id) if video_id < 2**63 else None
    if file is None:
        raise Http404("There is no such video, or its folder is switched off.")
    return file
