"""What is proposed for videos, and what answers do."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from faces.models import FaceTrack
from faces.models.track import TrackStatus
from library.models import DeclinedEvidence, Rejection, Suggestion, SuggestionInput, Video
from library.queries.suggestions import chips_of, count_precision
from library.services.history import undo_batch
from library.services.suggesting.evidence import apply_evidence, evidence_batches, find_evidence, load_evidence
from library.services.suggesting.names import NameIndex
from library.services.suggesting.refresh import refresh_suggestions
from library.services.suggesting.sidecars import SidecarError, parse_nfo
from library.services.suggesting.templates import TemplateError, parse, read_template
from library.services.suggesting.weighing import wilson_lower_bound
from library.services.suggestions import accept_suggestions, reject_suggestions
from people.models import Creator, Credit
from tests.faces.factories import make_model, make_reference, make_track
from tests.faces.vectors import person
from tests.library.batches import nothing_outside_batches
from tests.library.factories import make_file, make_folder, make_user, write_file
from tests.people.factories import assign, credit, make_creator, make_studio, make_tag, put

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


def film(path: str, **columns: Any) -> Video:
    """A video with a file at that path of one folder."""
    file = make_file(relative_path=path, **columns)
    assert file.video is not None
    return file.video


def proposed(video: Video) -> dict[str, set[str]]:
    """Labels of the chips by kind."""
    found: dict[str, set[str]] = {}
    for chip in chips_of([video.pk])[video.pk]:
        found.setdefault(chip.kind, set()).add(chip.label)
    return found


# ---- names ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ana_maria-beach.house 2024", {1}),
        ("AnaMaria01", {1}),
        ("anamaria_holiday", {1}),
        ("ÁNA  MARÍA", {1}),
        ("Only Fans leak", {3}),
        ("山田花子の休日", {4}),
        ("sam and friends", set()),
        ("2024", set()),
        ("an", set()),
        ("Mariana", set()),
    ],
)
def test_names_are_found_however_they_are_written(text: str, expected: set[int]) -> None:
    names = NameIndex(
        [
            ("creator", 1, "Ana María"),
            ("creator", 2, "Maria"),
            ("studio", 3, "OnlyFans"),
            ("creator", 4, "山田花子"),
            ("creator", 5, "Sam"),
            ("creator", 6, "sam"),
            ("tag", 7, "2024"),
            ("tag", 8, "an"),
        ]
    )

    assert {hit.object_id for hit in names.find_in(text)} == expected


@pytest.mark.parametrize(
    ("template", "name", "expected"),
    [
        (
            "{studio} - {creators} - {title} ({date})",
            "Acme - Ana, Bea - Sun (on) sea (2024-05-31)",
            {"studio": "Acme", "creators": "Ana, Bea", "title": "Sun (on) sea", "date": "2024-05-31"},
        ),
        ("{studio} - {creators} - {title}", "Acme - Ana", None),
        ("[{studio}] {title}", "[Acme] Sun", {"studio": "Acme", "title": "Sun"}),
        ("{creators} - {date}", "Ana - soon", None),
    ],
)
def test_names_are_parted_by_the_owners_templates(template: str, name: str, expected: dict[str, str] | None) -> None:
    assert parse(name, read_template(template)) == expected


@pytest.mark.parametrize("template", ["no field", "{who} - {title}", "{title}{studio}", "{title} - {title}"])
def test_a_template_that_can_not_be_says_why(template: str) -> None:
    with pytest.raises(TemplateError):
        read_template(template)


def test_a_sidecar_is_read_and_a_dangerous_one_is_not() -> None:
    good = b"""<?xml version="1.0"?><movie><title>Sun</title><studio>Acme</studio><genre>Beach / Sea</genre>
        <actor><name>Ana</name><role>Herself</role></actor><set><name>No person</name></set></movie>
        https://example.org/behind-it"""
    bomb = b'<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><movie><title>&b;</title></movie>'

    assert parse_nfo(good) == {"title": ["Sun"], "studios": ["Acme"], "tags": ["Beach", "Sea"], "creators": ["Ana"]}
    for content in (bomb, b"<tvshow/>", b"nothing", b"<movie>" * 30):
        with pytest.raises(SidecarError):
            parse_nfo(content)


def test_certainty_grows_with_the_number_of_answers() -> None:
    bounds = [wilson_lower_bound(right, right) for right in (0, 1, 5, 50, 500)]

    assert bounds == sorted(bounds)
    assert bounds[0] == 0
    assert bounds[-1] > 0.99
    assert wilson_lower_bound(9, 10) < 0.9


# ---- providers ------------------------------------------------------------------------------------------------------
def test_every_provider_says_what_it_sees_and_why(tmp_path: Path) -> None:
    ana, acme, beach, sea = make_creator(name="Ana"), make_studio(name="Acme"), make_tag(name="Beach"), make_tag()
    folder = make_folder(path=tmp_path)
    day = datetime(2024, 5, 31, tzinfo=UTC)
    labelled = [film(f"trip/{n}.mp4", folder=folder, phash=0x0F0F_1234_5678_0000 + n) for n in range(6)]
    for video in labelled:
        credit(ana, video)
        put(beach, video)
        assign(acme, video)
    wanted = film("trip/new.mp4", folder=folder, phash=0x0F0F_1234_5678_0003)
    same_day = [film(f"day/{n}.mp4", folder=folder, embedded_created_at=day) for n in range(3)]
    put(sea, *same_day[:2])
    by_ana = film("elsewhere/x.mp4", folder=folder)
    credit(ana, by_ana)
    named = film("a/Acme - Ana - Sun.mp4", folder=folder)
    path = tmp_path / "b" / "film.mp4"
    write_file(path)
    Path(path).with_suffix(".nfo").write_text("<movie><actor><name>ANA</name></actor></movie>")
    beside = make_file(path=path, folder=folder).video
    assert beside is not None

    done = refresh_suggestions(is_full=True, read_tags=lambda path: {"genre": "beach"})

    def by(video: Video) -> set[tuple[str, str, int]]:
        return set(Suggestion.objects.filter(video=video).values_list("provider", "kind", "object_id"))

    assert done.new == done.looked_at == 13
    assert {("folder", "creator", ana.pk), ("folder", "tag", beach.pk), ("looks", "studio", acme.pk)} <= by(wanted)
    assert by(same_day[2]) == {("session", "tag", sea.pk)}
    assert by(by_ana) == {("usual", "tag", beach.pk), ("usual", "studio", acme.pk)}
    assert {("path", "creator", ana.pk), ("template", "studio", acme.pk)} <= by(named)
    assert by(beside) == {("nfo", "creator", ana.pk), ("embedded", "tag", beach.pk)}
    assert not Suggestion.objects.filter(video__in=labelled).exists()
    chips = chips_of([video.pk for video in (wanted, by_ana, named, beside)])
    reasons = [chip.reason for listed in chips.values() for chip in listed]
    assert all(reason and not reason[0].islower() and reason.endswith(".") for reason in reasons)
    assert any("6 of 6 labelled videos in this folder have it." in reason for reason in reasons)


def test_only_what_may_have_changed_is_looked_at_again(django_assert_num_queries: Any) -> None:
    first, other = film("one/ana clip.mp4"), film("two/else.mp4")
    refresh_suggestions()
    make_creator(name="Ana")

    by_name = refresh_suggestions()
    third = film("one/x.mp4", folder=first.files.get().folder)
    by_file = refresh_suggestions()
    quiet = SuggestionInput.objects.get(video=other).updated_at

    assert (by_name.is_full, by_file.is_full) == (False, False)
    assert by_file.new == 1
    assert proposed(first) == {"creator": {"Ana"}}
    assert proposed(third) == {}
    refresh_suggestions(is_full=True)
    assert SuggestionInput.objects.get(video=other).updated_at == quiet, "what is the same isn't written"


# ---- answers --------------------------------------------------------------------------------------------------------
@pytest.fixture
def world() -> dict[str, Any]:
    ana, beach = make_creator(name="Ana"), make_tag(name="Beach")
    videos = [film(f"Ana/beach {number}.mp4") for number in range(3)]
    refresh_suggestions()
    return {"ana": ana, "beach": beach, "videos": videos, "user": make_user()}


def ids_of(*videos: Video, **columns: Any) -> list[int]:
    return list(Suggestion.objects.filter(video__in=videos, **columns).values_list("pk", flat=True))


def curated() -> tuple[Any, ...]:
    return (
        set(Credit.objects.values_list("pk", "video", "creator", "source")),
        set(Video.objects.filter(video_tags__isnull=False).values_list("pk", "video_tags__tag")),
        set(Suggestion.objects.values_list("pk", "state", "answered_by")),
        set(Rejection.objects.values_list("pk", "video", "object_id")),
        set(DeclinedEvidence.objects.values_list("key", flat=True)),
    )


def test_accepting_is_one_change_that_is_taken_back_exactly(world: dict[str, Any]) -> None:
    first, second, _ = world["videos"]
    Rejection.objects.create(video=first, kind="creator", object_id=world["ana"].pk)
    wanted = ids_of(first, second)
    before = curated()

    with nothing_outside_batches():
        answered = accept_suggestions(suggestion_ids=[*wanted, 10**9], user=world["user"])

    assert (answered.accepted, answered.gone) == (len(wanted), 1)
    assert set(Credit.objects.values_list("video", "creator", "source")) == {
        (video.pk, world["ana"].pk, "suggestion") for video in (first, second)
    }
    assert not Rejection.objects.exists()
    assert chips_of([first.pk])[first.pk] == []
    assert accept_suggestions(suggestion_ids=wanted, user=world["user"]).gone == len(wanted), "the second is too late"
    assert answered.batch is not None
    undo_batch(batch=answered.batch, user=world["user"])
    assert curated() == before


def test_what_was_rejected_is_never_proposed_again_until_that_is_taken_back(world: dict[str, Any]) -> None:
    video = world["videos"][0]
    before = curated()

    answered = reject_suggestions(suggestion_ids=ids_of(video, kind="creator"), user=world["user"])
    refresh_suggestions(is_full=True)

    assert answered.rejected >= 1
    assert proposed(video) == {"tag": {"Beach"}}
    assert answered.batch is not None
    undo_batch(batch=answered.batch, user=world["user"])
    assert curated() == before
    assert proposed(video) == {"creator": {"Ana"}, "tag": {"Beach"}}


def test_something_in_the_trash_is_neither_shown_nor_accepted(world: dict[str, Any]) -> None:
    Creator.objects.update(trashed_at=datetime.now(UTC))

    answered = accept_suggestions(suggestion_ids=ids_of(world["videos"][0], kind="creator"), user=world["user"])

    assert (answered.accepted, answered.batch) == (0, None)
    assert proposed(world["videos"][0]) == {"tag": {"Beach"}}


def test_answers_make_the_precision_that_chips_are_ranked_by(world: dict[str, Any]) -> None:
    before = {chip.label: chip.confidence for chip in chips_of([world["videos"][2].pk])[world["videos"][2].pk]}
    for video in world["videos"][:2]:
        reject_suggestions(suggestion_ids=ids_of(video, provider="path"), user=world["user"])
    cache.clear()

    precision = count_precision()["path"]
    after = {chip.label: chip.confidence for chip in chips_of([world["videos"][2].pk])[world["videos"][2].pk]}

    assert (precision.accepted, precision.rejected, precision.ratio, precision.at_least) == (0, 4, 0.0, 0.0)
    assert all(after[label] < before[label] for label in after)


def test_the_chips_of_many_videos_cost_what_those_of_one_do(
    world: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        chips = chips_of([video.pk for video in world["videos"]])

    assert [len(chips[video.pk]) for video in world["videos"]] == [2, 2, 2]


def test_accepting_a_face_names_it_and_rejecting_it_says_who_it_is_not() -> None:
    make_model()
    ana, bea = make_creator(name="Ana"), make_creator(name="Bea")
    one, other = person(3), person(4)
    make_reference(creator=ana, vector=one)
    tracks = [make_track(vector=one), make_track(vector=other)]
    rows = [
        Suggestion.objects.create(
            provider="faces", video=track.video, kind="creator", object_id=creator.pk, confidence=0.6,
            subject=f"track:{track.pk}", evidence={"track": track.pk, "from": 61.0},
        )
        for track, creator in zip(tracks, (ana, bea), strict=True)
    ]  # fmt: skip
    user = make_user()

    accepted = accept_suggestions(suggestion_ids=[rows[0].pk], user=user)
    rejected = reject_suggestions(suggestion_ids=[rows[1].pk], user=user)

    states = [FaceTrack.objects.get(pk=track.pk) for track in tracks]
    assert (accepted.accepted, rejected.rejected) == (1, 1)
    assert (states[0].status, states[0].creator_id) == (TrackStatus.MANUAL, ana.pk)
    assert states[1].status == TrackStatus.PENDING
    assert Credit.objects.get().creator_id == ana.pk
    assert set(Rejection.objects.values_list("object_id", "subject")) == {
        (bea.pk, ""),
        (bea.pk, f"track:{tracks[1].pk}"),
    }
    assert accepted.batch is not None
    undo_batch(batch=accepted.batch, user=user)
    assert FaceTrack.objects.get(pk=tracks[0].pk).status == TrackStatus.PENDING
    assert not Credit.objects.exists()


# ---- many at once ---------------------------------------------------------------------------------------------------
@pytest.fixture
def batch_world() -> dict[str, Any]:
    """Ten videos in a folder named after Ana; one of them was said not to be hers before."""
    ana, folder, user = make_creator(name="Ana Maria"), make_folder(), make_user()
    videos = [film(f"Ana Maria/{number:02}.mp4", folder=folder) for number in range(10)]
    lonely = film("Else/x.mp4", folder=folder)
    refresh_suggestions()
    Suggestion.objects.filter(video=videos[0]).delete()
    find_evidence()
    # The pages are another process.
    cache.clear()
    return {"ana": ana, "videos": videos, "lonely": lonely, "user": user}


def test_a_folder_is_answered_at_once_with_its_exceptions(batch_world: dict[str, Any]) -> None:
    videos, user = batch_world["videos"], batch_world["user"]
    (found,) = evidence_batches() or []
    detail = load_evidence(found.key)
    before = curated()

    answered = apply_evidence(key=found.key, video_ids=[video.pk for video in videos[:9]], user=user)

    assert (found.videos, found.hinted, detail.exceptions) == (10, 9, [videos[0].pk])
    assert (answered.accepted, answered.rejected) == (9, 1)
    assert set(Credit.objects.values_list("video", flat=True)) == {video.pk for video in videos[:9]}
    assert set(Rejection.objects.values_list("video", flat=True)) == {videos[9].pk}
    assert evidence_batches() == []
    assert answered.batch is not None
    undo_batch(batch=answered.batch, user=user)
    assert curated() == before
    assert len(evidence_batches() or []) == 1
