import pytest
from django.db import IntegrityError, transaction

from library.models import User, Video
from playback.exceptions import PositionError
from playback.models import PlaybackSettings, WatchProgress
from playback.queries import resume_position, watched_percent
from playback.services import record_position
from tests.library.factories import make_file, make_user, make_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def video() -> Video:
    video = make_video(duration_seconds=1000)
    make_file(video=video, duration_seconds=1000)
    return video


def at(user: User, video: Video, seconds: float) -> WatchProgress:
    record_position(user=user, video_id=video.pk, position_seconds=seconds, duration_seconds=1000)
    return WatchProgress.objects.get(user=user, video=video)


def test_the_last_position_wins_in_one_row(user: User, video: Video) -> None:
    at(user, video, 10)

    row = at(user, video, 700.5)

    assert (row.position_seconds, row.duration_seconds, row.is_completed) == (700.5, 1000, False)


def test_users_do_not_share_their_place(user: User, video: Video) -> None:
    other = make_user()

    at(user, video, 100)
    at(other, video, 300)

    assert WatchProgress.objects.get(user=user).position_seconds == 100


@pytest.mark.parametrize(("seconds", "is_completed"), [(899, False), (900, True), (1000, True), (5000, True)])
def test_ninety_percent_is_finished_and_a_position_never_passes_the_end(
    user: User, video: Video, seconds: float, is_completed: bool
) -> None:
    row = at(user, video, seconds)

    assert row.is_completed is is_completed
    assert row.position_seconds == min(seconds, 1000)


def test_the_settings_say_what_is_finished(user: User, video: Video) -> None:
    PlaybackSettings.objects.create(completed_percent=50)

    assert at(user, video, 500).is_completed


def test_finished_stays_finished_when_it_is_begun_again(user: User, video: Video) -> None:
    at(user, video, 950)

    row = at(user, video, 20)

    assert (row.position_seconds, row.is_completed) == (20, True)


def test_without_a_length_nothing_is_finished(user: User, video: Video) -> None:
    row = record_position(user=user, video_id=video.pk, position_seconds=5, duration_seconds=None)

    assert not row.is_completed


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_what_is_no_position_is_refused(user: User, video: Video, seconds: float) -> None:
    with pytest.raises(PositionError):
        record_position(user=user, video_id=video.pk, position_seconds=seconds)


def test_a_video_that_is_gone_is_an_integrity_error(user: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        record_position(user=user, video_id=999, position_seconds=1)
        # PostgreSQL looks at the reference when the transaction ends.
        transaction.get_connection().check_constraints()


@pytest.mark.parametrize(("seconds", "expected"), [(0, 0), (4, 0), (5, 5), (640, 640), (899, 899), (900, 0), (1000, 0)])
def test_a_player_resumes_except_near_either_end(user: User, video: Video, seconds: float, expected: float) -> None:
    row = at(user, video, seconds)

    assert resume_position(row, duration_seconds=1000) == expected


def test_a_video_never_begun_starts_at_its_beginning() -> None:
    assert resume_position(None, duration_seconds=1000) == 0


@pytest.mark.parametrize(("seconds", "expected"), [(1, 1), (650, 65), (1000, 100)])
def test_a_tile_shows_how_far_someone_is(user: User, video: Video, seconds: float, expected: int) -> None:
    assert watched_percent(at(user, video, seconds), 1000) == expected
