"""Where pictures of faces are to be had. The version in an address changes with the picture, so it may be kept."""

import hashlib

from django.urls import reverse

from faces.models import FaceReference, FaceTrack


def track_crop(track: FaceTrack) -> str:
    """The picture of an appearance's face."""
    return crop_address(track.pk, track.crop.name or "")


def crop_address(track_id: int, name: str) -> str:
    """As `track_crop`, from an appearance's number and the stored name of its picture."""
    return f"{reverse('face_crop', args=(track_id,))}?v={version_of(name)}"


def reference_crop(reference: FaceReference) -> str:
    """The picture of a known face."""
    name = reference.crop.name or reference.path
    return f"{reverse('reference_crop', args=(reference.pk,))}?v={version_of(name)}"


def version_of(name: str) -> str:
    """Eight digits for the stored name of a picture, which never shows anything else."""
    return hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
