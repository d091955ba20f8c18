"""What faces store. Loaded when Django starts."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import reduce
from operator import or_

from django.db.models import Model, Q
from django.utils import timezone

from faces.models import FaceReference, FaceTrack, PhotoSearch
from faces.services.photo_search import FOLDER as PHOTOS
from library.services.changes import events_of
from library.services.sweeping import StoredKind, register_stored
from library.services.uploads import KEPT_DAYS
from processing.models.images import derived_storage
from processing.services.owners import owned_by


def _kept(model: type[Model], key: str, columns: Sequence[str]) -> Callable[[Sequence[str]], set[str]]:
    """What rows name, and what rows named that a change batch of late removed: an undo brings those back."""
    living = owned_by(model, key, columns)

    def owned(names: Sequence[str]) -> set[str]:
        found = living(names)
        rest = [name for name in names if name not in found]
        if rest:
            since = timezone.now() - timedelta(days=KEPT_DAYS)
            named = reduce(or_, (Q(**{f"{column}__in": rest}) for column in columns))
            gone = events_of(model).filter(named, pgh_label="delete", pgh_created_at__gte=since)
            gone = gone.exclude(pgh_context_id=None)
            found |= {name for row in gone.values_list(*columns) for name in row if name} & set(rest)
        return found

    return owned


register_stored(
    StoredKind("Faces", derived_storage, "faces", _kept(FaceTrack, "video_id", ["crop", "strip"])),
    StoredKind("Reference faces", derived_storage, "references", _kept(FaceReference, "creator_id", ["crop"])),
    StoredKind("Photos to look somebody up by", derived_storage, PHOTOS, owned_by(PhotoSearch, "user_id", ["picture"])),
)
