"""Photos added to what a person is known by: kept until a worker has looked at them. Loads no model."""

import io
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from faces.exceptions import NoFaceError, SeveralFacesError
from faces.models import FaceReference, ReferencePhoto
from faces.models.reference_photo import PhotoState
from faces.services.models import installed_pack
from faces.services.naming import EVERYTHING
from library.models import User
from library.pictures import encode_picture
from people.models import Creator
from processing.models import Job
from processing.models.job import TargetKind
from processing.services.derived import NewFiles, folder_of, remove_files
from processing.services.submit import LOOKING, submit_jobs

PHOTO_STAGE = "faces-photo"
PHOTOS_FOLDER = "face-photos"
_LONGEST_PX = 2_000
_KEPT = timedelta(days=1)
# Of old ones so many go with each new one.
_FORGOTTEN_AT_ONCE = 200


def add_photo(*, creator: Creator, picture: bytes, name: str, user: User | None) -> ReferencePhoto:
    """Keeps a photo of a person and has a worker learn the face in it. Raises PictureError for what is no picture,
    NoModelError without models."""
    installed_pack()
    content = encode_picture(io.BytesIO(picture), size_bytes=len(picture), longest_px=_LONGEST_PX)
    with NewFiles(folder_of(PHOTOS_FOLDER, creator.pk, "photo")) as files:
        stored = files.add("photo.webp", content)
        with transaction.atomic():
            _forget_old()
            row = ReferencePhoto.objects.create(creator=creator, user=user, picture=stored, name=name[:200] or "photo")
            _submit(row)
            files.keep()
    return row


def choose_face(*, photo: ReferencePhoto, number: int) -> None:
    """Of several faces this one, from 1, is the person's. Raises NoFaceError when there is no such question."""
    changed = ReferencePhoto.objects.filter(pk=photo.pk, state=PhotoState.SEVERAL)
    if not 1 <= number <= len(photo.faces) or not changed.update(state=PhotoState.WAITING, number=number, error=""):
        raise NoFaceError("That photo does not wait for such an answer any more.")
    photo.number = number
    _submit(photo)


def photo_learned(*, photo: ReferencePhoto, reference: FaceReference) -> None:
    """It is done; the picture goes, its face stays with the reference."""
    name = str(photo.picture)
    ReferencePhoto.objects.filter(pk=photo.pk).update(
        state=PhotoState.DONE, reference=reference, error="", picture="", batch_id=photo.batch_id
    )
    transaction.on_commit(lambda: remove_files([name]))


def photo_has_several(*, photo: ReferencePhoto, error: SeveralFacesError, width: int, height: int) -> None:
    """Somebody has to say which face is meant."""
    faces = [
        {"left": box[0] / width, "top": box[1] / height, "width": (box[2] - box[0]) / width,
         "height": (box[3] - box[1]) / height}
        for box in error.boxes
    ]  # fmt: skip
    ReferencePhoto.objects.filter(pk=photo.pk).update(
        state=PhotoState.SEVERAL, faces=faces, error="Several faces: choose whose it is."
    )


def fail_photo(photo_id: int, sentence: str) -> None:
    """It can't be learned from, and says why."""
    waiting = ReferencePhoto.objects.filter(pk=photo_id, state=PhotoState.WAITING)
    waiting.update(state=PhotoState.FAILED, error=sentence)


def give_up_photos(target_id: int, sentence: str) -> None:
    """The engine has given up on a photo: those that no job works on any more have failed."""
    jobs = Job.objects.active().filter(stage=PHOTO_STAGE, target_kind=TargetKind.LIBRARY, target_id=target_id)
    active = set(jobs.values_list("variant", flat=True))
    for photo in ReferencePhoto.objects.filter(state=PhotoState.WAITING):
        if variant_of(photo) not in active:
            fail_photo(photo.pk, sentence)


def variant_of(photo: ReferencePhoto) -> str:
    """By which its job is told from those of other photos, and of another answer."""
    return f"photo-{photo.pk}-{photo.number or 0}"


def forget_photos() -> None:
    """All of them, with their pictures on commit: what is known of faces is being wiped."""
    names = [str(name) for name in ReferencePhoto.objects.values_list("picture", flat=True)]
    ReferencePhoto.objects.all().delete()
    transaction.on_commit(lambda: remove_files(names))


def _submit(row: ReferencePhoto) -> None:
    submit_jobs(
        stage=PHOTO_STAGE,
        target_ids=[EVERYTHING],
        priority=LOOKING,
        # Each photo is a wish of its own.
        variant=variant_of(row),
        params={"photo": row.pk},
        requested_by_id=row.user_id,
    )


def _forget_old() -> None:
    old = list(ReferencePhoto.objects.filter(created_at__lt=timezone.now() - _KEPT)[:_FORGOTTEN_AT_ONCE])
    ReferencePhoto.objects.filter(pk__in=[row.pk for row in old]).delete()
    names = [str(row.picture) for row in old]
    transaction.on_commit(lambda: remove_files(names))
