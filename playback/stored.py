"""What watching stores: pictures and clips of marks, and subtitles. Loaded when Django starts."""

from library.services.sweeping import StoredKind, register_stored
from playback.models import ClipExport, MarkerPicture, SharedClip
from playback.services.subtitles.keeping import owned_subtitles
from processing.models.images import derived_storage
from processing.services.owners import owned_by

register_stored(
    StoredKind(
        "Pictures of marks", derived_storage, "markers", owned_by(MarkerPicture, "marker_id", ["image", "clip"])
    ),
    StoredKind("Shared clips", derived_storage, "shared", owned_by(SharedClip, "marker_id", ["film", "image"])),
    StoredKind("Subtitles", derived_storage, "subtitles", owned_subtitles),
    StoredKind("Clips to download", derived_storage, "clips", owned_by(ClipExport, "marker_id", ["clip"])),
)
