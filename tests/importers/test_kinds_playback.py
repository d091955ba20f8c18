"""What users did and keep, on its way in: what is the same here, what is added, what stays."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from importers.models import ImportedRow, ImportRun, PlannedRow
from importers.records import Record
from importers.services.running import start_run
from library.models import Tag, User, Video
from playback.models import (
    Favorite,
    Marker,
    MarkerTag,
    PlaybackSettings,
    PlayCount,
    Playlist,
    PlaylistItem,
    Rating,
    ShareLink,
    Tally,
    UserSettings,
    Watch,
    WatchProgress,
)
from playback.models.share import digest_of
from playback.services.sharing.content import find_link
from tests.importers.kinds import bring, counts, line, reasons
from tests.importers.memory import World, record
from tests.library.factories import make_user, make_video

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
EARLIER, LATER = NOW - timedelta(days=30), NOW + timedelta(days=30)
TOKEN = "abcdefghijklmnopqrstuv"


@pytest.fixture
def user(owner):
    return make_user(username="ann")


@pytest.fixture
def video(db):
    return make_video(title="One")


def again() -> ImportRun:
    return start_run(system="memory", location="main")


# Opinions


def test_stars_come_with_their_moment(user, video):
    run = bring(
        record("playback.rating", user=user.pk, video=video.pk, stars=Decimal("4.5"), comment="ha", rated_at=EARLIER)
    )

    row = Rating.objects.get()
    assert (row.stars, row.comment, row.rated_at, row.user, row.video) == (Decimal("4.5"), "ha", EARLIER, user, video)
    assert counts(run) == {"created": 1}


def test_stars_that_were_given_here_stay_and_the_others_are_a_conflict(user, video):
    Rating.objects.create(user=user, video=video, stars=2, rated_at=NOW)

    run = bring(record("playback.rating", user=user.pk, video=video.pk, stars=5, comment="ha", rated_at=EARLIER))

    row = Rating.objects.get()
    assert (row.stars, row.comment, row.rated_at) == (Decimal(2), "ha", NOW)
    assert counts(run) == {"merged": 1}
    assert reasons(run) == {"ours_kept": 1}
    [conflict] = line().conflicts
    assert (conflict["field"], conflict["ours"], conflict["theirs"]) == ("stars", "2", "5")


def test_a_favourite_is_one_since_whichever_is_earlier(user, video):
    Favorite.objects.create(user=user, video=video, added_at=NOW)

    bring(record("playback.favorite", user=user.pk, video=video.pk, added_at=EARLIER))

    assert Favorite.objects.get().added_at == EARLIER


# Plays


def plays(user: User, video: Video, count: int, seconds: float, **more: Any) -> Record:
    return record(
        "playback.playcount", user=user.pk, video=video.pk, play_count=count, total_watch_seconds=seconds, **more
    )


def test_plays_there_come_on_top_of_plays_here(user, video):
    PlayCount.objects.create(user=user, video=video, play_count=2, total_watch_seconds=60, last_played_at=NOW)

    bring(plays(user, video, 5, 300.0, last_played_at=EARLIER, session_watch_seconds=9))

    row = PlayCount.objects.get()
    assert (row.play_count, row.total_watch_seconds, row.last_played_at) == (7, 360, NOW)
    assert row.session_watch_seconds == 0


def test_a_second_run_adds_no_plays(user, video):
    PlayCount.objects.create(user=user, video=video, play_count=2)
    bring(plays(user, video, 5, 300.0))

    run = again()

    assert PlayCount.objects.get().play_count == 7
    assert counts(run) == {"unchanged": 1}


@pytest.mark.parametrize("here_before", [0, 2])
def test_a_later_run_adds_what_theirs_grew_by_and_keeps_what_was_played_here_meanwhile(user, video, here_before):
    if here_before:
        PlayCount.objects.create(user=user, video=video, play_count=here_before)
    bring(plays(user, video, 5, 300.0))
    PlayCount.objects.update(play_count=here_before + 5 + 3)

    bring(plays(user, video, 6, 310.0))
    bring(plays(user, video, 8, 320.0))

    assert PlayCount.objects.get().play_count == here_before + 8 + 3
    assert PlayCount.objects.get().total_watch_seconds == 320


def test_two_rows_about_the_same_plays_of_a_source_are_added(user, video):
    run = bring(plays(user, video, 5, 10.0), plays(user, video, 2, 20.0))

    assert PlayCount.objects.get().play_count == 7
    assert counts(run) == {"created": 1, "merged": 1}


def test_a_counter_goes_on_from_both(user, video):
    Tally.objects.create(user=user, video=video, count=3)

    bring(record("playback.tally", user=user.pk, video=video.pk, count=4))

    assert Tally.objects.get().count == 7


def test_sittings_are_told_apart_by_their_moment(user, video):
    Watch.objects.create(user=user, video=video, watched_at=NOW, watched_seconds=10)

    bring(
        record("playback.watch", user=user.pk, video=video.pk, watched_at=NOW, watched_seconds=20.0, is_completed=True),
        record("playback.watch", user=user.pk, video=video.pk, watched_at=EARLIER, watched_seconds=5.0),
    )

    rows = Watch.objects.order_by("watched_at").values_list("watched_at", "watched_seconds", "is_completed")
    assert list(rows) == [(EARLIER, 5, False), (NOW, 20, True)]


@pytest.mark.parametrize(("moment", "position"), [(EARLIER, 10), (LATER, 99)])
def test_the_place_in_a_video_is_that_of_whoever_watched_later(user, video, moment, position):
    WatchProgress.objects.create(user=user, video=video, watched_at=NOW, position_seconds=10)

    bring(
        record(
            "playback.watchprogress", user=user.pk, video=video.pk, watched_at=moment, position_seconds=99.0,
            is_completed=True,
        )
    )  # fmt: skip

    row = WatchProgress.objects.get()
    assert (row.position_seconds, row.watched_at, row.is_completed) == (position, max(moment, NOW), True)


# Marks


def test_a_mark_comes_with_its_tags_and_joins_one_that_is_the_same(user, video):
    tag = Tag.objects.create(name="Beach")
    Marker.objects.create(user=user, video=video, start_seconds=12.5, label="Wave")

    run = bring(
        record("playback.marker", user=user.pk, video=video.pk, start_seconds=12.5, label="Wave", description="high"),
        record("playback.marker", user=user.pk, video=video.pk, start_seconds=20, end_seconds=30, label=""),
    )
    bring(record("playback.markertag", marker=line("2").object_id, tag=tag.pk), table="tags")

    assert counts(run) == {"merged": 1, "created": 1}
    first, second = Marker.objects.order_by("start_seconds")
    assert (first.description, second.end_seconds) == ("high", 30)
    assert MarkerTag.objects.get().marker == second


def test_a_mark_that_ends_before_it_begins_has_no_end(user, video):
    run = bring(record("playback.marker", user=user.pk, video=video.pk, start_seconds=20.0, end_seconds=10.0))

    assert Marker.objects.get().end_seconds is None
    assert reasons(run) == {"bad_number": 1}


# Playlists


def playlist(user: User, name: str, **more: Any) -> Record:
    return record("playback.playlist", user=user.pk, name=name, **more)


def test_a_list_of_the_same_name_is_the_same_list(user):
    ours = Playlist.objects.create(user=user, name="Best")

    run = bring(playlist(user, "BEST ", description="of all"))

    assert counts(run) == {"merged": 1}
    ours.refresh_from_db()
    assert (ours.name, ours.description) == ("Best", "of all")


def test_two_lists_of_one_name_stay_two_and_a_second_run_changes_nothing(user):
    Playlist.objects.create(user=user, name="Best")
    bring(playlist(user, "Best"), playlist(user, "best"), playlist(user, "Best"))
    names = list(Playlist.objects.order_by("pk").values_list("name", flat=True))

    run = again()

    assert names == ["Best", "best (2)", "Best (3)"]
    assert counts(run) == {"unchanged": 3}
    assert list(Playlist.objects.order_by("pk").values_list("name", flat=True)) == names


def test_a_list_that_comes_later_gets_no_name_that_the_import_gave(user):
    bring(playlist(user, "Best"), playlist(user, "Best"))

    bring(playlist(user, "Best"), playlist(user, "Best"), playlist(user, "Best (2)"))

    assert list(Playlist.objects.order_by("pk").values_list("name", flat=True)) == ["Best", "Best (2)", "Best (2) (2)"]


def items(playlist_id: int, *places: int) -> list[Record]:
    """Records of videos at these places; each place makes a video of its own."""
    return [
        record("playback.playlistitem", playlist=playlist_id, video=make_video(title=f"v{n}").pk, position=place)
        for n, place in enumerate(places)
    ]


def order() -> list[tuple[str, int]]:
    return list(PlaylistItem.objects.order_by("position").values_list("video__title", "position"))


def test_places_in_a_list_stay(user):
    ours = Playlist.objects.create(user=user, name="Best")

    bring(*items(ours.pk, 2, 0, 7))

    assert order() == [("v1", 0), ("v0", 2), ("v2", 7)]


def test_what_was_in_a_list_stays_before_what_comes(user):
    ours = Playlist.objects.create(user=user, name="Best")
    PlaylistItem.objects.create(playlist=ours, video=make_video(title="here"), position=3)

    bring(*items(ours.pk, 1, 0))

    assert order() == [("here", 3), ("v1", 4), ("v0", 5)]


def test_places_that_two_rows_claim_move_up(user):
    ours = Playlist.objects.create(user=user, name="Best")

    bring(*items(ours.pk, 0, 0, 1, 1))

    assert [place for _, place in order()] == [0, 1, 2, 3]
    assert [title for title, _ in order()] == ["v0", "v1", "v2", "v3"]


def test_a_video_that_is_in_the_list_already_stays_where_it_is(user, video):
    ours = Playlist.objects.create(user=user, name="Best")
    PlaylistItem.objects.create(playlist=ours, video=video, position=5)

    run = bring(record("playback.playlistitem", playlist=ours.pk, video=video.pk, position=0))

    assert (counts(run), order()) == ({"merged": 1}, [("One", 5)])


# Shares


def link(user: User, video: Video, token: str | None = TOKEN, **more: Any) -> Record:
    return record("playback.sharelink", owner=user.pk, video=video.pk, token=token, access="public", **more)


def test_the_old_address_of_a_shared_video_opens_it(user, video):
    bring(link(user, video, view_count=4))

    row = ShareLink.objects.get()
    assert (row.token_digest, row.target, row.view_count) == (digest_of(TOKEN), "video", 4)
    assert find_link(TOKEN) == row


def test_a_token_is_written_nowhere(user, video):
    run = bring(link(user, video))
    dry = bring(link(user, video), link(user, video, token=TOKEN[::-1]), is_dry_run=True)

    assert TOKEN not in str(list(ImportedRow.objects.values()))
    assert TOKEN[::-1] not in str(list(PlannedRow.objects.values()))
    assert TOKEN not in str([run.report, run.options, dry.report])


@pytest.mark.parametrize("token", ["", "short", "x" * 23, None])
def test_a_token_that_no_address_can_hold_is_told(user, video, token):
    run = bring(link(user, video, token=token))

    assert (counts(run), reasons(run)) == ({"skipped": 1}, {"bad_value": 1})
    assert not ShareLink.objects.exists()


# Preferences


def test_preferences_that_still_say_their_default_follow(user):
    UserSettings.objects.create(user=user, autoplay=True, videos_per_page=96)

    run = bring(record("playback.usersettings", user=user.pk, loop=True, videos_per_page=48, default_volume=40))

    row = UserSettings.objects.get()
    assert (row.autoplay, row.loop, row.videos_per_page, row.default_volume) == (True, True, 96, 40)
    assert reasons(run) == {"ours_kept": 1}


def test_preferences_that_cannot_be_are_left_out(user):
    run = bring(record("playback.usersettings", user=user.pk, default_volume=400, loop=True))

    assert (UserSettings.objects.get().default_volume, UserSettings.objects.get().loop) == (100, True)
    assert reasons(run) == {"bad_value": 1}


def test_settings_of_several_rows_become_one_row(owner):
    run = bring(
        record("playback.playbacksettings", min_watch_seconds=45),
        record("playback.playbacksettings", watch_session_gap_minutes=15),
    )

    row = PlaybackSettings.objects.get()
    assert (row.min_watch_seconds, row.watch_session_gap_minutes) == (45, 15)
    assert counts(run) == {"created": 1, "merged": 1}


def test_a_setting_that_the_owner_changed_stays(owner):
    PlaybackSettings.objects.create(min_watch_seconds=90)

    run = bring(record("playback.playbacksettings", min_watch_seconds=45, watch_session_gap_minutes=15))

    row = PlaybackSettings.objects.get()
    assert (row.min_watch_seconds, row.watch_session_gap_minutes) == (90, 15)
    assert reasons(run) == {"ours_kept": 1}


def test_what_leads_to_no_video_is_left_out(user):
    gone = Video.objects.create(title="gone")
    World({}).put()
    pk = gone.pk
    gone.delete()

    run = bring(record("playback.tally", user=user.pk, video=pk, count=1))

    assert counts(run) == {"skipped": 1}
