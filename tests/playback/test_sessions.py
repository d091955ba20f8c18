"""What players tell and what is counted from it."""

import threading
import uuid
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import User, Video
from library.services.merging import merge_videos
from playback.exceptions import PositionError, SessionError, VideoGoneError
from playback.models import PlaybackSession, PlaybackSettings, PlayCount, ViewCount, Watch, WatchProgress
from playback.services import counting
from playback.services.sessions import ask_to_stop, forget_old_sessions, stop_idle_sessions
from processing.models import DemandLease
from tests.library.factories import make_user, make_video
from tests.playback.watching import Player, make_film

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def film() -> Video:
    return make_film()


def plays_of(user: User, video: Video) -> tuple[int, float]:
    row = PlayCount.objects.get(user=user, video=video)
    return row.play_count, row.total_watch_seconds


def place_of(user: User, video: Video) -> float:
    return WatchProgress.objects.get(user=user, video=video).position_seconds


def views_of(video: Video) -> int:
    video.refresh_from_db()
    return video.view_count


# ---- seconds --------------------------------------------------------------------------------------------------------
def test_a_session_knows_who_watches_what_on_what(user: User, film: Video) -> None:
    player = Player(user, film, position=40)

    player.play(20)
    player.tell("paused", method="remux", rendition="r1", file_id=film.files.get().pk)

    row = PlaybackSession.objects.get()
    assert (row.user, row.video, row.file) == (user, film, film.files.get())
    assert (row.state, row.method, row.rendition) == ("paused", "remux", "r1")
    assert (row.device, row.device_kind, row.browser, row.system) == ("Chrome on Linux", "desktop", "Chrome", "Linux")
    assert (row.address, row.position_seconds, row.duration_seconds, row.watched_seconds) == ("192.0.2.7", 60, 1000, 20)


def test_a_message_that_comes_again_changes_nothing(user: User, film: Video) -> None:
    player = Player(user, film)
    player.play(30)
    before = list(PlayCount.objects.values()), list(WatchProgress.objects.values()), list(Watch.objects.values())

    for _ in range(5):
        player.tell()

    after = list(PlayCount.objects.values()), list(WatchProgress.objects.values()), list(Watch.objects.values())
    assert before == after


def test_lost_messages_lose_nothing_once_the_next_one_comes(user: User, film: Video) -> None:
    player = Player(user, film)
    player.tell()
    player.pass_by(120)

    player.tell()

    assert plays_of(user, film) == (1, 120)
    assert place_of(user, film) == 120


def test_a_forged_message_counts_what_the_clock_allows(user: User, film: Video) -> None:
    player = Player(user, film)
    player.tell(watched_seconds=7200)
    first = plays_of(user, film)
    player.wait(seconds=10)

    player.tell(watched_seconds=90_000)
    player.wait(seconds=10)
    player.tell(watched_seconds=90_000)

    assert first == (0, 30)
    assert plays_of(user, film) == (0, 30 + 25), "and what was not believed is not made up for later"


def test_a_clock_that_goes_back_adds_the_slack_at_most(user: User, film: Video) -> None:
    player = Player(user, film)
    player.tell()
    player.wait(seconds=-3600)

    player.tell(watched_seconds=500)

    assert plays_of(user, film)[1] == 5


def test_twice_the_speed_counts_in_full(user: User, film: Video) -> None:
    player = Player(user, film)
    player.tell()
    player.wait(seconds=30)
    player.watched, player.position = 60, 60

    player.tell()

    assert plays_of(user, film) == (1, 60)


@pytest.mark.parametrize("field", ["position_seconds", "watched_seconds"])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 1e9])
def test_what_are_no_seconds_is_refused(user: User, film: Video, field: str, value: float) -> None:
    with pytest.raises(PositionError):
        Player(user, film).tell(**{field: value})


def test_a_session_belongs_to_one_user_and_one_that_is_gone_has_none(user: User, film: Video) -> None:
    player = Player(user, film)
    player.tell()
    thief = Player(make_user(), film, session=player.session)

    with pytest.raises(SessionError):
        thief.tell()
    with pytest.raises(VideoGoneError):
        Player(user, film).tell(video_id=film.pk + 999)
    with pytest.raises(SessionError):
        player.tell("rewinding")


def test_a_file_of_another_video_is_not_believed(user: User, film: Video) -> None:
    Player(user, film).tell(file_id=make_film().files.get().pk)

    assert PlaybackSession.objects.get().file is None


def test_after_a_merge_the_session_goes_on_with_the_video_that_stayed(user: User, film: Video) -> None:
    keep = make_film()
    player = Player(user, film)
    player.play(20)

    merge_videos(keep=keep, others=[film], user=user)
    player.play(10)

    assert PlaybackSession.objects.get().video == keep
    assert plays_of(user, keep) == (0, 30)


# ---- A's play rule --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("length", "seconds", "plays"), [(1000, 59, 0), (1000, 60, 1), (60, 9, 0), (60, 10, 1), (61, 10, 0)]
)
def test_a_play_counts_from_a_minute_and_of_short_videos_from_ten_seconds(
    user: User, length: float, seconds: float, plays: int
) -> None:
    film = make_film(seconds=length)

    heard = Player(user, film).play(seconds)

    assert plays_of(user, film) == (plays, seconds)
    assert heard.play_counted is bool(plays)


def test_a_sitting_counts_once_and_after_the_gap_another_one_begins(user: User, film: Video) -> None:
    player = Player(user, film)
    player.play(130)
    once = plays_of(user, film)
    player.wait(minutes=29, seconds=50)
    player.play(70)
    still = plays_of(user, film)
    player.wait(minutes=31)

    player.play(50)
    too_short = plays_of(user, film)
    player.play(10)

    assert [once, still, too_short, plays_of(user, film)] == [(1, 130), (1, 200), (1, 250), (2, 260)]


def test_the_sitting_is_of_the_user_and_video_whatever_the_session(user: User, film: Video) -> None:
    first = Player(user, film)
    first.play(40)

    Player(user, film, now=first.now).play(20)

    assert plays_of(user, film) == (1, 60)


def test_the_owners_rules_count(user: User, film: Video) -> None:
    PlaybackSettings.objects.create(min_watch_seconds=20, watch_session_gap_minutes=0)
    player = Player(user, film)
    player.play(20)
    player.wait(days=3)

    player.play(20)

    assert plays_of(user, film) == (1, 40), "a gap of 0 never begins another sitting"


# ---- views ----------------------------------------------------------------------------------------------------------
def test_a_user_adds_one_view_a_rolling_day(user: User, film: Video) -> None:
    player = Player(user, film)
    assert player.play(10).view_counted
    counted_at = ViewCount.objects.get().last_counted_at
    assert not player.play(60).view_counted
    player.now = counted_at + timedelta(hours=24)

    player.session = uuid.uuid4()
    player.watched = 0
    player.tell()
    exactly = player.play(0), views_of(film)
    player.play(10)
    player.now = counted_at + timedelta(hours=24, seconds=30)
    player.play(10)
    Player(make_user(), film).play(10)

    assert exactly[1] == 1
    assert views_of(film) == 3


def test_a_glance_is_no_view_and_no_history(user: User, film: Video) -> None:
    Player(user, film).play(4)

    assert views_of(film) == 0
    assert not Watch.objects.exists()


# ---- the history ----------------------------------------------------------------------------------------------------
def test_a_report_within_five_minutes_goes_on_with_the_row(user: User, film: Video) -> None:
    player = Player(user, film)
    player.play(33)
    player.wait(minutes=4)
    player.play(10)
    player.wait(minutes=6)

    player.play(10)

    rows = list(Watch.objects.order_by("watched_at").values_list("watched_seconds", "position_seconds"))
    assert rows == [(43, 43), (10, 53)]


def test_the_end_is_completed_by_its_share(user: User, film: Video) -> None:
    player = Player(user, film, position=870)

    before = player.play(20)
    after = player.play(20)

    assert (before.is_completed, after.is_completed) == (False, True)
    assert Watch.objects.get().is_completed
    assert WatchProgress.objects.get().is_completed


# ---- many devices ---------------------------------------------------------------------------------------------------
def test_two_devices_at_once_both_count_and_do_not_pull_the_place_about(user: User, film: Video) -> None:
    sofa = Player(user, film, position=0)
    sofa.tell()
    desk = Player(user, film, position=500, now=sofa.now + timedelta(seconds=5))
    desk.tell()
    places = []

    for _ in range(6):
        for player in (sofa, desk):
            player.pass_by(10)
            player.tell()
            places.append(place_of(user, film))

    assert plays_of(user, film) == (1, 120)
    assert all(place >= 500 for place in places), "the one that began last"
    assert places == sorted(places)


def test_the_one_that_goes_on_takes_the_place_when_the_other_stops(user: User, film: Video) -> None:
    sofa = Player(user, film)
    sofa.tell()
    desk = Player(user, film, position=500, now=sofa.now)
    desk.play(20)
    desk.tell("stopped")
    sofa.pass_by(40)

    sofa.tell()
    once = place_of(user, film)
    sofa.pass_by(10)
    sofa.tell()

    assert once == 520, "one message may have been on its way for long"
    assert place_of(user, film) == 50


def test_a_tab_that_is_closed_late_does_not_pull_the_place_back(user: User, film: Video) -> None:
    tab = Player(user, film, position=100)
    tab.play(20)
    tab.tell("paused")
    sofa = Player(user, film, position=120, now=tab.now + timedelta(hours=1))
    sofa.play(600)
    sofa.tell("stopped")
    tab.now = sofa.now + timedelta(hours=2)

    tab.tell("stopped")

    assert place_of(user, film) == 720


def test_a_late_message_of_an_older_session_does_not_pull_the_place_back(user: User, film: Video) -> None:
    tab = Player(user, film, position=100)
    tab.tell()
    sofa = Player(user, film, position=400, now=tab.now + timedelta(seconds=1))
    sofa.play(60)
    sofa.tell("stopped")
    tab.pass_by(10)
    tab.now = sofa.now + timedelta(seconds=5)

    tab.tell()

    assert place_of(user, film) == 460
    assert plays_of(user, film)[1] == 70, "it was watched all the same"


def test_messages_that_overtake_each_other_leave_the_later_ones_place(user: User, film: Video) -> None:
    player = Player(user, film, sequence=0)
    player.play(30)
    player.tell("paused", position_seconds=30)
    player.position = 700
    player.tell("paused")

    player.tell("playing", position_seconds=30, sequence=2)
    player.tell("playing", position_seconds=10, watched_seconds=10, sequence=None)

    row = PlaybackSession.objects.get()
    assert (row.state, row.position_seconds) == ("paused", 700)
    assert place_of(user, film) == 700


# ---- stopping -------------------------------------------------------------------------------------------------------
def test_a_player_is_told_to_stop_until_it_does(user: User, film: Video) -> None:
    player = Player(user, film)
    player.play(10)

    assert ask_to_stop(public_id=player.session)
    asked = [player.play(10).stop, player.tell("paused").stop]

    assert asked == [True, False]
    assert not player.tell().stop, "whoever presses play again may"
    assert not ask_to_stop(public_id=uuid.uuid4())


def test_a_silent_player_is_stopped_after_half_an_hour_and_may_speak_again(user: User, film: Video) -> None:
    now = timezone.now()
    silent = Player(user, film, now=now - timedelta(minutes=31))
    silent.tell()
    Player(user, film, now=now - timedelta(minutes=29)).tell()

    count = stop_idle_sessions()

    row = PlaybackSession.objects.get(public_id=silent.session)
    assert (count, row.state, row.ended_at) == (1, "stopped", row.last_activity_at)
    silent.now = now
    silent.pass_by(10)
    silent.tell()
    row.refresh_from_db()
    assert (row.state, row.ended_at) == ("playing", None)


def test_old_sessions_are_forgotten_when_the_settings_say_so(user: User, film: Video) -> None:
    now = timezone.now()
    old = Player(user, film, now=now - timedelta(days=366))
    old.tell("stopped")
    Player(user, film, now=now - timedelta(days=364)).tell("stopped")

    assert forget_old_sessions(batch=1) == 1
    PlaybackSettings.objects.create(session_retention_days=0)
    assert forget_old_sessions() == 0
    assert PlaybackSession.objects.count() == 1


def test_heavy_work_waits_while_somebody_plays(user: User, film: Video) -> None:
    player = Player(user, film)

    held = [
        bool(player.tell() and DemandLease.objects.exists()),
        bool(player.tell("paused")) and DemandLease.objects.exists(),
    ]

    assert held == [True, False]


# ---- what it costs --------------------------------------------------------------------------------------------------
def statements_of(run) -> int:
    with CaptureQueriesContext(connection) as asked:
        run()
    return sum(1 for one in asked.captured_queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE")))


def test_a_message_costs_a_fixed_handful_of_statements(user: User, film: Video) -> None:
    player = Player(user, film)
    first = statements_of(player.tell)
    player.pass_by(10)
    playing = statements_of(player.tell)
    repeated = statements_of(player.tell)

    for _ in range(20):
        Player(make_user(), film).play(20)
    player.pass_by(10)

    assert (first, playing, repeated) == (8, 9, 5)
    assert statements_of(player.tell) == playing


# ---- races, each with its control -----------------------------------------------------------------------------------
def at_once(*runs) -> None:
    """Runs them in threads that start together."""
    barrier = threading.Barrier(len(runs))

    def start(run) -> None:
        barrier.wait()
        try:
            run()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=start, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def view(user: User, film: Video) -> None:
    with transaction.atomic():
        counting.add_view(counting.Place(user.pk, film.pk, 1, 1000, False, timezone.now()))


def look_then_write(user: User, film: Video, both_looked: threading.Barrier) -> None:
    """What the upsert is for: two who look first both see nothing."""
    is_first = not ViewCount.objects.filter(user=user, video=film).exists()
    both_looked.wait()
    if is_first:
        ViewCount.objects.get_or_create(user=user, video=film, defaults={"last_counted_at": timezone.now()})
        with connection.cursor() as cursor:
            cursor.execute("UPDATE library_video SET view_count = view_count + 1 WHERE id = %s", [film.pk])


@pytest.mark.django_db(transaction=True)
def test_views_at_once_count_once_and_the_control_counts_twice() -> None:
    user, film, other = make_user(), make_film(), make_film()
    both_looked = threading.Barrier(2)

    at_once(*[lambda: view(user, film)] * 6)
    at_once(*[lambda: look_then_write(user, other, both_looked)] * 2)

    assert views_of(film) == 1
    assert views_of(other) == 2


@pytest.mark.django_db(transaction=True)
def test_messages_at_once_count_every_second_once() -> None:
    """Four devices of one user, each message sent twice at once: eight in the same moment, for three rounds."""
    user, film = make_user(), make_film()
    players = [Player(user, film, position=100 * n) for n in range(4)]

    for _ in range(3):
        for player in players:
            player.pass_by(10)
        at_once(*[player.tell for player in players] * 2)

    plays, seconds = plays_of(user, film)
    assert (plays, seconds) == (1, 120)
    assert views_of(film) == 1
    assert Watch.objects.count() == 1
    assert Watch.objects.get().watched_seconds == 120
    assert PlaybackSession.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_merge_beside_messages_neither_waits_in_a_circle_nor_loses_seconds() -> None:
    user, film, keep = make_user(), make_film(), make_film()
    player = Player(user, film)
    player.play(20)

    def tell() -> None:
        for _ in range(5):
            player.pass_by(10)
            with suppress(VideoGoneError):
                player.tell()

    at_once(tell, lambda: merge_videos(keep=keep, others=[film], user=None))
    player.tell()

    assert plays_of(user, keep) == (1, 70)


def test_a_trashed_video_counts_no_more(user: User) -> None:
    with pytest.raises(VideoGoneError):
        Player(user, make_video(trashed_at=timezone.now(), duration_seconds=10)).tell()
