"""Files that go with their rows, and names that go with their person; loaded when Django is ready."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, pre_delete

from faces.models import FaceTrack, PhotoSearch
from faces.services.people import bring_back, forget_person, let_go
from library.services.changes import current_batch
from library.services.trash import on_restored, on_trashed
from people.models import Creator
from processing.services.derived import remove_files


def remove_track_files(sender: type[FaceTrack], instance: FaceTrack, **signal: Any) -> None:
    """A track that goes for good needs no pictures. One that a change batch removed may come back: the clean-up, which
    knows the history, removes those."""
    if current_batch() is not None:
        return
    names = [str(instance.crop), str(instance.strip)]
    transaction.on_commit(lambda: remove_files(names))


def free_tracks(sender: type[Creator], instance: Creator, **signal: Any) -> None:
    """Faces of somebody who goes for good wait for a name again."""
    forget_person(instance.pk)


def trashed(ids: Sequence[int]) -> None:
    """People were put into the trash."""
    let_go(creator_ids=ids)


def restored(ids: Sequence[int]) -> None:
    """People were taken out of the trash."""
    bring_back(creator_ids=ids)


def remove_photo(sender: type[PhotoSearch], instance: PhotoSearch, **signal: Any) -> None:
    """A photo goes with its search."""
    name = str(instance.picture)
    transaction.on_commit(lambda: remove_files([name]))


post_delete.connect(remove_photo, sender=PhotoSearch)
post_delete.connect(remove_track_files, sender=FaceTrack)
pre_delete.connect(free_tracks, sender=Creator)
on_trashed("creator", trashed)
on_restored("creator", restored)
