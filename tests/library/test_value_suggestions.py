"""Titles and dates that are proposed for videos, from the names of their files."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from library.models import Rejection, Suggestion, SuggestionInput, Video
from library.models.suggestion import SuggestionState
from library.queries.suggestions import chips_of
from library.services.history import undo_batch
from library.services.suggesting.guesses import recorded_at
from library.services.suggesting.refresh import refresh_suggestions
from library.services.suggestions import Proposal, accept_suggestions, reject_suggestions
from processing.media.naming import guess_name
from tests.library.factories import make_file, make_folder, make_user, write_file
from tests.people.factories import make_creator, make_studio

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@pytest.fixture
def film(tmp_path: Path) -> Any:
    """A video with a file of that name on the disk."""
    folder = make_folder(path=tmp_path)

    def make(name: str) -> Video:
        path = tmp_path / name
        write_file(path)
        video = make_file(path=path, folder=folder).video
        assert video is not None
        Video.objects.filter(pk=video.pk).update(title=Path(name).stem)
        video.refresh_from_db()
        return video

    return make


def look() -> None:
    refresh_suggestions(is_full=True, guess_name=guess_name)


def values(video: Video) -> dict[str, str]:
    """Open values by kind, as they are stored."""
    rows = Suggestion.objects.open().filter(video=video).exclude(value="")
    return dict(rows.values_list("kind", "value"))


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("The.Big.Lebowski.1998.1080p.BluRay.x264-GRP", {"title": ["The Big Lebowski"], "released": ["1998"]}),
        ("2021.05.31.Beach.day", {"title": ["Beach day"], "released": ["2021-05-31"]}),
        ("Show.Name.S02E03.The.End.720p", {"title": ["Show Name", "S02E03", "The End"]}),
        ("holiday 2019 part 2", {"title": ["holiday", "part 2"], "released": ["2019"]}),
        ("Morning at the market", {}),
        ("film.3021", {}),
        ("Show 2x15 The name 720p", {"title": ["Show", "S02E15", "The name"]}),
    ],
)
def test_a_name_is_read_by_the_customs_of_films(stem: str, expected: dict[str, list[str]]) -> None:
    found = guess_name(stem)

    assert {name: found[name] for name in expected} == expected
    assert "released" not in found or "released" in expected


@pytest.mark.parametrize("stem", ["film 0001", "clip_0215", "The garden 0102"])
def test_a_number_alone_is_no_episode(stem: str) -> None:
    assert "title" not in guess_name(stem)


def test_guessing_is_loaded_only_by_those_who_guess() -> None:
    code = "import sys, processing.media.naming; print('guessit' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("stem", "moment"),
    [
        ("VID_20210531_142233", datetime(2021, 5, 31, 14, 22, 33)),
        ("PXL_20210531_142233123", datetime(2021, 5, 31, 14, 22, 33)),
        ("2021-05-31 14.22.33", datetime(2021, 5, 31, 14, 22, 33)),
        ("VID-20190203-WA0001", datetime(2019, 2, 3)),
        ("VID_20211331_142233", None),
        ("Beach 2021-05-31", None),
        ("2021-05-31", None),
    ],
)
def test_what_a_camera_named_tells_when_it_was_recorded(stem: str, moment: datetime | None) -> None:
    assert recorded_at(stem) == moment


def test_own_templates_come_first_and_guessing_is_for_the_rest(film: Any) -> None:
    make_creator(name="Ana Reyes")
    make_studio(name="Acme")
    own = film("Acme - Ana Reyes - Long walk (2021-05-31).mp4")
    foreign = film("The.Big.Lebowski.1998.1080p.BluRay.mp4")
    named = film("Ana.Reyes - Beach.day.2020.720p.mp4")
    camera = film("VID_20210531_142233.mp4")
    plain = film("clip.mp4")

    look()

    assert values(own) == {"title": "Long walk", "released": "2021-05-31"}
    assert values(foreign) == {"title": "The Big Lebowski", "released": "1998-01-01"}
    assert values(camera) == {"recorded": "2021-05-31T14:22:33"}
    assert values(plain) == {}
    assert values(named)["title"] == "Beach day", "a known name alone is no title"
    assert SuggestionInput.objects.get(video=foreign).facts["name"]["title"] == ["The Big Lebowski"]
    labels = {chip.kind: (chip.label, chip.reason) for chip in chips_of([own.pk])[own.pk]}
    assert labels["released"][0] == "31 May 2021"
    assert "in that place" in labels["title"][1]


def test_a_field_that_somebody_filled_is_left_alone(film: Any) -> None:
    video = film("The.Big.Lebowski.1998.1080p.mp4")
    Video.objects.filter(pk=video.pk).update(title="Dude", release_date=date(1998, 3, 6))

    look()

    assert values(video) == {}


def test_accepting_fills_the_field_answers_the_others_and_is_taken_back_exactly(film: Any) -> None:
    video, user = film("VID_20210531_142233.mp4"), make_user()
    look()
    title, other = (
        Suggestion.objects.create(provider=provider, confidence=sure, **_row(video, "title", text))
        for provider, sure, text in (("template", 0.8, "Long walk"), ("nfo", 0.6, "Short walk"))
    )
    recorded = Suggestion.objects.get(video=video, kind="recorded")

    answered = accept_suggestions(suggestion_ids=[title.pk, other.pk, recorded.pk], user=user)
    video.refresh_from_db()

    assert (video.title, video.recorded_at) == ("Long walk", datetime(2021, 5, 31, 14, 22, 33, tzinfo=UTC))
    assert (answered.accepted, answered.gone) == (2, 1)
    assert Suggestion.objects.get(pk=other.pk).state == SuggestionState.REJECTED
    assert answered.batch is not None and "Long walk" in answered.batch.summary

    undo_batch(batch=answered.batch, user=user)
    video.refresh_from_db()

    assert (video.title, video.recorded_at) == ("VID_20210531_142233", None)
    assert set(Suggestion.objects.filter(video=video).values_list("state", flat=True)) == {"open"}


def _row(video: Video, kind: str, value: str) -> dict[str, Any]:
    made = Proposal.of_value(video.pk, kind, value, 0.9)
    return {"video_id": video.pk, "kind": kind, "object_id": made.object_id, "value": value}


def test_a_value_that_was_rejected_never_comes_back(film: Any) -> None:
    video = film("The.Big.Lebowski.1998.1080p.mp4")
    look()
    title = Suggestion.objects.open().get(video=video, kind="title")

    done = reject_suggestions(suggestion_ids=[title.pk], user=make_user())
    Suggestion.objects.filter(video=video).delete()
    look()

    assert done.rejected == 1
    assert Rejection.objects.get().object_id == title.object_id
    assert values(video) == {"released": "1998-01-01"}


def test_a_value_is_there_for_fields_alone(film: Any) -> None:
    video = film("x.mp4")

    for kind, value in (("title", ""), ("tag", "Beach")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Suggestion.objects.create(provider="path", video=video, kind=kind, object_id=1, value=value, confidence=0.5)


def test_the_admin_names_values_and_what_was_said_no_to(film: Any, client: Client) -> None:
    video = film("The.Big.Lebowski.1998.1080p.mp4")
    look()
    reject_suggestions(
        suggestion_ids=Suggestion.objects.filter(video=video, kind="title").values_list("pk", flat=True),
        user=make_user(),
    )
    client.force_login(make_user(is_staff=True, is_superuser=True))

    proposals = client.get(reverse("admin:library_suggestion_changelist")).content.decode()
    rejections = client.get(reverse("admin:library_rejection_changelist")).content.decode()

    assert "1 January 1998" in proposals
    assert "The Big Lebowski" in rejections
