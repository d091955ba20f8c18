"""Which video a file belongs to, and which of a video's files is the one that is shown."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from library.exceptions import FileChangedError, LibraryError
from library.hashing import content_hash
from library.models import Upload, User, Video, VideoFile
from library.models.file import FileState, VideoFileQuerySet
from library.models.video import Origin
from library.paths import display_path
from library.services.changes import change_batch
from library.services.walk import mtime_ns

# First key of PostgreSQL's advisory locks for "a video of this content is being looked up or made".
_LOCK_CLASS = 7_302
_TITLE_CHARACTERS = Video._meta.get_field("title").max_length
_NAME_CHARACTERS = Video._meta.get_field("original_file_name").max_length
# Containers round, and one with sound lasts as long as its sound.
_REMUX_TOLERANCE_SECONDS = 1.0


def title_of(file: VideoFile) -> str:
    """The file's name without its ending, as a person reads it; at most as long as a title may be."""
    stem = os.path.splitext(os.path.basename(file.relative_path))[0]
    return display_path(stem).strip()[:_TITLE_CHARACTERS].strip() or "Untitled"


def twins_of(file: VideoFile) -> list[VideoFile]:
    """Other files of the same size and oshash that belong to a video, the oldest first; none for an empty file.

    Those in the trash count, or a copy of what was thrown away would come back as a new video; they are the last.
    """
    if not file.size_bytes or not file.oshash:
        return []
    return _owned(file, VideoFile.objects.filter(size_bytes=file.size_bytes, oshash=file.oshash))


def remuxes_of(file: VideoFile) -> list[VideoFile]:
    """Other files that hold the same pictures in other bytes and belong to a video, in the order of `twins_of`.

    Reads the file's facts from the instance. Files whose content was replaced and not looked at yet don't count: their
    facts are those of what they were.
    """
    if not file.packet_hash or file.duration_seconds is None:
        return []
    near = file.duration_seconds - _REMUX_TOLERANCE_SECONDS, file.duration_seconds + _REMUX_TOLERANCE_SECONDS
    same = VideoFile.objects.filter(
        packet_hash=file.packet_hash,
        width=file.width,
        height=file.height,
        duration_seconds__range=near,
        state__in=(FileState.PROBED, FileState.READY),
    )
    return _owned(file, same)


def _owned(file: VideoFile, same: VideoFileQuerySet) -> list[VideoFile]:
    others = same.filter(video__isnull=False).exclude(pk=file.pk).select_related("folder", "video")
    return list(others.order_by(F("video__trashed_at").asc(nulls_first=True), "pk"))


def hash_contents(files: Sequence[VideoFile]) -> None:
    """Fills `content_hash` where it is missing and the file is there as it is known.

    Reads whole files: not in a transaction.
    """
    for file in files:
        if file.content_hash or not _is_as_known(file):
            continue
        try:
            digest = content_hash(file.fs_path)
        except OSError:
            continue
        if _is_as_known(file):
            file.content_hash = digest
            VideoFile.objects.filter(pk=file.pk, oshash=file.oshash, mtime_ns=file.mtime_ns).update(content_hash=digest)


def _is_as_known(file: VideoFile) -> bool:
    try:
        status = os.stat(file.fs_path)
    except OSError:
        return False
    return (status.st_size, mtime_ns(status)) == (file.size_bytes, file.mtime_ns)


def lock_content(file: VideoFile) -> None:
    """Holds, until the transaction ends, the right to decide which video this content, or a remux of it, belongs to.

    Reads size, oshash and packet hash from the instance.
    """
    keys = {int(file.oshash or "0", 16) ^ file.size_bytes, int(file.packet_hash or "0", 16)}
    with connection.cursor() as cursor:
        # In one order, so that nobody waits for each other.
        for key in sorted((key & 0xFFFFFFFF) - 0x80000000 for key in keys if key):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, key])


def lock_files(file_ids: Sequence[int]) -> None:
    """Locks the files, their videos and the other files of these until the transaction ends.

    Whoever writes more than one file of a video locks this way: videos before files, each in the order of their ids,
    so that nobody waits for each other. Rows that only point here (jobs, pictures) can still be written.
    """
    if not file_ids:
        return
    owners = Video.objects.filter(pk__in=_videos_of(file_ids))
    videos = [video.pk for video in owners.select_for_update(no_key=True).order_by("pk").only("pk")]
    family = Q(pk__in=file_ids) | Q(video__in=videos)
    list(VideoFile.objects.select_for_update(no_key=True).filter(family).order_by("pk").values_list("pk", flat=True))


def _videos_of(file_ids: Sequence[int]) -> list[int]:
    ids = VideoFile.objects.filter(pk__in=file_ids).values_list("video_id", flat=True).distinct()
    return [pk for pk in ids if pk is not None]


def video_for(file: VideoFile, twins: Sequence[VideoFile], remuxes: Sequence[VideoFile] = ()) -> Video:
    """The video of a twin with equal content, else of a remux, or a new one.

    The caller holds `lock_content`, has locked them all and hashed the twins.

    A twin that can't be read now (its disk is unplugged) counts as equal: size and oshash agree, and taking it for
    another video would lose the history that the first one has.
    """
    if any(twin.content_hash for twin in twins) and not file.content_hash:
        raise FileChangedError("The file changed or vanished while it was compared with a copy; it is looked at again.")
    equal = [twin for twin in twins if twin.content_hash and twin.content_hash == file.content_hash]
    unread = [twin for twin in twins if not twin.content_hash]
    for other in [*equal, *unread, *remuxes]:
        if other.video is not None:
            return other.video
    name = display_path(os.path.basename(file.relative_path))[:_NAME_CHARACTERS]
    sent = Upload.objects.filter(file=file).values_list("name", flat=True).first()
    if sent is not None:
        # On the disk its name may have got a number, or lost what some disks can't hold.
        title = display_path(os.path.splitext(sent)[0]).strip()[:_TITLE_CHARACTERS].strip() or title_of(file)
        return Video.objects.create(title=title, original_file_name=sent[:_NAME_CHARACTERS], origin=Origin.UPLOAD)
    return Video.objects.create(title=title_of(file), original_file_name=name, origin=Origin.SCAN)


def take_primary(file: VideoFile) -> bool:
    """Whether the file now is its video's primary one: it was, or the video had none that is present."""
    others = VideoFile.objects.filter(video=file.video_id, is_primary=True).exclude(pk=file.pk)
    if others.filter(missing_since=None).exists():
        return False
    others.update(is_primary=False)
    return True


def choose_primary(*, file_id: int, user: User | None = None) -> VideoFile:
    """Makes the file the one that is played and shown of its video, in one change.

    Raises VideoFile.DoesNotExist, and LibraryError for one that can't be: without a video, missing, in the trash, or
    one that could not be read.
    """
    with change_batch(user=user) as batch:
        lock_files([file_id])
        file = VideoFile.objects.select_related("video", "folder").get(pk=file_id)
        if file.video is None or file.state == FileState.FAILED:
            raise LibraryError(f"{file.shown_name} can't be played: it has not been read.")
        if file.missing_since is not None or file.trashed_at is not None:
            raise LibraryError(f"{file.shown_name} is missing or in the trash, so it can't be the one that is played.")
        batch.summary = batch.summary or f"Chose the file {file.shown_name} of {file.video}"
        if not file.is_primary:
            VideoFile.objects.filter(video=file.video, is_primary=True).update(is_primary=False)
            file.is_primary = True
            file.save(update_fields=["is_primary"])
            copy_facts(file)
    return file


def copy_facts(file: VideoFile) -> None:
    """Repeats the primary file's facts on its video, which lists sort and filter by. Writes only those columns."""
    if file.video_id is None:
        return
    Video.objects.filter(pk=file.video_id).update(
        duration_seconds=file.duration_seconds,
        width=file.width,
        height=file.height,
        is_hdr=file.is_hdr,
        size_bytes=file.size_bytes,
        video_codec=file.video_codec,
        audio_codec=file.audio_codec,
        frame_rate=file.frame_rate,
        bit_rate=file.bit_rate,
        file_date=_date_of(file),
    )
    if file.embedded_created_at is not None:
        Video.objects.filter(pk=file.video_id, recorded_at=None).update(recorded_at=file.embedded_created_at)


def _date_of(file: VideoFile) -> datetime | None:
    """When the file was last changed; None where its time is not known or no date."""
    try:
        return datetime.fromtimestamp(file.mtime_ns // 10**9, UTC) if file.mtime_ns > 0 else None
    except (OverflowError, ValueError, OSError):
        return None


def promote_present_files(*, file_ids: Sequence[int]) -> int:
    """For the videos of these files whose primary file is missing: a present one takes its place, if there is one.

    Only a file that has been looked at can: one outside the trash first, then a finished one. Returns how many videos
    changed.
    """
    if not file_ids:
        return 0
    with transaction.atomic():
        lock_files(file_ids)
        lost = VideoFile.objects.filter(video__in=_videos_of(file_ids), is_primary=True, missing_since__isnull=False)
        spare = VideoFile.objects.filter(
            video__in=list(lost.values_list("video_id", flat=True)),
            missing_since=None,
            state__in=(FileState.READY, FileState.PROBED),
        )
        # "ready" sorts after "probed".
        order = "video_id", F("trashed_at").desc(nulls_first=True), "-state", "pk"
        files = list(spare.order_by(*order).distinct("video_id"))
        videos = [file.video_id for file in files]
        VideoFile.objects.filter(video__in=videos, is_primary=True).update(is_primary=False)
        VideoFile.objects.filter(pk__in=[file.pk for file in files]).update(is_primary=True)
        for file in files:
            copy_facts(file)
    return len(files)


def mark_missing(*, folder_id: int, file_ids: Sequence[int]) -> int:
    """Marks files of the folder that are not there any more; returns how many. Their videos show another copy."""
    with transaction.atomic():
        lock_files(file_ids)
        # A scan of another folder may have found one there meanwhile.
        still = VideoFile.objects.filter(pk__in=file_ids, folder=folder_id, missing_since=None)
        marked = still.update(missing_since=timezone.now())
        promote_present_files(file_ids=file_ids)
    return marked
