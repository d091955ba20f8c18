"""The video, and which of its files, that an address names."""

from django.http import Http404

from library import queries
from library.models import VideoFile


def shown_file(video_id: int) -> VideoFile:
    """The primary file of a shown video, with `video` and `folder`. Raises Http404."""
    file = queries.find_video(video_id) if video_id < 2**63 else None
    if file is None:
        raise Http404("There is no such video, or its folder is switched off.")
    return file


def chosen_file(video_id: int, wanted: str) -> VideoFile:
    """The file with the id `wanted` of a shown video; its primary one when that is empty. Raises Http404."""
    primary = shown_file(video_id)
    if not wanted or wanted == str(primary.pk):
        return primary
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        raise Http404("A file is named by its number.")
    rows = VideoFile.objects.select_related("video", "folder").filter(video=video_id, trashed_at=None)
    file = rows.filter(pk=int(wanted), folder__is_active=True, folder__removed_at=None).first()
    if file is None:
        raise Http404("This video has no such file.")
    return file
