"""Photos of people: adding them as references, and asking who is in one. Loads models: for jobs and commands only."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.db import transaction
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from faces.exceptions import NoFaceError, SeveralFacesError
from faces.ml.engine import FaceEngine, FoundFace
from faces.ml.matching import Match
from faces.models import FaceReference, FaceSettings
from faces.models.reference import ReferenceSource
from faces.services.known import remove_reference as remove_reference
from faces.services.matching import load_references
from faces.services.models import use_model
from faces.services.naming import rematch_later
from library.models import User
from library.services.changes import change_batch
from people.models import Creator
from processing.services.derived import NewFiles, folder_of

# The largest face is clearly meant when the next one is at most this share of its size.
_CLEARLY = 0.7
_LONGEST_PX = 2_000


@dataclass(frozen=True, slots=True)
class Recognised:
    """A face of a photo and the people it is most like. `box`: left, top, right, bottom in px of the upright photo."""

    box: tuple[float, float, float, float]
    quality: float
    matches: tuple[Match, ...]


def read_photo(source: Path | bytes) -> tuple[NDArray[np.uint8], float]:
    """The upright (h, w, 3) RGB picture, at most 2,000 px on its longer side, and how much larger the photo is.

    Raises NoFaceError for what is no picture, OSError when it can't be read.
    """
    name = source.name if isinstance(source, Path) else "The picture"
    try:
        with Image.open(source if isinstance(source, Path) else io.BytesIO(source)) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise NoFaceError(f"{name} is no picture that can be read: {error}.") from None
    longest = max(picture.size)
    if longest > _LONGEST_PX:
        picture.thumbnail((_LONGEST_PX, _LONGEST_PX))
    return np.asarray(picture), longest / max(picture.size)


def faces_in_photo(*, engine: FaceEngine, source: Path | bytes) -> tuple[list[FoundFace], float]:
    """The faces of a photo, the largest first, and how much larger the photo is than what their boxes are in."""
    picture, scale = read_photo(source)
    return engine.detect(picture), scale


def who_is(*, engine: FaceEngine, source: Path | bytes, most: int = 5) -> list[Recognised]:
    """Each face of a photo with the people it is most like, whatever the threshold. Empty when it shows none."""
    use_model(engine.pack)
    faces, scale = faces_in_photo(engine=engine, source=source)
    nearest = load_references().nearest(engine.embed([face.crop for face in faces]), most=most)
    return [
        Recognised(scaled_box(face, scale), face.quality, tuple(matches))
        for face, matches in zip(faces, nearest, strict=True)
    ]


def scaled_box(face: FoundFace, scale: float) -> tuple[float, float, float, float]:
    """The face's box in px of the photo as it is."""
    left, top, right, bottom = (float(value) * scale for value in face.box)
    return left, top, right, bottom


def choose_face(faces: Sequence[FoundFace], scale: float, *, name: str, number: int | None) -> FoundFace:
    """The face that is meant: number `number` (from 1, the largest first), or the clearly largest one. Raises
    NoFaceError or SeveralFacesError, with sentences."""
    if not faces:
        raise NoFaceError(f"{name} shows no face. Take a picture in which it is larger or looks this way.")
    if number is not None:
        if not 1 <= number <= len(faces):
            raise NoFaceError(
                f"{name} shows {len(faces)} face{'' if len(faces) == 1 else 's'}; there is no number {number}."
            )
        return faces[number - 1]
    if len(faces) > 1 and faces[1].size_px > _CLEARLY * faces[0].size_px:
        raise SeveralFacesError(name, [scaled_box(face, scale) for face in faces])
    return faces[0]


def add_reference(
    *,
    engine: FaceEngine,
    creator: Creator,
    source: Path | bytes,
    name: str,
    user: User | None,
    number: int | None = None,
    kind: str = ReferenceSource.MANUAL,
) -> FaceReference:
    """The face of a photo is this person's from now on: one change that can be undone. Faces that nobody has named are
    compared with it in the background. Raises NoFaceError, SeveralFacesError, OSError."""
    faces, scale = faces_in_photo(engine=engine, source=source)
    face = choose_face(faces, scale, name=name, number=number)
    least = FaceSettings.load().min_face_size
    if face.size_px * scale < least:
        raise NoFaceError(
            f"The face in {name} is {face.size_px * scale:.0f} px large; to know somebody by it at least {least} px "
            "are needed."
        )
    model = use_model(engine.pack)
    stream = io.BytesIO()
    Image.fromarray(face.crop).save(stream, "WEBP", quality=92)
    [vector] = engine.embed([face.crop])
    with NewFiles(folder_of("references", creator.pk, model.version)) as files:
        crop = files.add("face.webp", stream.getvalue())
        with (
            transaction.atomic(),
            change_batch(summary=f"Added a reference face of {creator}", user=user, source="face"),
        ):
            row = FaceReference.objects.create(
                creator=creator,
                model=model,
                embedding=vector.tolist(),
                source=kind,
                path=name[:4000],
                quality=face.quality,
                crop=crop,
                is_primary=not FaceReference.objects.filter(creator=creator, is_primary=True).exists(),
            )
            files.keep()
    rematch_later()
    return row
