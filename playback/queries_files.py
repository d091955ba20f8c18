"""Which files of a video can be played."""

from library import words
from library.models import VideoFile

# A video with more copies shows the first of them.
_MOST = 50


def playable_files(video_id: int) -> list[VideoFile]:
    """The video's files that were there at the last look, the primary one first, then the largest pictures. One query.

    None from the trash, none from a folder that is switched off; `folder` and `video` are loaded.
    """
    rows = VideoFile.objects.present().filter(video=video_id, trashed_at=None, folder__is_active=True)
    files = list(rows.select_related("folder", "video").order_by("-is_primary", "pk")[:_MOST])
    return sorted(files, key=lambda file: (not file.is_primary, -(file.width or 0) * (file.height or 0), file.pk))


def find_file(video_id: int, file_id: int) -> VideoFile | None:
    """One of a video's files, missing or not, by its id. One query."""
    rows = VideoFile.objects.filter(pk=file_id, video=video_id, trashed_at=None, folder__is_active=True)
    return rows.select_related("folder", "video").first()


def file_labels(files: list[VideoFile]) -> dict[int, str]:
    """What tells them apart, by id: 1080p H.264 · MP4 · 1.4 GB. Without names or places: viewers don't see those."""
    labels: dict[int, str] = {}
    for file in files:
        picture = " ".join(filter(None, [words.resolution(file), words.codec(file.video_codec)]))
        hdr = words.hdr_format(file.hdr_format) if file.is_hdr else ""
        parts = [picture, hdr, words.container(file.container), words.size(file.size_bytes)]
        label = " · ".join(filter(None, parts))
        labels[file.pk] = f"{label} ({len(labels) + 1})" if label in labels.values() else label
    return labels
