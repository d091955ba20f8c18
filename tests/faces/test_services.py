"""Matching, naming, rejecting and grouping, on rows."""

import numpy as np
import pytest

from faces.exceptions import NamingError
from faces.models import DifferentPeople, FaceCluster, FaceReference, FaceTrack
from faces.models.track import TrackStatus
from faces.services.clustering import cluster_faces
from faces.services.matching import match_tracks
from faces.services.naming import name_cluster, name_tracks, reject_match, set_aside
from library.models import Rejection, Suggestion, User
from library.models.suggestion import SuggestionState
from library.services.history import undo_batch
from library.services.merging import merge
from people.models import Credit
from tests.faces.factories import make_creator, make_reference, make_track
from tests.faces.rows import everything
from tests.faces.vectors import between, faces_of, person
from tests.library.factories import make_user, make_video

pytestmark = pytest.mark.django_db

ANA, BEN = person(1), person(2)
# Cosine to Ana of about 0.6: a face that may be hers.
MAYBE_ANA = faces_of(ANA, 1, likeness=0.6, seed=5)[0]


@pytest.fixture
def owner() -> User:
    return make_user(role="admin")


# ---- matching -------------------------------------------------------------------------------------------------------
def test_the_bands_name_propose_or_leave_alone() -> None:
    ana = make_creator(name="Ana")
    make_reference(creator=ana, vector=ANA)
    sure = make_track(vector=faces_of(ANA, 1)[0])
    maybe = make_track(vector=MAYBE_ANA)
    stranger = make_track(vector=BEN)

    matched = match_tracks()

    for track in (sure, maybe, stranger):
        track.refresh_from_db()
    assert (matched.recognised, matched.proposed) == (1, 1)
    assert (sure.status, sure.creator) == (TrackStatus.MATCHED, ana)
    assert (maybe.status, maybe.creator) == (TrackStatus.PENDING, None)
    assert maybe.confidence == pytest.approx(0.6, abs=0.01)
    assert (stranger.status, stranger.confidence) == (TrackStatus.PENDING, None)
    suggestion = Suggestion.objects.get()
    assert (suggestion.video_id, suggestion.object_id, suggestion.subject) == (
        maybe.video_id,
        ana.pk,
        f"track:{maybe.pk}",
    )
    assert list(Credit.objects.values_list("video_id", "creator_id")) == [(sure.video_id, ana.pk)]


def test_somebody_in_the_trash_is_not_recognised() -> None:
    ana = make_creator(name="Ana")
    make_reference(creator=ana, vector=ANA)
    make_track(vector=faces_of(ANA, 1)[0])
    type(ana).objects.filter(pk=ana.pk).update(trashed_at="2026-01-01T00:00Z")

    assert match_tracks().recognised == 0


def test_a_proposal_that_is_not_likely_any_more_goes() -> None:
    reference = make_reference(creator=make_creator(name="Ana"), vector=ANA)
    make_track(vector=MAYBE_ANA)
    match_tracks()

    reference.delete()
    match_tracks()

    assert not Suggestion.objects.exists()


def test_matching_again_changes_nothing() -> None:
    make_reference(creator=make_creator(name="Ana"), vector=ANA)
    make_track(vector=faces_of(ANA, 1)[0])
    make_track(vector=MAYBE_ANA)
    match_tracks()
    before = everything()

    match_tracks()

    assert everything() == before


# ---- answers --------------------------------------------------------------------------------------------------------
def test_naming_credits_teaches_and_answers_and_its_undo_restores_every_row(owner: User) -> None:
    ana, ben = make_creator(name="Ana"), make_creator(name="Ben")
    make_reference(creator=ben, vector=ANA)
    tracks = [make_track(vector=MAYBE_ANA), make_track(vector=faces_of(MAYBE_ANA, 1, seed=2)[0])]
    match_tracks()
    before = everything()

    named = name_tracks(track_ids=[track.pk for track in tracks], creator=ana, user=owner)

    assert (named.tracks, named.videos) == (2, 2)
    assert set(FaceTrack.objects.values_list("creator__name", "status")) == {("Ana", TrackStatus.MANUAL)}
    assert set(Credit.objects.values_list("creator__name", "source")) == {("Ana", "face")}
    assert set(Suggestion.objects.values_list("state", flat=True)) == {SuggestionState.REJECTED}
    assert FaceReference.objects.filter(creator=ana).count() == 2
    undo_batch(batch=named.batch, user=owner)
    assert everything() == before


def test_accepting_what_was_proposed_counts_for_its_precision(owner: User) -> None:
    ana = make_creator(name="Ana")
    make_reference(creator=ana, vector=ANA)
    track = make_track(vector=MAYBE_ANA)
    match_tracks()

    name_tracks(track_ids=[track.pk], creator=ana, user=owner)

    assert Suggestion.objects.get().state == SuggestionState.ACCEPTED


def test_a_rejected_person_never_comes_back_and_the_next_one_is_proposed(owner: User) -> None:
    ana, twin = make_creator(name="Ana"), make_creator(name="Twin")
    make_reference(creator=ana, vector=ANA)
    make_reference(creator=twin, vector=between(ANA, BEN, 0.2))
    track = make_track(vector=MAYBE_ANA)
    match_tracks()

    reject_match(track=track, creator=ana, user=owner)
    for _ in range(2):
        match_tracks()

    assert list(Suggestion.objects.open().values_list("object_id", flat=True)) == [twin.pk]
    assert Rejection.objects.get().object_id == ana.pk


def test_rejecting_a_recognised_face_takes_the_credit_back_unless_somebody_else_gave_it(owner: User) -> None:
    ana = make_creator(name="Ana")
    make_reference(creator=ana, vector=ANA)
    by_face = make_track(vector=faces_of(ANA, 1)[0])
    by_hand = make_track(vector=faces_of(ANA, 1, seed=4)[0])
    Credit.objects.create(video=by_hand.video, creator=ana, source="manual")
    match_tracks()

    for track in FaceTrack.objects.all():
        reject_match(track=track, creator=ana, user=owner)

    assert list(Credit.objects.values_list("video_id", flat=True)) == [by_hand.video_id]
    assert not FaceTrack.objects.exclude(status=TrackStatus.PENDING, creator=None).exists()
    assert by_face.video_id != by_hand.video_id


def test_another_face_of_the_person_keeps_the_credit(owner: User) -> None:
    ana, video = make_creator(name="Ana"), make_video()
    make_reference(creator=ana, vector=ANA)
    first = make_track(vector=faces_of(ANA, 1)[0], video=video)
    make_track(vector=faces_of(ANA, 1, seed=4)[0], video=video, span=(20, 30))
    match_tracks()
    first.refresh_from_db()

    reject_match(track=first, creator=ana, user=owner)

    assert Credit.objects.filter(video=video, creator=ana).exists()


def test_renaming_moves_the_credit(owner: User) -> None:
    ana, ben = make_creator(name="Ana"), make_creator(name="Ben")
    track = make_track(vector=ANA)
    name_tracks(track_ids=[track.pk], creator=ana, user=owner)

    name_tracks(track_ids=[track.pk], creator=ben, user=owner)

    assert list(Credit.objects.values_list("creator__name", flat=True)) == ["Ben"]


def test_nobody_is_named_after_somebody_in_the_trash(owner: User) -> None:
    ana = make_creator(name="Ana")
    type(ana).objects.filter(pk=ana.pk).update(trashed_at="2026-01-01T00:00Z")
    ana.refresh_from_db()

    with pytest.raises(NamingError, match="trash"):
        name_tracks(track_ids=[make_track(vector=ANA).pk], creator=ana, user=owner)


def test_faces_set_aside_are_neither_matched_nor_grouped(owner: User) -> None:
    make_reference(creator=make_creator(name="Ana"), vector=ANA)
    track = make_track(vector=MAYBE_ANA)
    match_tracks()

    set_aside(track_ids=[track.pk], user=owner)

    assert match_tracks().proposed == 0
    assert cluster_faces().tracks == 0
    assert not Suggestion.objects.open().exists()


def test_a_person_who_goes_for_good_leaves_their_faces_without_a_name(owner: User) -> None:
    ana = make_creator(name="Ana")
    track = make_track(vector=ANA)
    name_tracks(track_ids=[track.pk], creator=ana, user=owner)

    ana.delete()

    track.refresh_from_db()
    assert (track.status, track.creator) == (TrackStatus.PENDING, None)


def test_merged_people_share_faces_references_and_answers(owner: User) -> None:
    ana, anna = make_creator(name="Ana"), make_creator(name="Anna")
    make_reference(creator=ana, vector=ANA, is_primary=True)
    make_reference(creator=anna, vector=ANA, is_primary=True)
    track = make_track(vector=MAYBE_ANA)
    reject_match(track=track, creator=anna, user=owner)

    merge("creator", keep=ana, others=[anna], user=owner)

    assert FaceReference.objects.filter(creator=ana).count() == 2
    assert FaceReference.objects.filter(is_primary=True).count() == 1
    assert Rejection.objects.get().object_id == ana.pk


# ---- groups ---------------------------------------------------------------------------------------------------------
def make_crowd(who: np.ndarray, count: int, seed: int = 0) -> list[FaceTrack]:
    return [make_track(vector=vector) for vector in faces_of(who, count, seed=seed)]


def test_unknown_people_become_clusters_by_their_reach() -> None:
    ana = make_crowd(ANA, 4)
    make_crowd(BEN, 3, seed=9)
    make_track(vector=person(50))

    done = cluster_faces()

    assert (done.tracks, done.clusters, done.grouped) == (8, 2, 7)
    largest = FaceCluster.objects.order_by("-video_count")[0]
    assert set(largest.tracks.all()) == set(ana)
    assert (largest.track_count, largest.video_count) == (4, 4)


def test_a_cluster_keeps_its_number_when_faces_come_and_go() -> None:
    tracks = make_crowd(ANA, 4)
    cluster_faces()
    before = FaceCluster.objects.get().pk

    tracks[0].delete()
    make_crowd(ANA, 2, seed=8)
    cluster_faces()

    assert FaceCluster.objects.get().pk == before
    assert FaceTrack.objects.filter(cluster_id=before).count() == 5


def test_naming_a_cluster_names_all_its_faces_and_its_undo_restores_every_row(owner: User) -> None:
    make_crowd(ANA, 5)
    cluster_faces()
    before = everything()

    named = name_cluster(cluster=FaceCluster.objects.get(), creator=make_creator(name="Ana"), user=owner)

    assert (named.tracks, named.videos) == (5, 5)
    assert Credit.objects.count() == 5
    undo_batch(batch=named.batch, user=owner)
    assert everything() == before


def test_faces_of_one_moment_are_two_people() -> None:
    video = make_video()
    faces = faces_of(ANA, 2)
    for vector in faces:
        make_track(vector=vector, video=video, span=(0, 10))

    assert cluster_faces().clusters == 0


def test_clusters_that_somebody_told_apart_are_not_joined() -> None:
    one, other = faces_of(ANA, 3, likeness=0.99), faces_of(between(ANA, BEN, 0.3), 3, likeness=0.99, seed=7)
    for vector in one:
        make_track(vector=vector)
    cluster_faces()
    first = FaceCluster.objects.get()
    second = FaceCluster.objects.create(model=first.model, center=other[0].tolist())
    for vector in other:
        make_track(vector=vector, cluster=second)
    DifferentPeople.objects.create(first=first, second=second)

    cluster_faces()

    assert FaceCluster.objects.count() == 2
    assert first.tracks.count() == second.tracks.count() == 3
