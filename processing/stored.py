"""What processing stores: pictures and previews of files. Loaded when Django starts."""

from collections.abc import Sequence

from library.services.sweeping import StoredKind, register_stored
from processing.models import FaceFrames, Preview, Storyboard, Thumbnail
from processing.models.images import derived_storage
from processing.services.conversions.leftovers import owned_parts
from processing.services.conversions.places import converted_storage
from processing.services.owners import owned_by

_stills = owned_by(Thumbnail, "file_id", ["small", "large"])
_boards = owned_by(Storyboard, "file_id", ["sprite", "vtt"])


def _pictures(names: Sequence[str]) -> set[str]:
    found = _stills(names)
    return found | _boards([name for name in names if name not in found])


register_stored(
    StoredKind("Stills and storyboards", derived_storage, "frames", _pictures),
    # Wherever else a conversion writes is a person's folder: its own row says what it left there.
    StoredKind("Unfinished conversions", converted_storage, ".", owned_parts, is_shared=True),
    StoredKind("Pictures for faces", derived_storage, "faceframes", owned_by(FaceFrames, "file_id", ["archive"])),
    StoredKind("Preview clips", derived_storage, "previews", owned_by(Preview, "file_id", ["clip"])),
)
