"""Which streams may be asked for, and what the streamer has to know to make them."""

import logging
import os
from collections.abc import Collection
from dataclasses import fields
from datetime import timedelta

from django.utils import timezone

from library.models import VideoFile
from playback.models import StreamRendition
from processing.media.facts import MediaFacts, StreamFacts
from processing.media.stream.command import StreamSource, with_picture
from processing.media.stream.rendition import Rendition
from processing.media.stream.runs import StreamJob
from processing.versions import STREAM_VERSION

logger = logging.getLogger(__name__)

# A row is made anew whenever somebody watches; pages that were open for longer are loaded again.
_KEPT = timedelta(days=30)
_STREAM_COLUMNS = frozenset(field.name for field in fields(StreamFacts))


def source_of(file: VideoFile) -> str:
    """What stands for a file's content in the keys of its streams: changes when the file does."""
    return f"{file.pk}-{file.size_bytes:x}-{file.mtime_ns:x}-{file.oshash}"


def register_rendition(*, file: VideoFile, rendition: Rendition) -> str:
    """Allows a rendition of a file to be streamed; returns its key. Registered already, it stays as it is."""
    source = source_of(file)
    key = rendition.key(source, version=STREAM_VERSION)
    row = StreamRendition(key=key, file=file, source=source, parameters=rendition.to_json())
    StreamRendition.objects.bulk_create([row], ignore_conflicts=True)
    return key


def find_rendition(*, key: str, video_id: int | None = None, file: VideoFile | None = None) -> StreamRendition | None:
    """The registered rendition of that key, with `file` and its folder: only of that video or that file, only while the
    file is what it was, and not in the trash. One query."""
    rows = StreamRendition.objects.select_related("file__folder").filter(key=key, file__trashed_at=None)
    if video_id is not None:
        rows = rows.filter(file__video=video_id)
    if file is not None:
        rows = rows.filter(file=file)
    row = rows.first()
    return row if row is not None and row.source == source_of(row.file) else None


def note_few_keyframes(*, key: str) -> None:
    """The streamer found no places to cut the file's copied pictures at."""
    StreamRendition.objects.filter(key=key, has_few_keyframes=False).update(has_few_keyframes=True)


def has_few_keyframes(file: VideoFile) -> bool:
    """Whether that was found out about the file as it is now. One query."""
    rows = StreamRendition.objects.filter(file=file, source=source_of(file), has_few_keyframes=True)
    return rows.exists()


def load_stream_job(key: str) -> StreamJob | None:
    """The stream of a key for the streamer; None when it isn't registered or its file has changed on the disk since."""
    row = find_rendition(key=key)
    if row is None:
        return None
    file = row.file
    try:
        on_disk = os.stat(file.fs_path)
    except OSError:
        # FFmpeg's own words say what is wrong with it.
        pass
    else:
        if (on_disk.st_size, on_disk.st_mtime_ns) != (file.size_bytes, file.mtime_ns):
            logger.warning("%s has changed since the last scan, so it isn't streamed.", file.shown_path)
            return None
    rendition = Rendition.from_json(row.parameters)
    facts = facts_of(file)
    if rendition.video is not None:
        facts = with_picture(facts, rendition.video.stream_index)
    return StreamJob(key, StreamSource(file.fs_path, facts), rendition)


def facts_of(file: VideoFile) -> MediaFacts:
    """What the probe found in a file, as the media package takes it."""
    streams = tuple(
        StreamFacts(**{name: value for name, value in stream.items() if name in _STREAM_COLUMNS})
        for stream in file.streams
    )
    picture = next((one for one in streams if one.kind == "video" and not one.is_attached_picture), None)
    return MediaFacts(
        container=file.container,
        duration_seconds=file.duration_seconds,
        width=file.width,
        height=file.height,
        rotation=file.rotation,
        frame_rate=file.frame_rate,
        bit_rate=file.bit_rate,
        video_codec=file.video_codec or None,
        audio_codec=file.audio_codec or None,
        is_hdr=file.is_hdr,
        hdr_format=file.hdr_format,  # type: ignore[arg-type]
        color_primaries=picture.color_primaries if picture else None,
        color_transfer=picture.color_transfer if picture else None,
        color_space=picture.color_space if picture else None,
        pixel_format=picture.pixel_format if picture else None,
        bit_depth=picture.bit_depth if picture else None,
        streams=streams,
    )


def gone_keys(keys: Collection[str]) -> set[str]:
    """Those of the keys that nobody may ask for any more. One query."""
    known = StreamRendition.objects.filter(key__in=keys).select_related("file")
    return set(keys) - {row.key for row in known if row.source == source_of(row.file)}


def forget_old_renditions(*, kept: Collection[str]) -> int:
    """Removes rows that were registered long ago and of which nothing is kept; returns how many."""
    old = StreamRendition.objects.filter(created_at__lt=timezone.now() - _KEPT).exclude(key__in=kept)
    return old.delete()[0]
