"""What faces store. Loaded when Django starts."""

from faces.models import FaceReference, FaceTrack, PhotoSearch
from faces.services.photo_search import FOLDER as PHOTOS
from library.services.sweeping import StoredKind, register_stored
from processing.models.images import derived_storage
from processing.services.owners import owned_by

register_stored(
    StoredKind("Faces", derived_storage, "faces", owned_by(FaceTrack, "video_id", ["crop", "strip"])),
    StoredKind("Reference faces", derived_storage, "references", owned_by(FaceReference, "creator_id", ["crop"])),
    StoredKind("Photos to look somebody up by", derived_storage, PHOTOS, owned_by(PhotoSearch, "user_id", ["picture"])),
)
