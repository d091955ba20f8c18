"""Going through videos in queues: what comes next, answers, taking them back, several people at once."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from faces.ml.pack import DIMENSIONS
from faces.models import FaceModel, FaceTrack
from library.models import (
    SavedSearch,
    Suggestion,
    Tag,
    TriageAnswer,
    TriageLease,
    TriageProgress,
    User,
    Video,
    VideoTag,
)
from library.queries.triage import load_pace
from library.services.history import undo_batch
from library.services.triage import leases
from library.services.triage.answering import answer_many, give_answer, undo_last
from library.services.triage.coverage import record_coverage
from library.services.triage.grouping import group_videos
from library.services.triage.queues import TriageError, all_queues, find_queue, videos_in
from library.services.triage.serving import next_videos, open_queue, reset_queue
from people.models import Credit
from playback.models import Favorite, Rating
from tests.library.factories import make_file, make_folder, make_user
from tests.people.factories import make_creator, make_tag, put

pytestmark = pytest.mark.django_db

QUEUES = {
    "without-people", "without-tags", "without-studio", "without-rating", "low-confidence", "new", "all", "duplicates",
    "without-thumbnail", "without-storyboard", "missing", "failed",
}  # fmt: skip


@pytest.fixture
def ana() -> User:
    return make_user(username="Ana", is_staff=True, is_superuser=True)


def make_videos(count: int, **columns: Any) -> list[int]:
    """Ids of videos with a file each, in the order of a queue."""
    folder = make_folder()
    return [make_file(folder=folder, **columns).video_id or 0 for _ in range(count)]


def suggest(video_id: int, kind: str, row: Any, confidence: float = 0.9) -> Suggestion:
    return Suggestion.objects.create(
        provider="path", video_id=video_id, kind=kind, object_id=row.pk, confidence=confidence
    )


def served(user: User, queue: str = "without-tags", count: int = 1, held: Sequence[int] = ()) -> list[int]:
    return next_videos(user=user, queue=find_queue(queue, user), count=count, held=held)


def answer(user: User, video_id: int, queue: str = "without-tags", **given: Any) -> Any:
    return give_answer(user=user, queue=find_queue(queue, user), video_id=video_id, **given)


# ---- queues ---------------------------------------------------------------------------------------------------------
def test_every_queue_is_there_and_holds_what_it_says(ana: User) -> None:
    plain, tagged = make_videos(2)
    put(make_tag(), Video.objects.get(pk=tagged))
    make_videos(1, state="failed", error="It is empty.", video=Video.objects.create(title="x"))
    Suggestion.objects.create(provider="path", video_id=plain, kind="tag", object_id=1, confidence=0.4)

    held = {queue.key: set(videos_in(queue, ana).values_list("pk", flat=True)) for queue in all_queues()}

    assert held.keys() == QUEUES
    assert plain in held["without-tags"] and tagged not in held["without-tags"]
    assert held["all"] >= {plain, tagged} and held["new"] >= {plain, tagged}
    assert held["low-confidence"] == {plain}
    assert held["missing"] == held["duplicates"] == set()
    assert held["without-rating"] == held["all"]


def test_a_saved_search_is_a_queue_of_its_owner_and_goes_with_it(ana: User) -> None:
    wanted, _ = make_videos(2)
    Video.objects.filter(pk=wanted).update(is_corrupted=True)
    search = SavedSearch.objects.create(
        user=ana, name="Damaged", filter={"facet": "corrupted", "op": "is", "value": True}
    )
    search.refresh_from_db()
    key = f"search-{search.public_id}"

    assert served(ana, key, count=5) == [wanted]
    with pytest.raises(TriageError):
        find_queue(key, make_user())
    search.delete()
    with pytest.raises(TriageError):
        find_queue(key, ana)


# ---- one after another ----------------------------------------------------------------------------------------------
def test_an_answer_changes_the_video_moves_on_and_is_taken_back_exactly(ana: User) -> None:
    first, second = make_videos(2)
    creator, tag, wrong = make_creator(name="Ana Reyes"), make_tag(name="Interview"), make_tag(name="Wrong")
    yes, no = suggest(first, "creator", creator), suggest(first, "tag", wrong)
    open_queue(user=ana, queue=find_queue("without-people", ana))

    answer(ana, first, "without-people", operation={"suggestions": {"reject": [no.pk]}})
    answer(ana, first, "without-people", operation={"stars": 4, "favorite": True})
    given = answer(
        ana, first, "without-people", is_last=True, keys=2, seconds=3,
        operation={"suggestions": {"accept": [yes.pk]}, "tags": {"mode": "add", "ids": [tag.pk], "names": ["Made"]}},
    )  # fmt: skip

    assert Credit.objects.get().creator == creator
    assert set(VideoTag.objects.values_list("tag__name", flat=True)) == {"Interview", "Made"}
    assert (Rating.objects.filter(stars=4).count(), Favorite.objects.count()) == (1, 1)
    assert (given.progress.position, given.progress.processed, given.progress.total) == (first, 1, 2)
    assert "Ana Reyes" in given.answer.summary and given.batch is not None
    assert served(ana, "without-people") == [second]

    for _ in range(3):
        undo_last(user=ana, queue=find_queue("without-people", ana))

    assert not Credit.objects.exists() and not VideoTag.objects.exists() and not Tag.objects.filter(name="Made")
    assert not Rating.objects.exists() and not Favorite.objects.exists()
    assert set(Suggestion.objects.values_list("state", flat=True)) == {"open"}
    progress = TriageProgress.objects.get()
    assert (progress.position, progress.processed) == (0, 0)
    with pytest.raises(TriageError):
        undo_last(user=ana, queue=find_queue("without-people", ana))


def test_what_is_sent_twice_counts_once_and_undo_passes_over_what_the_history_took_back(ana: User) -> None:
    first, second = make_videos(2)
    key, tag = uuid4(), make_tag()

    given = [
        answer(ana, first, key=key, is_last=True, operation={"tags": {"mode": "add", "ids": [tag.pk]}}) for _ in "ab"
    ]
    answer(ana, second, is_last=True, is_skipped=True)
    undo_last(user=ana, queue=find_queue("without-tags", ana))
    undo_batch(batch=given[0].batch, user=ana)

    assert given[0].answer == given[1].answer
    assert TriageAnswer.objects.exclude(kind="undone").count() == 2
    with pytest.raises(TriageError):
        undo_last(user=ana, queue=find_queue("without-tags", ana))


def test_skipped_ones_come_again_after_a_new_start_and_looked_up_ones_move_nothing(ana: User) -> None:
    first, second, third = make_videos(3)
    queue = find_queue("without-tags", ana)
    open_queue(user=ana, queue=queue)

    answer(ana, first, is_last=True, is_skipped=True)
    answer(ana, third, is_last=True, is_aside=True)

    assert served(ana, count=3) == [second, third]
    TriageProgress.objects.update(active_at=timezone.now() - timedelta(days=8))
    again = reset_queue(user=ana, queue=queue)
    assert (again.processed, again.total) == (0, 3)
    assert served(ana, count=3) == [first, second, third]


def test_an_answer_about_a_video_that_is_gone_says_so(ana: User) -> None:
    with pytest.raises(TriageError, match="gone"):
        answer(ana, 10**9, is_last=True)


# ---- several at once ------------------------------------------------------------------------------------------------
def test_what_one_has_before_them_is_not_shown_to_another_until_it_is_given_up(ana: User) -> None:
    bo = make_user()
    videos = make_videos(6)

    assert served(ana, "all", count=2) == videos[:2]
    assert served(bo, "all", count=2) == videos[2:4]
    answer(ana, videos[0], "all", is_last=True)
    answer(ana, videos[1], "all", is_last=True, is_skipped=True)
    assert served(bo, "all", count=4, held=videos[2:4]) == [videos[1], *videos[4:]], "answered ones are done for all"
    TriageLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert served(ana, "all", count=9) == videos[2:]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_guarded", [True, False])
def test_two_at_once_are_never_shown_the_same(ana: User, is_guarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: leases that are looked at and then written, without the conflict that decides."""
    bo, videos = make_user(), make_videos(12)
    barrier = threading.Barrier(2, timeout=5)
    if not is_guarded:
        monkeypatch.setattr(
            leases, "_TAKE", leases._TAKE.replace("WHERE lease.user_id = EXCLUDED.user_id OR", "WHERE true OR")
        )

    def go_through(user: User) -> list[int]:
        seen: list[int] = []
        try:
            while True:
                if len(seen) < 4:
                    barrier.wait()
                found = served(user, "all")
                if not found:
                    return seen
                seen += found
                answer(user, found[0], "all", is_last=True)
        except threading.BrokenBarrierError:
            return seen
        finally:
            connection.close()

    # Whether two meet is chance: without the guard they do in one of some rounds, with it never.
    for _ in range(1 if is_guarded else 15):
        with ThreadPoolExecutor(2) as pool:
            one, other = pool.map(go_through, (ana, bo))
        if set(one) & set(other):
            break
        barrier.reset()
        if not is_guarded:
            make_videos(12)

    if is_guarded:
        assert sorted([*one, *other]) == videos
        assert TriageAnswer.objects.filter(is_last=True).count() == len(videos)
    else:
        assert set(one) & set(other)


# ---- many at once ---------------------------------------------------------------------------------------------------
def test_many_are_answered_as_one_change_and_taken_back_as_one(ana: User) -> None:
    videos = make_videos(3)
    creator, tag = make_creator(), make_tag()
    for video_id in videos[:2]:
        suggest(video_id, "creator", creator)
    suggest(videos[2], "creator", creator, confidence=0.3)
    operation = {
        "suggestions": {"accept_sure": True}, "tags": {"mode": "add", "ids": [tag.pk]}, "stars": 5, "favorite": True,
    }  # fmt: skip

    done = answer_many(user=ana, queue=find_queue("without-people", ana), video_ids=videos, operation=operation)

    assert (done.video_count, done.kind) == (3, "batch")
    assert set(Credit.objects.values_list("video_id", flat=True)) == set(videos[:2])
    assert (VideoTag.objects.count(), Rating.objects.count(), Favorite.objects.count()) == (3, 3, 3)
    undo_last(user=ana, queue=find_queue("without-people", ana))
    assert not any(model.objects.exists() for model in (Credit, VideoTag, Rating, Favorite))


def test_an_answer_about_many_is_kept_video_by_video_and_nobody_is_shown_them_again(ana: User) -> None:
    videos, bo = make_videos(4), make_user(username="Bo", is_staff=True, is_superuser=True)
    queue = find_queue("all", ana)
    for user in (ana, bo):
        open_queue(user=user, queue=queue)

    done = answer_many(user=ana, queue=queue, video_ids=videos[:3], operation={"stars": 4}, keys=2, seconds=9)

    parts = list(done.parts.order_by("video").values_list("video", "kind", "is_last", "keys"))
    assert parts == [(pk, "changed", True, 0) for pk in videos[:3]]
    assert served(bo, "all", count=4) == [videos[3]]
    TriageLease.objects.all().delete()
    assert served(ana, "all", count=4) == [videos[3]]
    progress = TriageProgress.objects.get(user=ana)
    assert (progress.processed, progress.position) == (3, 0)
    assert [(day["videos"], day["keys"], day["seconds"]) for day in progress.pace.values()] == [(3, 2, 9.0)]
    assert load_pace(ana).videos == 3, "the parts aren't counted besides"

    undo_last(user=ana, queue=queue)

    TriageLease.objects.all().delete()
    progress.refresh_from_db()
    assert served(bo, "all", count=4) == videos
    assert (progress.processed, [day["videos"] for day in progress.pace.values()]) == (0, [0])


def test_a_queue_that_begins_again_brings_what_was_answered_among_many(ana: User) -> None:
    videos, queue = make_videos(2), find_queue("all", ana)
    open_queue(user=ana, queue=queue)
    answer_many(user=ana, queue=queue, video_ids=videos, operation={"stars": 4})

    before = served(ana, "all", count=2)
    reset_queue(user=ana, queue=queue)

    assert (before, served(ana, "all", count=2)) == ([], videos)


def test_videos_are_grouped_by_folder_likeness_and_suggested_person(ana: User) -> None:
    folder, creator = make_folder(name="Disk"), make_creator(name="Ana Reyes")
    paths = ["ana/1.mp4", "ana/2.mp4", "bo/3.mp4"]
    hashes = [0, 7, -1]
    videos = [
        make_file(folder=folder, relative_path=path, phash=phash).video_id or 0
        for path, phash in zip(paths, hashes, strict=True)
    ]
    suggest(videos[2], "creator", creator)

    found = {
        by: [(one.label, one.videos) for one in group_videos(videos, by)] for by in ("folder", "similar", "person")
    }

    assert found["folder"] == [("Disk / ana", videos[:2]), ("Disk / bo", videos[2:])]
    assert found["similar"] == [("Look alike, 1", videos[:2]), ("Like no other here", videos[2:])]
    assert found["person"] == [("Ana Reyes", videos[2:]), ("Nobody is suggested", videos[:2])]


# ---- pace -----------------------------------------------------------------------------------------------------------
def test_the_pace_counts_videos_keys_and_time_without_what_was_taken_back(ana: User) -> None:
    first, second, third = make_videos(3)
    tag = make_tag()
    answer(ana, first, keys=1, seconds=2, operation={"tags": {"mode": "add", "ids": [tag.pk]}})
    answer(ana, first, keys=1, seconds=1, is_last=True)
    answer(ana, second, keys=2, seconds=999, is_last=True)
    answer(ana, third, keys=7, seconds=1, is_last=True)
    undo_last(user=ana, queue=find_queue("without-tags", ana))
    record_coverage()

    pace = load_pace(ana)

    assert (pace.videos, pace.keys_each, pace.seconds_each) == (2, 2.0, 61.5), "a pause is no work"
    assert [(one.key, one.left) for one in pace.left if one.key == "without-tags"] == [("without-tags", 2)]
    assert pace.coverage[-1].shares["without-tags"] == pytest.approx(1 / 3)
    assert load_pace(make_user()).videos == 0


# ---- pages and API --------------------------------------------------------------------------------------------------
def test_a_screen_has_all_that_answers_need_and_costs_the_same_for_many(ana: User, client: Client) -> None:
    folder = make_folder(name="Disk")
    videos = [
        make_file(folder=folder, relative_path=f"Ana Reyes/{n}.mp4", duration_seconds=100).video_id or 0
        for n in range(9)
    ]
    creator = make_creator(name="Ana Reyes")
    model = FaceModel.objects.create(name="m", version="1")
    for video_id in videos:
        track = FaceTrack.objects.create(
            video_id=video_id, start_seconds=3, end_seconds=9, model=model, embedding=[1.0] + [0.0] * (DIMENSIONS - 1)
        )
        Suggestion.objects.create(
            provider="faces", video_id=video_id, kind="creator", object_id=creator.pk, confidence=0.8,
            subject=f"track:{track.pk}", evidence={"track": track.pk, "from": 3},
        )  # fmt: skip
    client.force_login(ana)

    def ask(count: int) -> Any:
        address = reverse("api_triage_next", args=("without-people",))
        return client.post(address, {"count": count}, content_type="application/json")

    ask(1)
    with CaptureQueriesContext(connection) as one:
        ask(1)
    with CaptureQueriesContext(connection) as many:
        said = ask(9).json()

    assert len(said["screens"]) == 9 and len(many) <= len(one)
    screen = said["screens"][0]
    assert screen["path"] == ["Disk", "Ana Reyes", "0.mp4"]
    assert screen["start_at"] == 30.0
    assert [(face["name"], face["at"]) for face in screen["faces"]] == [("", 3.0)]
    chip = screen["suggestions"][0]
    assert (chip["label"], chip["is_sure"], chip["picture"][:14]) == ("Ana Reyes", True, "/faces/tracks/")


def test_a_moderator_organises_without_the_right_to_change_all_about_videos(client: Client) -> None:
    moderator, tag = make_user(role="moderator"), make_tag()
    first, second = make_videos(2)
    chip = suggest(first, "creator", make_creator(name="Ana Reyes"))
    client.force_login(moderator)
    at = reverse("api_triage_answer", args=("all",))

    def ask(video: int, **operation: Any) -> Any:
        body = {"video": video, "key": str(uuid4()), "operation": operation, "is_last": True}
        return client.post(at, body, "application/json")

    page = client.get(reverse("triage_queue", args=("all",)))
    taken = ask(first, suggestions={"accept": [chip.pk]}, tags={"mode": "add", "ids": [tag.pk]})
    made = ask(second, tags={"mode": "add", "names": ["Nobody has this"]})
    retyped = ask(second, type="vr")

    assert (page.status_code, taken.status_code) == (200, 200)
    assert Credit.objects.filter(video=first).exists() and VideoTag.objects.get().video_id == first
    assert made.status_code == 403 and retyped.status_code in (400, 403)
    assert not moderator.has_perm("library.change_video")


def test_an_answer_asks_few_statements(ana: User, client: Client) -> None:
    """Each costs one and a half milliseconds of the time until the next screen."""
    first, *_ = make_videos(3)
    chips = [suggest(first, "creator", make_creator(name="Ana Reyes")), suggest(first, "tag", make_tag())]
    client.force_login(ana)
    client.post(reverse("api_triage_next", args=("all",)), {"count": 1}, "application/json")
    body = {
        "video": first, "key": str(uuid4()), "is_last": True, "next": 1,
        "operation": {"suggestions": {"accept": [chip.pk for chip in chips]}},
    }  # fmt: skip

    with CaptureQueriesContext(connection) as asked:
        said = client.post(reverse("api_triage_answer", args=("all",)), body, "application/json").json()

    assert len(said["screens"]) == 1 and "accepted" in said["detail"]
    assert len(asked) <= 46


def test_the_pages_open_with_nothing_and_for_those_who_may_organise_videos_only(ana: User, client: Client) -> None:
    pages = [
        reverse("triage"), reverse("triage_pace"), reverse("triage_queue", args=("all",)),
        reverse("triage_grid", args=("all",)),
    ]  # fmt: skip
    client.force_login(make_user(is_staff=True))
    refused = [client.get(page).status_code for page in pages]
    client.force_login(ana)
    allowed = [client.get(page).status_code for page in pages]

    assert refused == [403] * 4 and allowed == [200] * 4
    assert client.get(reverse("triage_queue", args=("no-such",))).status_code == 404
