"""Merging: everything follows, nothing is lost, and it can be undone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.exceptions import MergeError
from library.models import DuplicatePair, SavedSearch, Tag, TagAlias, Video, VideoFile, VideoMetadata, VideoTag
from library.models.tracking import tracked_models
from library.services.history import undo_batch
from library.services.merging import Kind, merge, merge_videos
from people.models import (
    Creator,
    CreatorAlias,
    CreatorProfile,
    Credit,
    ExternalId,
    Platform,
    SocialLink,
    Studio,
    VideoStudio,
)
from playback.models import (
    Favorite,
    Marker,
    MarkerTag,
    PlayCount,
    Playlist,
    PlaylistItem,
    Rating,
    Tally,
    ViewCount,
    Watch,
    WatchProgress,
)
from tests.library.factories import make_file, make_user, make_video
from tests.people.factories import assign, credit, make_creator, make_picture, make_studio, make_tag, put

pytestmark = pytest.mark.django_db
EARLY = datetime(2024, 1, 1, tzinfo=UTC)
LATE = EARLY + timedelta(days=30)


def values(model: type[models.Model], *columns: str, **which: Any) -> list[tuple]:
    return list(model._default_manager.filter(**which).order_by(*columns).values_list(*columns))


def the_video_of(file: VideoFile) -> Video:
    assert file.video is not None
    return file.video


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every tracked table, without the times that triggers keep and what triggers derive."""
    return {
        model._meta.label: sorted(
            (
                {name: value for name, value in row.items() if name not in ("created_at", "updated_at")}
                for row in model._default_manager.values()
            ),
            key=lambda row: str(row["id"]),
        )
        for model in tracked_models()
    }


# ---- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "make"), [("video", make_video), ("creator", make_creator), ("tag", make_tag)])
def test_merging_with_itself_is_refused_with_a_sentence(kind, make):
    row, other = make(), make()

    with pytest.raises(MergeError, match="can't be merged with itself"):
        merge(kind, keep=row, others=[row], user=None)
    with pytest.raises(MergeError, match="can't be merged with itself"):
        merge(kind, keep=row, others=[other, other], user=None)
    with pytest.raises(MergeError, match="Choose another"):
        merge(kind, keep=row, others=[], user=None)


def test_merging_with_a_trashed_one_or_one_that_is_gone_is_refused_with_a_sentence():
    keep, gone, trashed = make_creator(), make_creator(), make_creator(name="Ada", trashed_at=timezone.now())
    Creator.objects.filter(pk=gone.pk).delete()

    with pytest.raises(MergeError, match="Ada lies in the trash"):
        merge("creator", keep=keep, others=[trashed], user=None)
    with pytest.raises(MergeError, match="Ada lies in the trash"):
        merge("creator", keep=trashed, others=[keep], user=None)
    with pytest.raises(MergeError, match="somebody else"):
        merge("creator", keep=keep, others=[gone], user=None)


@pytest.mark.parametrize(("kind", "make", "field"), [("tag", make_tag, "parent"), ("studio", make_studio, "network")])
def test_merging_into_one_below_is_refused_with_a_sentence(kind, make, field):
    above = make(name="Above")
    below = make(name="Below", **{field: make(**{field: above})})

    with pytest.raises(MergeError, match="Below lies below Above"):
        merge(kind, keep=below, others=[above], user=None)


# ---- videos ------------------------------------------------------------------------------------------------------


def test_links_of_a_video_move_and_equal_ones_are_combined():
    keep, other = make_video(), make_video()
    both, only = make_tag(), make_tag()
    put(both, keep, source="rule")
    put(both, other)
    put(only, other)
    ada, bo = make_creator(), make_creator()
    credit(ada, keep, source="face", confidence=0.5)
    credit(ada, other, source="face", confidence=0.9)
    credit(bo, other)
    own, theirs = make_studio(), make_studio()
    assign(own, keep)
    assign(theirs, other)
    VideoMetadata.objects.create(video=keep, key="place", value="Rome")
    VideoMetadata.objects.create(video=other, key="place", value="Oslo")
    ExternalId.objects.create(video=keep, source="stash", external_id="1")
    ExternalId.objects.create(video=other, source="stash", external_id="1", url="https://example.org/1")
    ExternalId.objects.create(video=other, source="stash", external_id="2")

    report = merge("video", keep=keep, others=[other], user=None)

    assert set(values(VideoTag, "tag_id", "source", video=keep)) == {(both.pk, "manual"), (only.pk, "manual")}
    assert values(Credit, "creator_id", "source", "confidence", video=keep) == [
        (ada.pk, "face", 0.9),
        (bo.pk, "manual", None),
    ]
    assert values(VideoStudio, "studio_id", "is_primary", video=keep) == [(own.pk, True), (theirs.pk, False)]
    assert values(VideoMetadata, "value", video=keep) == [("Rome\nOslo",)]
    assert values(ExternalId, "external_id", "url", video=keep) == [("1", "https://example.org/1"), ("2", "")]
    assert not Video.objects.filter(pk=other.pk).exists()
    assert (report.moved["credits"], report.combined["credits"]) == (1, 1)
    assert report.batch.summary == f"Merged {other} into {keep}"


def test_a_credit_made_by_hand_goes_before_a_surer_one_of_a_face():
    keep, other, ada = make_video(), make_video(), make_creator()
    credit(ada, keep, source="face", confidence=0.99)
    credit(ada, other)

    merge("video", keep=keep, others=[other], user=None)

    assert values(Credit, "source", "confidence") == [("manual", None)]


def test_what_users_did_with_a_video_is_combined():
    keep, other = make_video(view_count=3), make_video(view_count=4)
    ada, bo = make_user(username="ada"), make_user(username="bo")
    for video, stars, count, at in ((keep, "4.0", 2, LATE), (other, "1.0", 5, EARLY)):
        Rating.objects.create(user=ada, video=video, stars=Decimal(stars), rated_at=at)
        Favorite.objects.create(user=ada, video=video, added_at=at)
        Tally.objects.create(user=ada, video=video, count=count)
        PlayCount.objects.create(
            user=ada, video=video, play_count=count, total_watch_seconds=10, last_watched_at=at, last_played_at=at
        )
        Watch.objects.create(user=ada, video=video, watched_at=at)
        ViewCount.objects.create(user=ada, video=video, last_counted_at=at)
        Marker.objects.create(user=ada, video=video, start_seconds=count)
    Rating.objects.create(user=bo, video=other, stars=Decimal("2.5"), rated_at=EARLY)
    WatchProgress.objects.create(user=ada, video=keep, position_seconds=10, watched_at=EARLY, is_completed=True)
    WatchProgress.objects.create(user=ada, video=other, position_seconds=99, watched_at=LATE)

    merge("video", keep=keep, others=[other], user=None)

    assert values(Rating, "user_id", "stars", video=keep) == [(ada.pk, Decimal("4.0")), (bo.pk, Decimal("2.5"))]
    assert values(Favorite, "added_at", video=keep) == [(EARLY,)]
    assert values(Tally, "count", video=keep) == [(7,)]
    assert values(PlayCount, "play_count", "total_watch_seconds", "last_watched_at", video=keep) == [(7, 20.0, LATE)]
    assert values(Watch, "watched_at", video=keep) == [(EARLY,), (LATE,)]
    assert values(ViewCount, "last_counted_at", video=keep) == [(LATE,)]
    assert values(Marker, "start_seconds", video=keep) == [(2.0,), (5.0,)]
    assert values(WatchProgress, "position_seconds", "is_completed", video=keep) == [(99.0, True)]
    keep.refresh_from_db()
    assert keep.view_count == 7


def test_a_playlist_has_the_keeper_once_and_every_other_item_in_its_place():
    keep, other, third = make_video(), make_video(), make_video()
    user = make_user()
    both = Playlist.objects.create(user=user, name="Both")
    for position, video in enumerate((other, third, keep)):
        PlaylistItem.objects.create(playlist=both, video=video, position=position)
    one = Playlist.objects.create(user=user, name="One")
    for position, video in enumerate((third, other)):
        PlaylistItem.objects.create(playlist=one, video=video, position=position)

    merge("video", keep=keep, others=[other], user=None)

    assert values(PlaylistItem, "position", "video_id", playlist=both) == [(1, third.pk), (2, keep.pk)]
    assert values(PlaylistItem, "position", "video_id", playlist=one) == [(0, third.pk), (1, keep.pk)]


def test_what_the_keeper_lacks_comes_from_the_first_that_has_it():
    keep = make_video(title="Mine", description="", type="pmv")
    first = make_video(release_date=date(2020, 1, 1))
    second = make_video(description="words", release_date=date(2021, 1, 1), type="vr", origin="web")

    merge("video", keep=keep, others=[first, second], user=None)

    keep.refresh_from_db()
    assert (keep.title, keep.description, keep.type, keep.origin) == ("Mine", "words", "pmv", "web")
    assert keep.release_date == date(2020, 1, 1)


def test_files_become_alternates_of_the_keeper():
    own, other = make_file(), make_file()

    merge_videos(keep=the_video_of(own), others=[the_video_of(other)], user=None)

    assert values(VideoFile, "pk", "is_primary", "trashed_at", video=own.video) == [
        (own.pk, True, None),
        (other.pk, False, None),
    ]


def test_files_go_to_the_trash_when_asked_and_the_keeper_has_its_own():
    own, other = make_file(), make_file()

    merge_videos(keep=the_video_of(own), others=[the_video_of(other)], user=None, other_files="trash")

    other.refresh_from_db()
    assert (other.video, other.is_primary) == (own.video, False)
    assert other.trashed_at is not None


def test_a_keeper_without_a_file_that_is_there_plays_the_others():
    missing, present = make_file(missing_since=timezone.now()), make_file(duration_seconds=42.0, width=640)

    merge_videos(keep=the_video_of(missing), others=[the_video_of(present)], user=None, other_files="trash")

    present.refresh_from_db()
    keep = Video.objects.get(files=missing)
    assert (present.is_primary, present.trashed_at) == (True, None)
    assert (keep.duration_seconds, keep.width, keep.missing_since) == (42.0, 640, None)


def test_pairs_with_third_videos_follow_and_their_sides_are_turned():
    third, other, keep, fourth = make_video(), make_video(), make_video(), make_video()
    DuplicatePair.objects.create(first=other, second=keep, kind="near")
    DuplicatePair.objects.create(first=third, second=other, kind="near", verdict="rejected")
    DuplicatePair.objects.create(first=third, second=keep, kind="near")
    pair = DuplicatePair.objects.create(
        first=other, second=fourth, kind="contained", first_from_seconds=1, second_from_seconds=7
    )
    turned = DuplicatePair.objects.create(
        first=other, second=make_video(), kind="contained", first_from_seconds=2, is_first_smaller=True
    )
    late = turned.second

    merge("video", keep=keep, others=[other], user=None)
    merge("video", keep=make_video(title="Last"), others=[keep], user=None)

    last = Video.objects.get(title="Last")
    pairs = {
        (row.first_id, row.second_id): (row.verdict, row.first_from_seconds, row.second_from_seconds)
        for row in DuplicatePair.objects.all()
    }
    assert pairs == {
        (third.pk, last.pk): ("rejected", None, None),
        (fourth.pk, last.pk): ("open", 7.0, 1.0),
        (late.pk, last.pk): ("open", None, 2.0),
    }
    turned.refresh_from_db()
    assert (pair.first_id, turned.is_first_smaller) == (other.pk, False)


# ---- people and studios ------------------------------------------------------------------------------------------


def test_a_persons_names_facts_links_and_pictures_are_united(settings, tmp_path):
    keep = make_creator(name="Ada", birth_date=date(1980, 1, 1), career_end_year=2000)
    other = make_creator(
        name="Lady A", death_date=date(1970, 1, 1), career_start_year=1990, birthplace="Oslo", is_same_sex_only=False
    )
    CreatorAlias.objects.create(creator=keep, name="A.")
    for name in ("a.", "ADA", "Aida"):
        CreatorAlias.objects.create(creator=other, name=name)
    own, second = make_picture(creator=keep, is_primary=True), make_picture(creator=other, is_primary=True)
    site = Platform.objects.create(name="Somewhere")
    for creator in (keep, other):
        CreatorProfile.objects.create(
            creator=creator, platform=site, username=creator.name, profile_url="https://example.org/a", is_primary=True
        )
        SocialLink.objects.create(creator=creator, url="https://example.org/same")
    SocialLink.objects.create(creator=other, url="https://example.org/more")

    merge("creator", keep=keep, others=[other], user=None)

    keep.refresh_from_db()
    assert {name for (name,) in values(CreatorAlias, "name", creator=keep)} == {"A.", "Aida", "Lady A"}
    assert values(type(own), "pk", "is_primary", creator=keep) == [(own.pk, True), (second.pk, False)]
    assert values(CreatorProfile, "username", "is_primary") == [("Ada", True)]
    assert {url for (url,) in values(SocialLink, "url", creator=keep)} == {
        "https://example.org/same",
        "https://example.org/more",
    }
    # A death before the birth is not taken over; a career that fits is.
    assert (keep.death_date, keep.career_start_year, keep.birthplace, keep.is_same_sex_only) == (
        None,
        1990,
        "Oslo",
        False,
    )


def test_a_studios_parts_and_primary_videos_follow():
    keep, other, above = make_studio(), make_studio(name="Old"), make_studio()
    Studio.objects.filter(pk=other.pk).update(parent=above)
    part, member = make_studio(parent=other), make_studio(network=other)
    alone, both = make_video(), make_video()
    assign(other, alone, both)
    assign(keep, both, is_primary=False)

    merge("studio", keep=keep, others=[other], user=None)

    for row in (keep, part, member):
        row.refresh_from_db()
    assert (keep.parent, part.parent, member.network) == (above, keep, keep)
    assert values(VideoStudio, "video_id", "is_primary", studio=keep) == [(alone.pk, True), (both.pk, True)]
    assert [alias.name for alias in keep.aliases.all()] == ["Old"]


def test_a_studio_takes_no_parent_that_is_part_of_it():
    keep = make_studio()
    other = make_studio(parent=make_studio(parent=keep))

    merge("studio", keep=keep, others=[other], user=None)

    keep.refresh_from_db()
    assert keep.parent is None


# ---- tags --------------------------------------------------------------------------------------------------------


def test_tags_below_follow_and_those_of_one_name_are_merged_in_turn():
    keep, other = make_tag(name="Places"), make_tag(name="Locations")
    own, theirs = make_tag(name="Beach", parent=keep), make_tag(name="beach", parent=other)
    city, dune = make_tag(name="City", parent=other), make_tag(name="Dune", parent=theirs)
    video = make_video()
    put(theirs, video)
    marker = Marker.objects.create(user=make_user(), video=video, start_seconds=1)
    for tag in (own, theirs):
        MarkerTag.objects.create(marker=marker, tag=tag)

    merge("tag", keep=keep, others=[other], user=None)

    assert values(Tag, "name", "parent_id") == [
        ("Beach", keep.pk),
        ("City", keep.pk),
        ("Dune", own.pk),
        ("Places", None),
    ]
    assert values(VideoTag, "tag_id") == values(MarkerTag, "tag_id") == [(own.pk,)]
    assert values(TagAlias, "tag_id", "name") == [(keep.pk, "Locations")]
    assert {city.pk, dune.pk} <= {pk for (pk,) in values(Tag, "pk")}


def test_a_tag_can_be_merged_into_the_one_above_it():
    root = make_tag(name="Places")
    child = make_tag(name="Spots", parent=root)
    grandchild = make_tag(name="Beach", parent=child)

    merge("tag", keep=root, others=[child], user=None)

    grandchild.refresh_from_db()
    root.refresh_from_db()
    assert (grandchild.parent, root.parent) == (root, None)


def test_saved_searches_ask_for_the_keeper():
    keep, other, creator, gone = make_tag(), make_tag(), make_creator(), make_creator()
    tags = {"facet": "tag", "op": "any", "value": [other.pk, keep.pk]}
    length = {"facet": "tags", "op": "between", "value": [other.pk, other.pk + 1]}
    person = {"facet": "creator", "op": "any", "value": [str(gone.public_id)]}
    search = SavedSearch.objects.create(
        user=make_user(), name="Mine", filter={"all": [{"not": tags}, {"any": [length, person]}]}
    )

    merge("tag", keep=keep, others=[other], user=None)
    merge("creator", keep=creator, others=[gone], user=None)

    search.refresh_from_db()
    changed = {**tags, "value": [keep.pk]}, {**person, "value": [str(creator.public_id)]}
    assert search.filter == {"all": [{"not": changed[0]}, {"any": [length, changed[1]]}]}


# ---- as a whole --------------------------------------------------------------------------------------------------


def fill_two_of_everything() -> dict[Kind, tuple[Any, Any]]:
    """Two videos, people, studios and tags that collide in every table that links them."""
    pairs: dict[Kind, tuple[Any, Any]] = {
        "video": (make_file().video, make_file().video),
        "creator": (make_creator(), make_creator(birthplace="Oslo")),
        "studio": (make_studio(), make_studio(url="https://example.org/")),
        "tag": (make_tag(), make_tag(description="words")),
    }
    user, site = make_user(), Platform.objects.create(name="Somewhere")
    playlist = Playlist.objects.create(user=user, name="Mine")
    make_tag(name="Same", parent=pairs["tag"][0])
    make_tag(name="same", parent=pairs["tag"][1])
    make_studio(parent=pairs["studio"][1])
    for number in (0, 1):
        video, creator, studio = pairs["video"][number], pairs["creator"][number], pairs["studio"][number]
        for other in pairs["creator"]:
            credit(other, video, source="face", confidence=0.5 + number / 10)
        for other in pairs["tag"]:
            put(other, video, source=("rule", "manual")[number])
        for index, other in enumerate(pairs["studio"]):
            assign(other, video, is_primary=index == number)
        for target in ({"video": video}, {"creator": creator}, {"studio": studio}):
            Rating.objects.create(user=user, stars=Decimal("3.0"), comment="x" * number, rated_at=LATE, **target)
            Favorite.objects.create(user=user, added_at=EARLY, **target)
            ExternalId.objects.create(source="stash", external_id="1", **target)
        CreatorProfile.objects.create(creator=creator, platform=site, username="a", profile_url="https://example.org/")
        SocialLink.objects.create(studio=studio, url="https://example.org/")
        VideoMetadata.objects.create(video=video, key="place", value=str(number))
        Tally.objects.create(user=user, video=video, count=2)
        PlayCount.objects.create(user=user, video=video, play_count=3, last_watched_at=EARLY)
        ViewCount.objects.create(user=user, video=video, last_counted_at=EARLY)
        WatchProgress.objects.create(user=user, video=video, position_seconds=number, watched_at=LATE)
        Marker.objects.create(user=user, video=video, start_seconds=1)
        PlaylistItem.objects.create(playlist=playlist, video=video, position=number)
    SavedSearch.objects.create(user=user, name="s", filter={"facet": "tag", "op": "any", "value": [pairs["tag"][1].pk]})
    return pairs


@pytest.mark.parametrize("kind", ["video", "creator", "studio", "tag"])
def test_undo_restores_every_row_as_it_was(kind):
    keep, other = fill_two_of_everything()[kind]
    before = everything()

    report = merge(kind, keep=keep, others=[other], user=None)
    assert everything() != before
    undo_batch(batch=report.batch, user=None)

    after = everything()
    assert {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}


def test_the_number_of_statements_does_not_grow_with_what_moves():
    def statements(count: int) -> int:
        keep, other = make_creator(), make_creator()
        videos = Video.objects.bulk_create([Video(title="x") for _ in range(count)])
        Credit.objects.bulk_create(
            [Credit(video=video, creator=creator, source="face") for video in videos for creator in (keep, other)]
        )
        with CaptureQueriesContext(connection) as captured:
            merge("creator", keep=keep, others=[other], user=None)
        return len(captured)

    assert statements(120) == statements(10)
