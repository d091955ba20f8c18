"""Faces to be asked about, with pictures, for the pages where they get their names.

    VIDEOTHEK_HOME=... .venv/bin/python manage.py shell -c "from tests.browser.face_desk import fill_desk; fill_desk()"

fills the library of a running `manage.py up` for screenshots. The portraits are drawn and look like nobody.
"""

import io
import itertools
from collections.abc import Sequence

import numpy as np
from django.core.files.base import ContentFile
from PIL import Image, ImageDraw, ImageFilter

from faces.models import FaceDetection, FaceTrack
from faces.services.clustering import cluster_faces
from faces.services.matching import match_tracks
from library.models import Folder, Video
from people.models import Creator
from processing.models import Storyboard
from processing.models.images import derived_storage
from tests.faces.factories import make_reference, make_track
from tests.faces.vectors import between, faces_of, person
from tests.library.factories import make_file, make_folder, make_video
from tests.people.factories import make_creator

_SKIN = ((244, 208, 177), (226, 176, 138), (190, 136, 98), (141, 92, 62), (98, 62, 44))
_HAIR = ((38, 28, 24), (92, 58, 34), (166, 110, 58), (206, 170, 110), (120, 120, 124), (150, 58, 36))
_SIZE = 192
_numbers = itertools.count(1)
_COLUMNS, _ROWS, _SECONDS = 5, 4, 40.0
KNOWN = ("Ana Reyes", "Mo Tan", "Ines Duarte", "Jonas Lind", "Priya Nair")
TITLES = (
    "Arrival in Lisbon", "Morning at the market", "Studio session, take 3", "Harbour walk", "The long table",
    "Rain on the roof", "First rehearsal", "Night train north", "A garden in May", "Letters from the coast",
)  # fmt: skip


def portrait(who: int, variant: int = 0) -> Image.Image:
    """A face of a drawn person, 192 px square; variants differ in light and turn."""
    own, light = np.random.default_rng(who), np.random.default_rng((who, variant))
    skin, hair = _SKIN[own.integers(len(_SKIN))], _HAIR[own.integers(len(_HAIR))]
    wall = tuple(int(value) for value in light.integers(40, 120, 3))
    picture = Image.new("RGB", (_SIZE, _SIZE), wall)
    draw = ImageDraw.Draw(picture)
    x, wide, tall = 96 + int(light.integers(-8, 9)), 44 + int(own.integers(0, 12)), 60 + int(own.integers(0, 10))
    is_long = bool(own.integers(2))
    draw.ellipse((x - wide - 14, 22, x + wide + 14, (186 if is_long else 120)), fill=hair)
    draw.rectangle((x - 20, 140, x + 20, 192), fill=tuple(int(0.86 * value) for value in skin))
    draw.ellipse((x - wide, 96 - tall + 8, x + wide, 96 + tall), fill=skin)
    draw.pieslice((x - wide - 4, 26, x + wide + 4, 110), 185, 355, fill=hair)
    for side in (-1, 1):
        eye = x + side * (18 + int(own.integers(0, 5)))
        draw.ellipse((eye - 6, 90, eye + 6, 100), fill=(246, 244, 240))
        draw.ellipse((eye - 3, 91, eye + 3, 99), fill=(40, 34, 30))
        draw.line((eye - 9, 82, eye + 9, 81 - side), fill=hair, width=4)
    draw.line((x, 100, x - 5, 118, x + 3, 119), fill=tuple(int(0.8 * value) for value in skin), width=3)
    draw.arc((x - 16, 116, x + 16, 140), 20, 160, fill=(150, 70, 66), width=4)
    gleam = Image.new("RGB", picture.size, tuple(int(value) for value in light.integers(120, 255, 3)))
    return Image.blend(picture, gleam, 0.08).filter(ImageFilter.GaussianBlur(1.2))


def fill_desk(
    *, likely: Sequence[int] = (34, 12, 7, 3, 1), unknown: Sequence[int] = (46, 21, 14, 9, 6, 4, 3, 2)
) -> None:
    """Known people for whom so many faces wait each, and unknown ones who were seen so often."""
    folder = make_folder(name="Films")
    for number, (name, count) in enumerate(zip(KNOWN, likely, strict=False)):
        make_known(name, number)
        for nth, likeness in enumerate(np.linspace(0.69, 0.51, count)):
            vector = faces_of(person(number), 1, likeness=float(likeness), seed=nth)[0]
            make_seen(vector, who=number, nth=nth, video=_video(folder, nth + 3 * number))
    for number, count in enumerate(unknown, start=20):
        who = between(person(20), person(40), 0.52) if number == 22 else person(number)
        for nth, vector in enumerate(faces_of(who, count, seed=number)):
            make_seen(vector, who=number, nth=nth, video=_video(folder, nth + 5 * number))
        cluster_faces()
    match_tracks()


def make_known(name: str, number: int) -> Creator:
    """Somebody with a known face."""
    creator = make_creator(name=name)
    make_reference(creator=creator, vector=person(number), is_primary=True, crop=_save(portrait(number), "references"))
    return creator


def make_seen(vector: np.ndarray, *, who: int, nth: int, video: Video) -> FaceTrack:
    """An appearance with its picture, at a moment that the storyboard shows."""
    # Each appearance has a tile of its own, as long as there are some.
    start = 2.0 * (FaceTrack.objects.filter(video=video).count() % (_COLUMNS * _ROWS - 1)) + 0.5
    picture = _save(portrait(who, nth + 1), "faces")
    track = make_track(
        vector=vector, video=video, span=(start, start + 1.5), crop=picture, quality=0.5 + 0.4 / (nth + 1)
    )
    left, top = 0.08 + 0.6 * ((7 * nth + who) % 10) / 10, 0.18
    FaceDetection.objects.create(
        video=video, track=track, time_seconds=start + 1, left=left, top=top, width=0.24, height=0.52, score=0.9,
        quality=track.quality, model=track.model, embedding=track.embedding,
    )  # fmt: skip
    _paint(video, start + 1, portrait(who, nth + 1), left, top)
    return track


def _video(folder: Folder, number: int) -> Video:
    """One of a few videos, made when it is first asked for, with a storyboard of soft colours."""
    title = TITLES[number % len(TITLES)] + (f", part {number // len(TITLES) + 1}" if number >= len(TITLES) else "")
    known = Video.objects.filter(title=title).first()
    if known is not None:
        return known
    file = make_file(folder=folder, video=make_video(title=title), duration_seconds=_SECONDS)
    random = np.random.default_rng(number)
    coarse = (30 + random.random((_ROWS * 2, _COLUMNS * 2, 3)) * 90).astype(np.uint8)
    sprite = Image.fromarray(coarse).resize((160 * _COLUMNS, 90 * _ROWS), Image.Resampling.BICUBIC)
    Storyboard.objects.create(
        file=file, input_key="k", sprite=_save(sprite, "frames"), vtt="none.vtt", tile_width=160, tile_height=90,
        tile_count=_COLUMNS * _ROWS, columns=_COLUMNS, rows=_ROWS, interval_seconds=_SECONDS / (_COLUMNS * _ROWS),
    )  # fmt: skip
    assert file.video is not None
    return file.video


def _paint(video: Video, seconds: float, face: Image.Image, left: float, top: float) -> None:
    """Puts a face into the tile of that moment."""
    board = Storyboard.objects.get(file__video=video)
    index = int(seconds / board.interval_seconds)
    with board.sprite.open("rb") as stored, Image.open(stored) as opened:
        sprite = opened.convert("RGB")
    x = 160 * (index % _COLUMNS) + int(160 * left) - 6
    y = 90 * (index // _COLUMNS) + int(90 * top) - 6
    mask = Image.new("L", (50, 58), 0)
    ImageDraw.Draw(mask).ellipse((2, 2, 48, 56), fill=255)
    sprite.paste(face.resize((50, 58)), (x, y), mask)
    board.sprite = _save(sprite, "frames")
    board.save(update_fields=["sprite"])


def _save(picture: Image.Image, folder: str) -> str:
    stream = io.BytesIO()
    picture.save(stream, "WEBP", quality=80)
    return derived_storage().save(f"{folder}/drawn/{next(_numbers)}.webp", ContentFile(stream.getvalue()))
