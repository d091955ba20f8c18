"""What people say about faces: it holds against machines, and an undo takes it back row by row."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from faces.exceptions import ClusterError, NamingError
from faces.models import DifferentPeople, FaceCluster, FaceDetection, FaceReference, FaceTrack
from faces.models.track import TrackStatus
from faces.queries.videos import people_in, reports_of
from faces.services import naming
from faces.services.clustering import (
    cluster_faces,
    hide_clusters,
    merge_clusters,
    place_tracks,
    say_different,
    split_cluster,
)
from faces.services.known import remove_reference
from faces.services.matching import match_tracks
from faces.services.naming import (
    delete_tracks,
    edit_track,
    name_cluster,
    name_tracks,
    reject_match,
    unname_tracks,
)
from library.models import ChangeBatch, Rejection, Suggestion, User
from library.services.history import undo_batch
from library.services.merging import merge
from library.services.trash import restore, trash
from people.models import Creator, Credit
from tests.faces.factories import make_creator, make_model, make_reference, make_track
from tests.faces.rows import everything
from tests.faces.vectors import between, faces_of, person
from tests.library.factories import make_file, make_role, make_user, make_video
from tests.playback.sharing import make_link, make_sharer, page_of

pytestmark = pytest.mark.django_db

ANA, BEN = person(1), person(2)
MAYBE_ANA = faces_of(ANA, 1, likeness=0.6, seed=5)[0]


@pytest.fixture
def owner() -> User:
    return make_user(role="admin")


def undo_last(user: User) -> None:
    undo_batch(batch=ChangeBatch.objects.latest("created_at"), user=user)


def make_role_account(*permissions: str) -> User:
    """Somebody who may do this and nothing else."""
    user = make_user(role="")
    user.groups.add(make_role(name="looker", permissions=list(permissions)))
    return user


def statuses() -> list[tuple[str, str | None]]:
    return list(FaceTrack.objects.order_by("pk").values_list("status", "creator__name"))


def make_crowd(who: Any, count: int, seed: int = 0) -> list[FaceTrack]:
    return [make_track(vector=vector) for vector in faces_of(who, count, seed=seed)]


def two_clusters() -> tuple[FaceCluster, FaceCluster]:
    """Four faces of Ana and three of Ben, grouped."""
    make_crowd(ANA, 4)
    make_crowd(BEN, 3, seed=9)
    cluster_faces()
    first, second = FaceCluster.objects.order_by("-video_count")
    return first, second


# ---- evidence -------------------------------------------------------------------------------------------------------
def test_names_without_evidence_go_and_those_that_people_gave_stay(owner: User) -> None:
    ana = make_creator(name="Ana")
    reference = make_reference(creator=ana, vector=ANA)
    make_track(vector=faces_of(ANA, 1)[0])
    by_hand = make_track(vector=BEN)
    match_tracks()
    name_tracks(track_ids=[by_hand.pk], creator=ana, user=owner)
    taught = FaceReference.objects.get(track=by_hand)

    remove_reference(reference=reference, user=owner)
    forgotten = match_tracks().forgotten

    assert forgotten == 1
    assert statuses() == [("pending", None), ("manual", "Ana")]
    assert list(Credit.objects.values_list("video_id", flat=True)) == [by_hand.video_id]
    taught.refresh_from_db()
    assert taught.is_primary, "the one that was shown is gone"


def test_what_was_learned_from_a_wrong_name_goes_with_it(owner: User) -> None:
    ana, ben = make_creator(name="Ana"), make_creator(name="Ben")
    track = make_track(vector=ANA)
    make_track(vector=faces_of(ANA, 1)[0])
    name_tracks(track_ids=[track.pk], creator=ben, user=owner)
    match_tracks()
    assert statuses() == [("manual", "Ben"), ("matched", "Ben")]

    name_tracks(track_ids=[track.pk], creator=ana, user=owner)
    match_tracks()

    assert statuses() == [("manual", "Ana"), ("matched", "Ana")]
    assert set(Credit.objects.values_list("creator__name", flat=True)) == {"Ana"}


def test_what_another_system_matched_stays_without_evidence() -> None:
    make_track(vector=ANA, status="matched", creator=make_creator(name="Ana"), imported_status="confirmed")

    assert match_tracks().forgotten == 0


def test_a_name_that_was_taken_off_comes_back_by_hand_only(owner: User) -> None:
    ana = make_creator(name="Ana")
    make_reference(creator=ana, vector=ANA)
    track = make_track(vector=faces_of(ANA, 1)[0])
    match_tracks()
    before = everything()

    unnamed = unname_tracks(track_ids=[track.pk], user=owner)
    match_tracks()

    assert statuses() == [("pending", None)]
    assert not Credit.objects.exists()
    assert not Suggestion.objects.open().exists()
    assert unnamed.batch is not None
    undo_batch(batch=unnamed.batch, user=owner)
    assert everything() == before
    unname_tracks(track_ids=[track.pk], user=owner)
    name_tracks(track_ids=[track.pk], creator=ana, user=owner)
    assert statuses() == [("manual", "Ana")]
    assert not Rejection.objects.exists()


def test_nobody_is_asked_about_passers_by(owner: User) -> None:
    first, _ = two_clusters()
    hide_clusters(cluster_ids=[first.pk], hidden=True, user=owner)
    make_reference(creator=make_creator(name="Maybe"), vector=faces_of(ANA, 1, likeness=0.6)[0])

    assert match_tracks().proposed == 0


# ---- people in the trash --------------------------------------------------------------------------------------------
def test_faces_of_somebody_in_the_trash_wait_and_come_back_with_them(owner: User) -> None:
    ana = make_creator(name="Ana")
    make_reference(creator=ana, vector=ANA)
    named, other = make_track(vector=BEN), make_track(vector=person(7))
    make_track(vector=faces_of(ANA, 1)[0])
    name_tracks(track_ids=[named.pk, other.pk], creator=ana, user=owner)
    match_tracks()
    before = everything()

    trash(kind="creator", ids=[ana.pk], user=owner)
    match_tracks()

    assert set(statuses()) == {("pending", None)}
    undo_last(owner)
    assert everything() == before
    trash(kind="creator", ids=[ana.pk], user=owner)
    name_tracks(track_ids=[other.pk], creator=make_creator(name="Cleo"), user=owner)
    restore(kind="creator", ids=[ana.pk], user=owner)
    assert statuses() == [("manual", "Ana"), ("manual", "Cleo"), ("matched", "Ana")]
    assert list(Credit.objects.filter(video=other.video).values_list("creator__name", flat=True)) == ["Cleo"]


def test_faces_of_somebody_who_was_merged_follow(owner: User) -> None:
    ana, anna = make_creator(name="Ana"), make_creator(name="Anna")
    track = make_track(vector=ANA)
    name_tracks(track_ids=[track.pk], creator=anna, user=owner)

    merge("creator", keep=ana, others=[anna], user=owner)

    assert statuses() == [("manual", "Ana")]
    assert set(Credit.objects.values_list("creator__name", flat=True)) == {"Ana"}


def test_a_video_that_comes_out_of_the_trash_has_its_faces(owner: User) -> None:
    track = make_track(vector=ANA)
    name_tracks(track_ids=[track.pk], creator=make_creator(name="Ana"), user=owner)
    before = everything()

    trash(kind="video", ids=[track.video_id], user=owner)
    match_tracks()
    cluster_faces()
    restore(kind="video", ids=[track.video_id], user=owner)

    assert everything() == before


# ---- unknown people -------------------------------------------------------------------------------------------------
def test_joined_unknown_people_stay_one_and_an_undo_parts_them_exactly(owner: User) -> None:
    first, second = two_clusters()
    third = FaceCluster.objects.create(model=first.model, center=person(3).tolist())
    make_track(vector=person(3), cluster=third, is_placed=True)
    say_different(first=second, second=third, user=owner)
    before = everything()

    kept = merge_clusters(cluster_ids=[first.pk, second.pk], user=owner)
    cluster_faces()

    assert (kept.pk, kept.track_count) == (first.pk, 7)
    assert FaceTrack.objects.filter(cluster=first).count() == 7
    assert {frozenset(pair) for pair in DifferentPeople.objects.values_list("first", "second")} == {
        frozenset({first.pk, third.pk})
    }
    undo_last(owner)
    assert everything() == before


def test_a_part_of_an_unknown_person_stays_apart_and_an_undo_joins_it_exactly(owner: User) -> None:
    first, _ = two_clusters()
    leaving = list(first.tracks.order_by("pk").values_list("pk", flat=True)[:1])
    before = everything()

    new = split_cluster(cluster=first, track_ids=leaving, user=owner)
    cluster_faces()

    assert list(FaceTrack.objects.filter(cluster=new).values_list("pk", flat=True)) == leaving
    assert FaceTrack.objects.filter(cluster=first).count() == 3
    undo_last(owner)
    assert everything() == before
    with pytest.raises(ClusterError, match="Leave one"):
        split_cluster(cluster=first, track_ids=first.tracks.values_list("pk", flat=True), user=owner)


def test_who_was_hidden_or_told_apart_stays_so_and_an_undo_takes_it_back(owner: User) -> None:
    first, second = two_clusters()
    before = everything()

    hide_clusters(cluster_ids=[first.pk], hidden=True, user=owner)
    undo_last(owner)
    say_different(first=second, second=first, user=owner)
    undo_last(owner)

    assert everything() == before
    hide_clusters(cluster_ids=[first.pk], hidden=True, user=owner)
    make_crowd(ANA, 2, seed=3)
    cluster_faces()
    first.refresh_from_db()
    assert (first.is_hidden, first.video_count) == (True, 6)


def test_a_grouping_is_spared_where_nothing_changed(owner: User) -> None:
    first, second = two_clusters()

    assert not cluster_faces(only_if_changed=True).is_new
    say_different(first=first, second=second, user=owner)
    assert cluster_faces(only_if_changed=True).is_new


def test_a_new_face_finds_its_place_without_a_grouping() -> None:
    first, _ = two_clusters()
    video = first.tracks.order_by("pk")[0].video
    new = make_track(vector=faces_of(ANA, 1, seed=4)[0])
    beside = make_track(vector=faces_of(ANA, 1, seed=6)[0], video=video, span=(5, 9))
    stranger = make_track(vector=person(8))

    placed = place_tracks(track_ids=[new.pk, beside.pk, stranger.pk])

    assert placed == 1
    first.refresh_from_db()
    assert set(FaceTrack.objects.filter(pk__in=[new.pk, beside.pk, stranger.pk], cluster=first)) == {new}
    assert first.video_count == 5


# ---- the track editor -----------------------------------------------------------------------------------------------
def test_times_that_somebody_set_are_kept_within_the_video(owner: User) -> None:
    track = make_track(vector=ANA, video=make_video(duration_seconds=60.0))
    before = everything()

    batch = edit_track(track=track, start_seconds=2.5, end_seconds=30.0, user=owner)

    track.refresh_from_db()
    assert (track.start_seconds, track.end_seconds, track.is_retimed) == (2.5, 30.0, True)
    for times in ({"start_seconds": 40.0}, {"start_seconds": -1.0}, {"end_seconds": 90.0}):
        with pytest.raises(NamingError):
            edit_track(track=track, user=owner, **times)
    undo_batch(batch=batch, user=owner)
    assert everything() == before


def test_deleted_faces_come_back_by_an_undo_with_all_that_hung_on_them(owner: User) -> None:
    ana = make_creator(name="Ana")
    track = make_track(vector=ANA)
    FaceDetection.objects.create(
        video=track.video, track=track, time_seconds=1, left=0.1, top=0.2, width=0.3, height=0.3, score=0.9,
        quality=0.8, model=make_model(), embedding=ANA.tolist(),
    )  # fmt: skip
    name_tracks(track_ids=[track.pk], creator=ana, user=owner)
    before = everything()

    deleted = delete_tracks(track_ids=[track.pk], user=owner)

    assert not FaceTrack.objects.exists() and not FaceDetection.objects.exists()
    assert not FaceReference.objects.exists() and not Credit.objects.exists()
    assert deleted.batch is not None
    undo_batch(batch=deleted.batch, user=owner)
    assert everything() == before


# ---- what others show -----------------------------------------------------------------------------------------------
def test_a_video_tells_who_is_seen_when(owner: User, django_assert_num_queries: Callable[[int], Any]) -> None:
    video, ana, ben = make_video(), make_creator(name="Ana"), make_creator(name="Ben")
    make_reference(creator=ben, vector=BEN)
    tracks = [make_track(vector=ANA, video=video, span=span) for span in ((0, 5), (5.5, 9), (20, 30))]
    name_tracks(track_ids=[track.pk for track in tracks], creator=ana, user=owner)
    make_track(vector=faces_of(BEN, 1, likeness=0.6)[0], video=video, span=(40, 50))
    match_tracks()

    with django_assert_num_queries(1):
        people = people_in(video.pk)
    with django_assert_num_queries(5):
        report = reports_of([video.pk])[video.pk]

    assert people == [("Ana", ana.public_id, [(0, 9), (20, 30)])]
    assert report["tracks"][0] == {
        "start_seconds": 0, "end_seconds": 5, "status": "manual", "creator": "Ana", "confidence": None,
    }  # fmt: skip
    last = report["tracks"][-1]
    assert (last["status"], last["creator"]) == (TrackStatus.PENDING, "Ben")
    assert last["confidence"] == pytest.approx(0.6, abs=0.01)


def test_the_seek_bar_has_people_and_a_shared_page_has_none(client: Client) -> None:
    owner, video = make_sharer(), make_file(duration_seconds=60.0).video
    assert video is not None
    track = make_track(vector=ANA, video=video, span=(3, 7))
    name_tracks(track_ids=[track.pk], creator=make_creator(name="Ana Banana"), user=owner)
    link = make_link(video, owner=owner)
    shared = client.get(page_of(link)).content.decode()
    client.force_login(make_user(role="user"))
    page = client.get(f"/videos/{video.pk}/")

    [person_on_bar] = page.context["player"]["people"]
    assert (person_on_bar["name"], person_on_bar["spans"]) == ("Ana Banana", [(3, 7)])
    assert client.get(person_on_bar["url"]).status_code == 200
    assert "[3.0, 7.0]" in page.content.decode()
    assert '"people": []' in shared or '"people"' not in shared
    assert "[3.0, 7.0]" not in shared
    client.force_login(make_role_account("library.view_video"))
    assert client.get(f"/videos/{video.pk}/").context["player"]["people"] == []


def test_a_rejected_person_stays_away_from_a_face_that_is_described_anew(owner: User) -> None:
    ana = make_creator(name="Ana")
    make_reference(creator=ana, vector=ANA)
    track = make_track(vector=MAYBE_ANA)
    match_tracks()
    reject_match(track=track, creator=ana, user=owner)
    # As another model would see both: surely the same.
    FaceTrack.objects.filter(pk=track.pk).update(embedding=between(ANA, BEN, 0.05).tolist())

    matched = match_tracks()

    assert (matched.recognised, matched.proposed) == (0, 0)
    assert statuses() == [("pending", None)]


# ---- two at once ----------------------------------------------------------------------------------------------------
def name_at_once(people: list[Creator], cluster: FaceCluster) -> list[int]:
    """How many faces each of two named, who had both looked before either wrote."""
    looked = threading.Barrier(2)
    named: dict[int, int] = {}

    def work(number: int) -> None:
        try:
            looked.wait(timeout=5)
            named[number] = name_cluster(cluster=cluster, creator=people[number], user=None).tracks
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(named.values())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_name_an_unknown_person_at_once_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [make_creator(name="Ana"), make_creator(name="Ben")]
    first, _ = two_clusters()

    named = name_at_once(people, first)

    assert named == [0, 4]
    assert FaceTrack.objects.exclude(creator=None).values("creator").distinct().count() == 1
    assert Credit.objects.count() == 4

    # Without the lock both name what they saw.
    cluster = FaceCluster.objects.get()
    both_saw = threading.Barrier(2)
    locked = naming._locked

    def wait_and_lock(track_ids: Any) -> Any:
        ids = list(track_ids)
        both_saw.wait(timeout=5)
        return locked(ids)

    monkeypatch.setattr(naming, "_locked", wait_and_lock)
    monkeypatch.setattr(naming, "is_there", lambda cluster: True)
    monkeypatch.setattr(naming, "_still_unnamed", lambda rows: rows)
    assert name_at_once(people, cluster) == [3, 3]
