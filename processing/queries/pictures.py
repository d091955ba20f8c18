"""The pictures of files, for pages. One query however many files are asked for."""

from collections.abc import Iterable
from dataclasses import dataclass

from library.models import VideoFile
from processing.models import Preview, Storyboard, Thumbnail


@dataclass(frozen=True, slots=True)
class Pictures:
    """What has been made of one file; each is None until it is there."""

    thumbnail: Thumbnail | None = None
    storyboard: Storyboard | None = None
    preview: Preview | None = None


NONE = Pictures()
_KINDS = ("thumbnail", "storyboard", "preview")
# All but what nobody shows.
_UNSHOWN = {"created_at", "updated_at", "input_key"}
_COLUMNS = [
    f"{kind}__{field.attname}"
    for kind, model in zip(_KINDS, (Thumbnail, Storyboard, Preview), strict=True)
    for field in model._meta.concrete_fields
    if field.attname not in _UNSHOWN
]


def pictures_of(file_ids: Iterable[int]) -> dict[int, Pictures]:
    """Thumbnail, storyboard and preview by file id; files without any are left out."""
    ids = list(file_ids)
    if not ids:
        return {}
    rows = VideoFile.objects.filter(pk__in=ids).order_by().only("pk", *_COLUMNS).select_related(*_KINDS)
    found = {row.pk: Pictures(*(getattr(row, kind, None) for kind in _KINDS)) for row in rows}
    return {file_id: pictures for file_id, pictures in found.items() if pictures != NONE}
