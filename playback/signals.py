"""Files that go with their rows; loaded when Django is ready."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete

from playback.models import ClipExport, MarkerPicture, SharedClip
from processing.services.derived import remove_files


def remove_marker_files(sender: type[MarkerPicture], instance: MarkerPicture, **signal: Any) -> None:
    """A mark that was removed needs no pictures; one that an undo brings back gets new ones."""
    names = [str(instance.image), str(instance.clip)]
    transaction.on_commit(lambda: remove_files(names))


def remove_clip_files(sender: type[SharedClip], instance: SharedClip, **signal: Any) -> None:
    """A clip that nobody may watch any more."""
    names = [str(instance.film), str(instance.image)]
    transaction.on_commit(lambda: remove_files(names))


post_delete.connect(remove_clip_files, sender=SharedClip)


def remove_clip_file(sender: type[ClipExport], instance: ClipExport, **signal: Any) -> None:
    """A clip goes with its mark, and when its days are over."""
    name = str(instance.clip)
    transaction.on_commit(lambda: remove_files([name]))


post_delete.connect(remove_clip_file, sender=ClipExport)
post_delete.connect(remove_marker_files, sender=MarkerPicture)
