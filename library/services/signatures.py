"""Storing what recognises parts of a file."""

from collections.abc import Sequence

from django.db import transaction

from library.exceptions import FileChangedError
from library.hashing import signed_64
from library.models import FileSignature, VideoFile


def record_signature(
    *,
    file_id: int,
    mtime_ns: int,
    version: int,
    frame_times: Sequence[float],
    frame_hashes: Sequence[int],
    keyframe_times: Sequence[float],
    keyframe_hashes: Sequence[int],
) -> FileSignature:
    """Writes the file's signature over the one it had. Hashes are unsigned 64-bit, times seconds from the start, each
    list of times as long as its list of hashes.

    `mtime_ns` is the file's as the caller knew it when it began to read; raises FileChangedError when the content was
    replaced meanwhile.
    """
    with transaction.atomic():
        file = VideoFile.objects.select_for_update(no_key=True).only("mtime_ns").get(pk=file_id)
        if file.mtime_ns != mtime_ns:
            raise FileChangedError("The file was replaced while it was being read; its new content is read next.")
        signature, _ = FileSignature.objects.update_or_create(
            file_id=file_id,
            defaults={
                "version": version,
                "frame_times": list(frame_times),
                "frame_hashes": [signed_64(number) for number in frame_hashes],
                "keyframe_times": list(keyframe_times),
                "keyframe_hashes": [signed_64(number) for number in keyframe_hashes],
            },
        )
    return signature
