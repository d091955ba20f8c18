"""What watching stores: the pictures of marks, and clips to download. Loaded when Django starts."""

from library.services.sweeping import StoredKind, register_stored
from playback.models import ClipExport, MarkerPicture
from processing.models.images import derived_storage
from processing.services.owners import owned_by

register_stored(
    StoredKind(
        "Pictures of marks", derived_storage, "markers", owned_by(MarkerPicture, "marker_id", ["image", "clip"])
    ),
    StoredKind("Clips to download", derived_storage, "clips", owned_by(ClipExport, "marker_id", ["clip"])),
)
