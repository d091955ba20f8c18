"""Faces in the admin: who appears when, known faces, unknown people, models, settings."""

from faces.admin.rows import (
    DifferentPeopleAdmin,
    FaceClusterAdmin,
    FaceDetectionAdmin,
    FaceLookAdmin,
    FaceModelAdmin,
    FaceReferenceAdmin,
    FaceTrackAdmin,
)
from faces.admin.settings import FaceSettingsAdmin

__all__ = [
    "DifferentPeopleAdmin",
    "FaceClusterAdmin",
    "FaceDetectionAdmin",
    "FaceLookAdmin",
    "FaceModelAdmin",
    "FaceReferenceAdmin",
    "FaceSettingsAdmin",
    "FaceTrackAdmin",
]
