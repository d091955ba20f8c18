"""Uploaded pictures go when nobody can see them again, and not before."""

import io
import os
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from library.models import Video
from library.services.changes import change_batch
from library.services.sweeping import sweep
from library.services.uploads import KEPT_DAYS, upload_kinds
from tests.library.factories import make_video


def _choose_cover(video: Video, color: str) -> str:
    stream = io.BytesIO()
    Image.new("RGB", (32, 18), color).save(stream, "PNG")
    with change_batch(summary="Chose a cover"):
        video.cover.save("cover.png", ContentFile(stream.getvalue()), save=False)
        video.save(update_fields=["cover"])
    return str(video.cover.name)


def _sweep(*, kept_days: int = KEPT_DAYS) -> int:
    return sweep(kinds=upload_kinds(kept_days=kept_days), grace=timedelta(days=1)).orphans


def _make_old(name: str) -> None:
    then = (timezone.now() - timedelta(days=400)).timestamp()
    os.utime(default_storage.path(name), (then, then))


@pytest.mark.django_db
def test_what_a_row_shows_stays() -> None:
    name = _choose_cover(make_video(), "red")
    _make_old(name)

    _sweep(kept_days=0)

    assert default_storage.exists(name)


@pytest.mark.django_db
def test_what_an_undo_could_bring_back_stays() -> None:
    video = make_video()
    first = _choose_cover(video, "red")
    _choose_cover(video, "blue")
    _make_old(first)

    _sweep()

    assert default_storage.exists(first)


@pytest.mark.django_db
def test_what_nobody_can_see_again_goes() -> None:
    video = make_video()
    first = _choose_cover(video, "red")
    second = _choose_cover(video, "blue")
    for name in (first, second):
        _make_old(name)

    assert _sweep(kept_days=-1) >= 1
    assert not default_storage.exists(first)
    assert default_storage.exists(second)


@pytest.mark.django_db
def test_a_file_without_a_row_may_be_on_its_way_to_one() -> None:
    name = default_storage.save("covers/just-uploaded.webp", ContentFile(b"picture"))

    _sweep(kept_days=-1)
    assert default_storage.exists(name)
    _make_old(name)
    _sweep(kept_days=-1)
    assert not default_storage.exists(name)


@pytest.mark.django_db
def test_other_folders_are_not_looked_at() -> None:
    name = default_storage.save("elsewhere/notes.txt", ContentFile(b"mine"))
    _make_old(name)

    _sweep(kept_days=-1)

    assert default_storage.exists(name)
