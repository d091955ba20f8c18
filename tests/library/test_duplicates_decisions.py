"""What people decide about duplicates: answers, the best of several, clips and copies; and two workers at once."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.hashing import signed_64
from library.models import ChangeBatch, DuplicatePair, LibrarySettings, Video, VideoFile
from library.models.duplicate import DuplicateKind, DuplicateVerdict
from library.services.duplicates.best import check_rules
from library.services.duplicates.looks import Found
from library.services.duplicates.pairs import record_pairs
from library.services.duplicates.plan import apply_best, plan_best
from library.services.duplicates.search import find_for_file
from library.services.duplicates.verdicts import PairError, answer_pairs, trash_clip, trash_wasted_files
from library.services.history import undo_batch
from processing.models import Job
from processing.services.submit import submit_jobs
from processing.stages.duplicates import keep_best
from processing.stages.registry import StageContext
from tests.library.factories import make_file, make_user, make_video

pytestmark = pytest.mark.django_db


def make_pair(first: VideoFile, second: VideoFile, *, kind: str = "near", **columns) -> DuplicatePair:
    one, other = sorted((first.video.pk, second.video.pk))
    return DuplicatePair.objects.create(first_id=one, second_id=other, kind=kind, **columns)


def undo_last() -> None:
    undo_batch(batch=ChangeBatch.objects.latest("created_at"), user=None)


# ---- the best of several --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rules", "best"),
    [
        ([{"rule": "resolution"}], "large"),
        ([{"rule": "codec", "order": ["av1", "h264"]}], "small"),
        ([{"rule": "hdr"}, {"rule": "smaller"}], "small"),
        ([{"rule": "hdr"}, {"rule": "larger"}], "large"),
        ([{"rule": "bit_rate"}, {"rule": "resolution"}], "large"),
    ],
)
def test_the_first_rule_that_tells_them_apart_decides(rules, best):
    LibrarySettings.objects.create(pk=1, keep_rules=rules)
    large = make_file(width=1920, height=1080, video_codec="h264", size_bytes=9_000, bit_rate=1_000_000)
    small = make_file(width=640, height=360, video_codec="av1", size_bytes=1_000, bit_rate=1_020_000)
    make_pair(large, small)

    [group] = plan_best().groups

    assert group.keep.video_id == {"large": large, "small": small}[best].video_id
    assert group.freed_bytes == {"large": 1_000, "small": 9_000}[best]


@pytest.mark.parametrize(
    "rules",
    [
        [],
        "resolution",
        [{"rule": "beauty"}],
        [{"rule": "hdr"}, {"rule": "hdr"}],
        [{"rule": "larger"}, {"rule": "smaller"}],
    ],
)
def test_rules_that_make_no_sense_are_refused(rules):
    with pytest.raises(ValidationError):
        check_rules(rules)


def test_three_that_are_alike_are_one_group_and_a_clip_is_in_none():
    files = [make_file(width=width, height=100) for width in (100, 300, 200)]
    make_pair(files[0], files[1])
    make_pair(files[1], files[2])
    make_pair(files[0], files[2])
    make_pair(files[0], make_file(), kind="contained")

    plan = plan_best()

    [group] = plan.clear
    assert group.keep.video_id == files[1].video_id
    assert {facts.video_id for facts in group.others} == {files[0].video_id, files[2].video_id}
    assert plan.contained == 1


@pytest.mark.parametrize("conflict", ["missing", "rejected", "far"])
def test_a_group_with_a_conflict_is_left_to_the_person(conflict):
    files = [make_file(width=width, height=100) for width in (100, 200, 300)]
    make_pair(files[0], files[1])
    if conflict == "missing":
        VideoFile.objects.filter(pk=files[1].pk).update(missing_since=timezone.now())
    else:
        make_pair(files[1] if conflict == "rejected" else files[0], files[2])
    if conflict == "rejected":
        make_pair(files[0], files[2], verdict="rejected")

    plan = plan_best()

    assert plan.clear == []
    assert len(plan.conflicts) == 1
    assert apply_best(pair_ids=None, user=None).merged == 0
    assert Video.objects.count() == 3


def test_the_plan_takes_as_many_queries_whatever_the_number_of_pairs():
    def queries_of() -> int:
        with CaptureQueriesContext(connection) as queries:
            plan_best()
        return len(queries)

    make_pair(make_file(), make_file())
    before = queries_of()
    for _ in range(10):
        make_pair(make_file(), make_file())

    assert queries_of() == before


def test_keeping_the_best_is_one_change_that_can_be_undone():
    files = [make_file(width=width, height=100, size_bytes=1000) for width in (100, 200, 100, 200)]
    make_pair(files[0], files[1])
    make_pair(files[2], files[3])
    batches = ChangeBatch.objects.count()

    done = apply_best(pair_ids=None, user=make_user())

    assert (done.kept, done.merged, done.freed_bytes) == (2, 2, 2000)
    assert set(Video.objects.values_list("pk", flat=True)) == {files[1].video_id, files[3].video_id}
    assert VideoFile.objects.exclude(trashed_at=None).count() == 2
    assert ChangeBatch.objects.count() == batches + 1

    undo_last()

    assert Video.objects.count() == 4
    assert VideoFile.objects.exclude(trashed_at=None).count() == 0
    assert DuplicatePair.objects.filter(verdict="open").count() == 2


def test_more_pairs_than_a_page_can_sum_up_are_cut_and_said_to_be(monkeypatch):
    monkeypatch.setattr("library.services.duplicates.plan.MOST_PAIRS", 1)
    sure, other = (make_pair(make_file(), make_file(), confidence=confidence) for confidence in (0.9, 0.6))

    plan = plan_best()

    assert plan.is_cut
    assert {plan.groups[0].keep.video_id, plan.groups[0].others[0].video_id} == {sure.first_id, sure.second_id}
    assert apply_best(pair_ids=[other.pk], user=None).merged == 1


def test_a_job_keeps_the_best_for_the_person_who_asked():
    user = make_user()
    make_pair(make_file(width=100, height=100), make_file(width=200, height=100))

    submit_jobs(stage="keep-best", target_ids=[user.pk], params={"pair_ids": None})
    job = Job.objects.get(stage="keep-best")
    result = keep_best(StageContext(job.target_id, job.params, None, lambda done, total: None))

    assert job.label == user.username
    assert result.facts["merged"] == 1
    assert ChangeBatch.objects.latest("created_at").user == user


# ---- answers --------------------------------------------------------------------------------------------------------
def test_an_answer_is_a_change_that_can_be_undone():
    pair = make_pair(make_file(), make_file())
    user = make_user()

    answer_pairs(pair_ids=[pair.pk], verdict=DuplicateVerdict.REJECTED, user=user)

    pair.refresh_from_db()
    assert (pair.verdict, pair.decided_by) == ("rejected", user)
    undo_last()
    pair.refresh_from_db()
    assert (pair.verdict, pair.decided_by, pair.decided_at) == ("open", None, None)


def test_a_merge_moves_the_answer_to_the_one_that_stays():
    files = [make_file(width=width, height=100) for width in (200, 100, 50)]
    make_pair(files[1], files[2], verdict="rejected")
    make_pair(files[0], files[1])

    apply_best(pair_ids=None, user=None)

    pair = DuplicatePair.objects.get()
    assert (pair.first_id, pair.second_id, pair.verdict) == (files[0].video_id, files[2].video_id, "rejected")


def test_only_a_clip_can_be_linked():
    near, clip = make_pair(make_file(), make_file()), make_pair(make_file(), make_file(), kind="contained")

    count = answer_pairs(pair_ids=[near.pk, clip.pk], verdict=DuplicateVerdict.LINKED, user=None)

    assert count == 1
    assert DuplicatePair.objects.get(verdict="linked") == clip


def test_a_clip_goes_into_the_trash_and_its_film_stays():
    film = make_file(video=make_video(duration_seconds=600))
    clip = make_file(video=make_video(duration_seconds=60))
    pair = make_pair(film, clip, kind="contained")

    trash_clip(pair_id=pair.pk, user=None)

    assert Video.objects.in_library().get() == film.video


def test_a_clip_whose_film_is_missing_stays():
    film = make_file(video=make_video(duration_seconds=600), missing_since=timezone.now())
    clip = make_file(video=make_video(duration_seconds=60))
    pair = make_pair(film, clip, kind="contained")

    with pytest.raises(PairError, match="may be all that is left"):
        trash_clip(pair_id=pair.pk, user=None)

    assert Video.objects.trashed().count() == 0


def test_only_copies_of_the_file_that_is_played_are_wasted_space():
    video = make_video()
    make_file(video=video, content_hash="ab" * 16)
    copy = make_file(video=video, content_hash="ab" * 16)
    other = make_file(video=video, content_hash="cd" * 16)

    assert trash_wasted_files(file_ids=[copy.pk, other.pk], user=None) == 1

    assert VideoFile.objects.exclude(trashed_at=None).get() == copy


# ---- two at once ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_workers_that_find_the_same_pairs_make_each_once():
    files = [make_file(phash=signed_64(0x1234_5678), duration_seconds=60) for _ in range(6)]
    errors = []
    begin = threading.Barrier(len(files))

    def work(file_id: int) -> None:
        begin.wait()
        try:
            find_for_file(file_id=file_id)
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(file.pk,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert DuplicatePair.objects.count() == 15


def test_a_video_that_is_gone_when_the_pair_is_written_leaves_none():
    file = make_file()

    assert record_pairs([Found(file.video.pk, file.video.pk + 1000, DuplicateKind.NEAR, 0.9)], is_complete=True) == 0
