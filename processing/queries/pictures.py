"""The pictures of files, for pages. Two queries however many files are asked for."""

from collections.abc import Iterable
from dataclasses import dataclass

from processing.models import Storyboard, Thumbnail


@dataclass(frozen=True, slots=True)
class Pictures:
    """What has been made of one file; each is None until it is there."""

    thumbnail: Thumbnail | None = None
    storyboard: Storyboard | None = None


NONE = Pictures()


def pictures_of(file_ids: Iterable[int]) -> dict[int, Pictures]:
    """Thumbnail and storyboard by file id; files without either are left out."""
    ids = list(file_ids)
    if not ids:
        return {}
    thumbnails = {row.file_id: row for row in Thumbnail.objects.filter(file_id__in=ids)}
    storyboards = {row.file_id: row for row in Storyboard.objects.filter(file_id__in=ids)}
    return {
        file_id: Pictures(thumbnails.get(file_id), storyboards.get(file_id))
        for file_id in thumbnails.keys() | storyboards.keys()
    }
