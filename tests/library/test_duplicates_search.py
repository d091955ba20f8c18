"""The search for duplicates: which pairs it finds, which it never finds, and what stays when it runs again."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.hashing import signed_64
from library.models import DuplicatePair
from library.models.duplicate import DuplicateKind, DuplicateVerdict
from library.services.duplicates.candidates import COMMON_FILES
from library.services.duplicates.search import find_all, find_for_file
from library.services.duplicates.verdicts import answer_pairs, forget_answers
from tests.library.duplicates import flip, invent_file, invent_hashes
from tests.library.factories import make_file, make_user, make_video

pytestmark = pytest.mark.django_db
HASH = 0x1234_5678_9ABC_DEF1


def kinds() -> list[str]:
    return list(DuplicatePair.objects.order_by("pk").values_list("kind", flat=True))


def add(bits: int, *, seconds: float = 600, **columns):
    """A file whose hash is that many bits from HASH."""
    return make_file(phash=signed_64(flip(HASH, bits)), duration_seconds=seconds, **columns)


def search(file, how: str) -> None:
    if how == "file":
        find_for_file(file_id=file.pk)
    else:
        find_all(kind=DuplicateKind.NEAR)


# ---- near -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["file", "all"])
@pytest.mark.parametrize(
    ("bits", "seconds", "expected"),
    [
        (0, 600, ["near"]),
        (10, 600, ["near"]),
        (10, 611, ["near"]),
        (11, 600, []),
        (10, 620, []),
        (3, 3000, ["near"]),
        (4, 3000, []),
    ],
)
def test_hashes_may_be_ten_bits_apart_at_the_same_length_and_three_at_any(bits, seconds, expected, how):
    add(0)

    search(add(bits, seconds=seconds), how)

    assert kinds() == expected


@pytest.mark.parametrize("how", ["file", "all"])
@pytest.mark.parametrize("columns", [{"phash": 0}, {"phash": None}])
def test_a_hash_that_says_nothing_matches_nothing(columns, how):
    for _ in range(2):
        last = make_file(duration_seconds=600, **columns)

    search(last, how)

    assert kinds() == []


@pytest.mark.parametrize("how", ["file", "all"])
def test_a_video_in_the_trash_takes_no_part(how):
    add(0, video=make_video(trashed_at=timezone.now()))

    search(add(0), how)

    assert kinds() == []


@pytest.mark.parametrize("how", ["file", "all"])
@pytest.mark.parametrize(("like", "expected"), [(True, ["near"]), (False, [])])
def test_doubtful_hashes_count_when_the_pictures_agree(like, expected, how):
    frames = invent_hashes(1)
    columns = {"step_seconds": 10.0, "duration_seconds": 400}
    invent_file(frames=frames, phash=signed_64(HASH), **columns)
    others = [flip(number, 4) for number in frames] if like else invent_hashes(2)

    search(invent_file(frames=others, phash=signed_64(flip(HASH, 14)), **columns), how)

    assert kinds() == expected


@pytest.mark.parametrize("how", ["file", "all"])
def test_pictures_that_differ_speak_against_hashes_that_are_nearly_too_far_apart(how):
    invent_file(frames=invent_hashes(1), phash=signed_64(HASH))

    search(invent_file(frames=invent_hashes(2), phash=signed_64(flip(HASH, 9))), how)

    assert kinds() == []


# ---- contained ------------------------------------------------------------------------------------------------------
def test_four_pictures_of_a_longer_video_at_one_offset_make_a_clip():
    frames = invent_hashes(1, 60)
    longer = invent_file(frames=frames)

    clip = invent_file(frames=[flip(number, 2) for number in frames[20:24]])
    find_for_file(file_id=clip.pk)

    pair = DuplicatePair.objects.get()
    assert (pair.kind, pair.first_id, pair.second_id) == ("contained", longer.video_id, clip.video_id)
    assert (pair.first_from_seconds, pair.first_to_seconds) == (200, 240)
    assert (pair.second_from_seconds, pair.second_to_seconds) == (0, 40)


def test_three_pictures_are_too_few():
    frames = invent_hashes(1, 60)
    invent_file(frames=frames)

    find_for_file(file_id=invent_file(frames=frames[20:23]).pk)

    assert kinds() == []


def test_the_same_pictures_in_another_order_are_another_video():
    frames = invent_hashes(1, 60)
    invent_file(frames=frames)

    find_for_file(file_id=invent_file(frames=frames[20:32:2] + frames[10:20:3]).pk)

    assert kinds() == []


def test_one_still_picture_all_the_time_is_no_evidence():
    invent_file(frames=[HASH] * 60)

    find_for_file(file_id=invent_file(frames=[HASH] * 20).pk)

    assert kinds() == []


def test_signatures_that_were_made_in_another_way_are_not_compared():
    frames = invent_hashes(1, 60)
    invent_file(frames=frames, version=1)

    find_for_file(file_id=invent_file(frames=frames[20:40], version=2).pk)

    assert kinds() == []


def test_an_opening_that_two_series_share_is_no_clip():
    opening = invent_hashes(1, 5)
    invent_file(frames=opening + invent_hashes(2, 60), keyframes=opening + invent_hashes(3, 60))

    shorter = invent_file(frames=opening + invent_hashes(4, 30), keyframes=opening + invent_hashes(5, 30))
    find_for_file(file_id=shorter.pk)

    assert kinds() == []


def test_keyframes_that_were_copied_make_a_clip():
    keyframes = invent_hashes(1, 60)
    longer = invent_file(keyframes=keyframes, duration_seconds=600)

    clip = invent_file(keyframes=keyframes[30:33], duration_seconds=25)
    find_for_file(file_id=clip.pk)

    pair = DuplicatePair.objects.get()
    assert (pair.kind, pair.first_id) == ("contained", longer.video_id)
    assert (pair.first_from_seconds, pair.first_to_seconds) == (300, 325)


def test_pictures_that_are_in_very_many_files_do_not_vote():
    logo = invent_hashes(1, 4)
    for number in range(COMMON_FILES + 2):
        last = invent_file(frames=logo + invent_hashes(100 + number, 4))

    find_for_file(file_id=last.pk)

    assert kinds() == []


# ---- again and again ------------------------------------------------------------------------------------------------
def test_a_search_that_runs_again_makes_no_second_pair():
    add(0)
    file = add(1)

    results = [find_for_file(file_id=file.pk) for _ in range(2)]

    assert [result.new for result in results] == [1, 0]
    assert kinds() == ["near"]


@pytest.mark.parametrize("verdict", [DuplicateVerdict.REJECTED, DuplicateVerdict.KEPT])
def test_an_answered_pair_is_never_opened_again(verdict):
    add(0)
    file = add(1)
    find_for_file(file_id=file.pk)
    pair = DuplicatePair.objects.get()
    answer_pairs(pair_ids=[pair.pk], verdict=verdict, user=make_user())

    find_for_file(file_id=file.pk)
    find_all(kind=DuplicateKind.NEAR)

    pair.refresh_from_db()
    assert pair.verdict == verdict
    assert pair.decided_at is not None


def test_an_answer_that_is_forgotten_opens_the_pair():
    add(0)
    find_for_file(file_id=add(1).pk)
    pair = DuplicatePair.objects.get()
    answer_pairs(pair_ids=[pair.pk], verdict=DuplicateVerdict.REJECTED, user=None)

    forget_answers(pair_ids=[pair.pk], user=None)

    pair.refresh_from_db()
    assert (pair.verdict, pair.decided_at, pair.decided_by) == ("open", None, None)


def test_an_open_pair_goes_when_the_file_shows_something_else_now():
    add(0)
    file = add(1)
    find_for_file(file_id=file.pk)

    type(file).objects.filter(pk=file.pk).update(phash=signed_64(~HASH & (2**63 - 1)))
    result = find_for_file(file_id=file.pk)

    assert result.gone == 1
    assert kinds() == []


def test_a_pair_with_a_missing_file_stays():
    gone = add(0, missing_since=timezone.now())

    find_for_file(file_id=add(1).pk)

    assert DuplicatePair.objects.get().first_id == gone.video_id


def test_the_search_for_one_file_takes_as_many_queries_whatever_it_finds():
    def queries_of(file) -> int:
        with CaptureQueriesContext(connection) as queries:
            find_for_file(file_id=file.pk)
        return len(queries)

    add(0)
    before = queries_of(add(1))
    for _ in range(10):
        add(0)

    assert queries_of(add(1)) == before


def test_remuxes_of_one_video_are_compared_as_one_but_for_their_bytes():
    """A video of fifty files with the same packets would else be compared fifty times with all that is like it."""

    def statements(files: int) -> int:
        video, packets = make_video(), f"{files:032x}"
        for number in range(files):
            invent_file(
                video=video, keyframes=invent_hashes(files), packet_hash=packets, content_hash=f"{files}{number:030x}"
            )
        # The copy of the last of them, byte by byte.
        copied = invent_file(packet_hash=packets, content_hash=f"{files}{files - 1:030x}")
        with CaptureQueriesContext(connection) as queries:
            find_for_file(file_id=video.files.order_by("pk")[0].pk)
        assert DuplicatePair.objects.get(second=copied.video).kind == DuplicateKind.EXACT
        return len(queries)

    few, many = statements(2), statements(9)

    # Three for each: those with the same bytes, and their two rows.
    assert many - few == 7 * 3


@pytest.mark.parametrize("how", ["equal", "packets"])
def test_equal_content_and_equal_packets_are_found_by_their_hashes(how):
    column = {"equal": "content_hash", "packets": "packet_hash"}[how]
    make_file(**{column: "ab" * 16})

    find_for_file(file_id=make_file(**{column: "ab" * 16}).pk)

    assert kinds() == [{"equal": "exact", "packets": "near"}[how]]


def test_the_whole_library_is_searched_for_equal_content_at_once():
    for _ in range(3):
        make_file(content_hash="ab" * 16)
    video = make_video()
    for _ in range(2):
        make_file(content_hash="cd" * 16, video=video)

    result = find_all(kind=DuplicateKind.EXACT)

    assert (result.found, result.new) == (3, 3)
