"""People and studios for tests. Every argument is keyword-only; a test names the facts that matter to it."""

import io
import itertools
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image

from library.models import Tag, Video, VideoTag
from people.models import Creator, CreatorPicture, Credit, Studio, VideoStudio

_numbers = itertools.count(1)


def make_creator(*, name: str = "", **columns: Any) -> Creator:
    """A person."""
    creator = Creator.objects.create(name=name or f"Person {next(_numbers)}", **columns)
    creator.refresh_from_db(fields=["public_id", "name_key"])
    return creator


def make_studio(*, name: str = "", **columns: Any) -> Studio:
    """A studio."""
    studio = Studio.objects.create(name=name or f"Studio {next(_numbers)}", **columns)
    studio.refresh_from_db(fields=["public_id", "name_key"])
    return studio


def make_tag(*, name: str = "", **columns: Any) -> Tag:
    """A tag."""
    return Tag.objects.create(name=name or f"Tag {next(_numbers)}", **columns)


def credit(creator: Creator, *videos: Video, **columns: Any) -> None:
    """Names the person in the videos."""
    for video in videos:
        Credit.objects.create(video=video, creator=creator, **columns)


def assign(studio: Studio, *videos: Video, is_primary: bool = True) -> None:
    """Makes it a studio of the videos."""
    for video in videos:
        VideoStudio.objects.create(video=video, studio=studio, is_primary=is_primary)


def put(tag: Tag, *videos: Video, **columns: Any) -> None:
    """Puts the tag on the videos."""
    for video in videos:
        VideoTag.objects.create(video=video, tag=tag, **columns)


def picture_bytes(*, size: tuple[int, int] = (64, 48), kind: str = "PNG", color: str = "red", **options: Any) -> bytes:
    """An image file in memory."""
    target = io.BytesIO()
    Image.new("RGB", size, color).save(target, kind, **options)
    return target.getvalue()


def make_picture(*, creator: Creator, color: str = "red", **columns: Any) -> CreatorPicture:
    """A stored picture of the person."""
    content = ContentFile(picture_bytes(color=color), name="face.png")
    return CreatorPicture.objects.create(creator=creator, image=content, **columns)
