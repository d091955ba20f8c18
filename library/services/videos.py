"""Which video a file belongs to, and which of a video's files is the one that is shown."""

import os
from collections.abc import Sequence

from django.db import connection

from library.exceptions import FileChangedError
from library.hashing import content_hash
from library.models import Video, VideoFile
from library.paths import display_path

# First key of PostgreSQL's advisory locks for "a video of this content is being looked up or made".
_LOCK_CLASS = 7_302
_TITLE_CHARACTERS = Video._meta.get_field("title").max_length


def title_of(file: VideoFile) -> str:
    """The file's name without its ending, as a person reads it; at most as long as a title may be."""
    stem = os.path.splitext(os.path.basename(file.relative_path))[0]
    return display_path(stem)[:_TITLE_CHARACTERS].strip() or "Untitled"


def twins_of(file: VideoFile) -> list[VideoFile]:
    """Other files of the same size and oshash that belong to a video, the oldest first; none for an empty file."""
    if not file.size_bytes or not file.oshash:
        return []
    same = VideoFile.objects.filter(size_bytes=file.size_bytes, oshash=file.oshash, video__isnull=False)
    return list(same.exclude(pk=file.pk).select_related("folder", "video").order_by("pk"))


def hash_contents(files: Sequence[VideoFile]) -> None:
    """Fills `content_hash` where it is missing and the file can be read. Reads whole files: not in a transaction."""
    for file in files:
        if not file.content_hash:
            try:
                file.content_hash = content_hash(file.fs_path)
            except OSError:
                continue
            VideoFile.objects.filter(pk=file.pk, oshash=file.oshash).update(content_hash=file.content_hash)


def lock_content(file: VideoFile) -> None:
    """Holds, until the transaction ends, the right to decide which video this content belongs to."""
    key = int(file.oshash or "0", 16) ^ file.size_bytes
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, (key & 0xFFFFFFFF) - 0x80000000])


def video_for(file: VideoFile, twins: Sequence[VideoFile]) -> Video:
    """The video of a twin with equal content, or a new one. The caller holds `lock_content` and hashed the twins.

    A twin that can't be read now (its disk is unplugged) counts as equal: size and oshash agree, and taking it for
    another video would lose the history that the first one has.
    """
    for twin in twins:
        if not twin.content_hash or twin.content_hash == file.content_hash:
            if twin.video is None:
                raise FileChangedError("The other copy of this file changed; it is looked at again.")
            return twin.video
    return Video.objects.create(title=title_of(file))


def take_primary(file: VideoFile) -> bool:
    """Whether the file now is its video's primary one: it was, or the video had none that is present."""
    others = VideoFile.objects.filter(video=file.video_id, is_primary=True).exclude(pk=file.pk)
    if others.filter(missing_since=None).exists():
        return False
    others.update(is_primary=False)
    return True


def copy_facts(file: VideoFile) -> None:
    """Repeats the primary file's facts on its video, which lists sort and filter by. Writes only those columns."""
    Video.objects.filter(pk=file.video_id).update(
        duration_seconds=file.duration_seconds, width=file.width, height=file.height, is_hdr=file.is_hdr
    )
    Video.objects.filter(pk=file.video_id, recorded_at=None).update(recorded_at=file.embedded_created_at)


def promote_present_files(*, file_ids: Sequence[int]) -> int:
    """For videos whose primary file is among the ids and missing: another present file takes its place, if there is one.

    Returns how many videos changed. Called in the transaction that marked the files.
    """
    lost = VideoFile.objects.filter(pk__in=file_ids, is_primary=True, missing_since__isnull=False, video__isnull=False)
    videos = list(lost.values_list("video_id", flat=True))
    spare = (
        VideoFile.objects.filter(video__in=videos, missing_since=None).order_by("video_id", "pk").distinct("video_id")
    )
    files = list(spare)
    for file in files:
        VideoFile.objects.filter(video=file.video_id, is_primary=True).update(is_primary=False)
        VideoFile.objects.filter(pk=file.pk).update(is_primary=True)
        copy_facts(file)
    return len(files)
