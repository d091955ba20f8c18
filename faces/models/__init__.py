from faces.models.cluster import DifferentPeople, FaceCluster
from faces.models.deleted import DeletedFace
from faces.models.detection import FaceDetection
from faces.models.drawn_box import DrawnBox
from faces.models.look import FaceLook
from faces.models.model import FaceModel
from faces.models.photo_search import PhotoSearch
from faces.models.reference import FaceReference
from faces.models.reference_photo import ReferencePhoto
from faces.models.settings import FaceSettings
from faces.models.track import FaceTrack

__all__ = [
    "DeletedFace",
    "DifferentPeople",
    "DrawnBox",
    "FaceCluster",
    "FaceDetection",
    "FaceLook",
    "FaceModel",
    "FaceReference",
    "FaceSettings",
    "FaceTrack",
    "PhotoSearch",
    "ReferencePhoto",
]
