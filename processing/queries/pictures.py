"""The pictures of files, for pages. Three queries however many files are asked for."""

from collections.abc import Iterable
from dataclasses import dataclass

from processing.models import Preview, Storyboard, Thumbnail


@dataclass(frozen=True, slots=True)
class Pictures:
    """What has been made of one file; each is None until it is there."""

    thumbnail: Thumbnail | None = None
    storyboard: Storyboard | None = None
    preview: Preview | None = None


NONE = Pictures()


def pictures_of(file_ids: Iterable[int]) -> dict[int, Pictures]:
    """Thumbnail, storyboard and preview by file id; files without any are left out."""
    ids = list(file_ids)
    if not ids:
        return {}
    thumbnails = {row.file_id: row for row in Thumbnail.objects.filter(file_id__in=ids)}
    storyboards = {row.file_id: row for row in Storyboard.objects.filter(file_id__in=ids)}
    previews = {row.file_id: row for row in Preview.objects.filter(file_id__in=ids)}
    return {
        file_id: Pictures(thumbnails.get(file_id), storyboards.get(file_id), previews.get(file_id))
        for file_id in thumbnails.keys() | storyboards.keys() | previews.keys()
    }
