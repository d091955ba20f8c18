"""A verified output becomes a file of its video, and on request takes the place of the original."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from django.db import transaction

from library.exceptions import FileChangedError, LibraryError, ScanInProgressError
from library.hashing import content_hash, oshash
from library.models import Video, VideoFile
from library.models.change import ChangeSource
from library.models.file import FileState
from library.paths import encode_path
from library.services.changes import change_batch
from library.services.files import record_facts
from library.services.intake import absolute_path
from library.services.trash import trash
from library.services.turns import one_at_a_time
from library.services.videos import copy_facts, lock_files
from library.services.walk import mtime_ns
from processing.exceptions import TargetGoneError
from processing.media.facts import MediaFacts
from processing.media.fingerprint import packet_fingerprint
from processing.models import Conversion
from processing.services.conversions.places import Place
from processing.stages.probe import as_file_facts

_LOOK_SECONDS = 1.0
# What a scan reads of small files too (library.services.looking).
_SMALL_BYTES = 128 * 1024


def publish(
    conversion: Conversion, partial: Path, place: Place, name: str, *, source: VideoFile, wait: Callable[[], None]
) -> VideoFile:
    """Gives the output its name and its row. A scan of its folder is waited for, so that it can't take the file for a
    new video; `wait` is called each second meanwhile. The file's date is the source's.

    Raises TargetGoneError when the video went meanwhile, FileChangedError when the source did: nothing is left then.
    """
    final = Path(place.directory) / name
    while True:
        try:
            with one_at_a_time(place.folder):
                return _publish(conversion, partial, place, final, source)
        except ScanInProgressError:
            wait()
            time.sleep(_LOOK_SECONDS)


def _publish(conversion: Conversion, partial: Path, place: Place, final: Path, source: VideoFile) -> VideoFile:
    status = os.stat(source.fs_path)
    if (status.st_size, mtime_ns(status)) != (source.size_bytes, source.mtime_ns):
        raise FileChangedError("The file was replaced while it was converted; its new content is converted next.")
    with contextlib.suppress(OSError):
        shutil.copymode(source.fs_path, partial)
    os.utime(partial, ns=(status.st_atime_ns, status.st_mtime_ns))
    digest = oshash(os.fspath(partial))
    size = partial.stat().st_size
    small = content_hash(os.fspath(partial)) if size <= _SMALL_BYTES else ""
    stored = place.stored_path(final.name)
    path = absolute_path(place.folder.path, stored)
    # Before the rename: what is there without a row after a crash is found by this and removed.
    Conversion.objects.filter(pk=conversion.pk).update(output_path=path, partial_path=encode_path(os.fspath(final)))
    try:
        partial.replace(final)
        with transaction.atomic():
            video = (
                Video.objects.select_for_update(no_key=True).filter(pk=source.video_id or 0, trashed_at=None).first()
            )
            if video is None:
                raise TargetGoneError("The video was deleted or put into the trash while it was converted.")
            file = VideoFile.objects.create(
                folder=place.folder,
                video=video,
                relative_path=stored,
                size_bytes=size,
                mtime_ns=mtime_ns(final.stat()),
                oshash=digest,
                content_hash=small,
                state=FileState.NEW,
            )
            Conversion.objects.filter(pk=conversion.pk).update(
                output_file=file, output_bytes=size, partial_path="", percent=99
            )
    except Exception:
        # Not after an interrupt: nobody knows then whether the commit went through. See `perform.remove_leftovers`.
        final.unlink(missing_ok=True)
        raise
    return file


def record_output(file: VideoFile, facts: MediaFacts) -> VideoFile:
    """Writes what the verification found out about the output, so that it counts as read."""
    known = as_file_facts(facts, packet_fingerprint(file.fs_path, facts))
    return record_facts(file_id=file.pk, mtime_ns=file.mtime_ns, facts=known)


def replace_original(conversion: Conversion, *, source_id: int, output_id: int) -> str:
    """The output is played from now on where the original was, and the original goes into the trash: one change that
    can be undone. Returns why the original stays, in a sentence; empty when it went.
    """
    try:
        with change_batch(
            summary=f"Replaced the file of {conversion.title} by a conversion",
            user=conversion.requested_by,
            source=ChangeSource.MANUAL,
        ) as batch:
            lock_files([source_id, output_id])
            source = VideoFile.objects.filter(pk=source_id, trashed_at=None).first()
            output = VideoFile.objects.filter(pk=output_id, trashed_at=None, missing_since=None).first()
            if source is None or output is None or source.video_id != output.video_id:
                return "The original stays: it or the new file was moved or trashed meanwhile."
            if source.is_primary:
                VideoFile.objects.filter(pk=source.pk).update(is_primary=False)
                VideoFile.objects.filter(pk=output.pk).update(is_primary=True)
                copy_facts(output)
            trash(kind="file", ids=[source.pk], user=conversion.requested_by)
            Conversion.objects.filter(pk=conversion.pk).update(has_replaced=True, change=batch)
    except LibraryError as error:
        return f"The original stays: {error}"
    return ""
