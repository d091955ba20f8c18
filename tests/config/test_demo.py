"""The demo library, drawn and organised for real, only smaller."""

from pathlib import Path

import pytest
from django.core.management import call_command

from config.services.seed import demo
from config.services.seed.film import Film, face_colors, make_film
from library.models import ChangeBatch, Tag, Video, VideoFile
from people.models import Creator, CreatorPicture, Credit
from playback.models import Marker, PlaylistItem, Rating
from processing.media.probe import probe
from tests.library.factories import make_user

_ALL = demo.films()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> dict[str, Film]:
    """Two films of a labelled place, one of another, and the seventh, which is copied."""
    names = [*list(_ALL)[:7], list(_ALL)[-1]]
    plan = {
        name: Film(film.title, film.place, film.people, 320, 180, 2, with_sound=False)
        for name, film in _ALL.items()
        if name in names
    }
    monkeypatch.setattr(demo, "films", lambda: plan)
    return plan


def test_three_dozen_films_of_every_shape_are_planned() -> None:
    assert len(_ALL) == 36
    assert {Path(name).suffix for name in _ALL} == {".mp4", ".mkv", ".mov"}
    assert {film.codec for film in _ALL.values()} == {"h264", "hevc"}
    assert any(film.height > film.width for film in _ALL.values())
    assert all(film.people for film in _ALL.values())


def test_a_film_is_a_real_video(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"

    make_film(path, Film("Market", "Oslo", ("Ana Abel",), 320, 180, 2))

    facts = probe(str(path))
    assert (facts.width, facts.height) == (320, 180)
    assert facts.audio_codec
    assert facts.embedded_title == "Market"


def test_everybody_has_colours_of_their_own_and_none_like_the_ring() -> None:
    colors = [tuple(face_colors(name)) for name in demo._PEOPLE]

    assert len(set(colors)) == len(colors)
    assert all(min(red, blue) - green <= 100 for four in colors for red, green, blue in four)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_demo_is_half_organised_and_a_second_run_changes_nothing(tmp_path: Path, few: dict[str, Film]) -> None:
    make_user(is_superuser=True)
    call_command("demo", "--folder", str(tmp_path / "demo"))

    assert VideoFile.objects.filter(state="failed").count() == 1
    assert VideoFile.objects.filter(state="ready").count() == len(few) + 2
    assert Creator.objects.count() == CreatorPicture.objects.count() == len(demo._PEOPLE)
    assert Tag.objects.filter(parent__name="Places").count() == 3
    labelled = Video.objects.filter(video_tags__isnull=False).distinct().count()
    assert 0 < labelled < Video.objects.count()
    assert Credit.objects.exists() and Rating.objects.exists() and Marker.objects.exists()
    assert PlaylistItem.objects.exists()

    batches = ChangeBatch.objects.count()
    call_command("demo", "--folder", str(tmp_path / "demo"))

    assert ChangeBatch.objects.count() == batches
