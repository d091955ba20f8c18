"""Faces: references, appearances, looks, settings. Unknown people are grouped anew by our own clustering."""

from importers.kinds.base import Kind
from importers.kinds.faces.appearances import FaceDetectionKind, FaceTrackKind
from importers.kinds.faces.looks import FaceLookKind, FaceSettingsKind
from importers.kinds.faces.models import FaceModelKind
from importers.kinds.faces.references import FaceReferenceKind

KINDS: tuple[Kind, ...] = (
    FaceModelKind(),
    FaceReferenceKind(),
    FaceTrackKind(),
    FaceDetectionKind(),
    FaceLookKind(),
    FaceSettingsKind(),
)
