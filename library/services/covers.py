"""The cover of a video: a picture that a person chose, shown instead of the still that was made by itself."""

from typing import Any

from django.core.files.base import File
from django.db import transaction

from library.models import ChangeBatch, Video
from library.services.changes import change_batch


def set_cover(*, video_id: int, picture: "File[Any]", user: Any = None, how: str = "") -> ChangeBatch:
    """Keeps the picture as the video's cover (see PictureField) in one change; the one before stays for its undo.

    `how` goes behind "Chose the cover of X", such as "from 1:23". Raises Video.DoesNotExist, and PictureError for what
    is no picture.
    """
    with transaction.atomic():
        video = Video.objects.select_for_update(no_key=True).get(pk=video_id)
        told = f"Chose the cover of {video.title}{f' {how}' if how else ''}"
        with change_batch(summary=told, user=user) as batch:
            video.cover = picture
            video.save(update_fields=["cover"])
    return batch


def clear_cover(*, video_id: int, user: Any = None) -> ChangeBatch | None:
    """Back to the still that was made by itself, in one change; None when it is shown already. Raises
    Video.DoesNotExist."""
    with transaction.atomic():
        video = Video.objects.select_for_update(no_key=True).get(pk=video_id)
        if not video.cover:
            return None
        with change_batch(summary=f"Took the cover off {video.title}", user=user) as batch:
            video.cover = ""
            video.save(update_fields=["cover"])
    return batch
