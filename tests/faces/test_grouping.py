"""Tracks, matches and clusters, from vectors."""

import numpy as np
import pytest

from faces.ml.clustering import cluster
from faces.ml.matching import ReferenceSet
from faces.ml.neighbours import find_neighbours
from faces.ml.tracking import Detection, Track, link_tracks, overlap
from tests.faces.vectors import between, faces_of, person

ANA, BEN = person(1), person(2)
LEFT, RIGHT = (0.1, 0.1, 0.3, 0.4), (0.6, 0.1, 0.8, 0.4)


def seen(
    seconds: float, who: np.ndarray, box: tuple[float, float, float, float] = LEFT, quality: float = 0.8
) -> Detection:
    return Detection(seconds, box, faces_of(who, 1, seed=int(seconds * 10) + 1)[0], quality)


def spans(tracks: list[Track]) -> list[tuple[float, float, int]]:
    return [(track.start_seconds, track.end_seconds, len(track.members)) for track in tracks]


# ---- tracks ---------------------------------------------------------------------------------------------------------
def test_one_person_is_one_track_that_reaches_half_way_to_pictures_without_them() -> None:
    times = [0, 10, 20, 30, 40, 50]

    tracks = link_tracks([seen(10, ANA), seen(20, ANA), seen(30, ANA)], times=times, duration_seconds=60)

    assert spans(tracks) == [(5, 35, 3)]


def test_a_track_reaches_the_ends_of_the_video() -> None:
    tracks = link_tracks([seen(5, ANA), seen(15, ANA)], times=[5, 15], duration_seconds=20)

    assert spans(tracks) == [(0, 20, 2)]


def test_two_people_are_two_tracks_even_when_they_change_places() -> None:
    detections = [seen(0, ANA, LEFT), seen(0, BEN, RIGHT), seen(1, BEN, LEFT), seen(1, ANA, RIGHT)]

    tracks = link_tracks(detections, times=[0, 1], duration_seconds=2)

    assert sorted(track.members for track in tracks) == [[0, 3], [1, 2]]


def test_twins_in_one_picture_stay_two() -> None:
    detections = [seen(0, ANA, LEFT), seen(0, ANA, RIGHT), seen(1, ANA, LEFT), seen(1, ANA, RIGHT)]

    tracks = link_tracks(detections, times=[0, 1], duration_seconds=2)

    assert sorted(track.members for track in tracks) == [[0, 2], [1, 3]]


def test_a_face_that_turns_away_for_a_picture_goes_on() -> None:
    times = [0, 1, 2, 3]

    tracks = link_tracks([seen(0, ANA), seen(2, ANA), seen(3, ANA)], times=times, duration_seconds=4)

    assert spans(tracks) == [(0, 4, 3)]


def test_whoever_comes_back_later_begins_a_new_track() -> None:
    times = [float(second) for second in range(10)]

    tracks = link_tracks([seen(0, ANA), seen(1, ANA), seen(8, ANA)], times=times, duration_seconds=10)

    assert spans(tracks) == [(0, 1.5, 2), (7.5, 8.5, 1)]


def test_a_tracks_vector_is_the_mean_by_quality_and_its_best_face_the_clearest() -> None:
    clear, blurred = Detection(0, LEFT, ANA, 0.9), Detection(1, LEFT, between(ANA, BEN, 0.4), 0.1)

    [track] = link_tracks([clear, blurred], times=[0, 1], duration_seconds=2)

    assert track.best == 0
    assert track.vector @ ANA > 0.98
    assert np.linalg.norm(track.vector) == pytest.approx(1, abs=1e-5)


def test_a_video_without_faces_has_no_tracks() -> None:
    assert link_tracks([], times=[0, 1], duration_seconds=2) == []


def test_boxes_overlap_by_the_share_of_their_union() -> None:
    assert overlap((0, 0, 1, 1), (0.5, 0, 1.5, 1)) == pytest.approx(1 / 3)
    assert overlap(LEFT, RIGHT) == 0


# ---- matches --------------------------------------------------------------------------------------------------------
def test_the_likest_reference_of_each_person_counts() -> None:
    vectors = np.stack([ANA, between(ANA, BEN, 0.5), BEN])
    references = ReferenceSet(vectors, [7, 7, 9])

    [matches] = references.nearest(ANA[None])

    assert [match.creator_id for match in matches] == [7, 9]
    assert matches[0].similarity == pytest.approx(1, abs=1e-5)
    assert matches[1].similarity < 0.2


def test_references_in_any_order_and_few_people_are_fine() -> None:
    references = ReferenceSet(np.stack([BEN, ANA, BEN]), [9, 7, 9])

    found = references.nearest(np.stack([ANA, BEN]), most=1)

    assert [[match.creator_id for match in row] for row in found] == [[7], [9]]


def test_without_references_nobody_matches() -> None:
    assert ReferenceSet(np.empty((0, 512), np.float32), []).nearest(ANA[None]) == [[]]


# ---- clusters -------------------------------------------------------------------------------------------------------
def crowd(people: int, faces: int, likeness: float = 0.93) -> tuple[np.ndarray, np.ndarray]:
    vectors = np.concatenate(
        [faces_of(person(number), faces, likeness=likeness, seed=number) for number in range(people)]
    )
    who = np.repeat(np.arange(people), faces)
    order = np.random.default_rng(3).permutation(len(who))
    return vectors[order], who[order]


def test_each_person_is_one_group_and_strangers_are_none() -> None:
    vectors, who = crowd(12, 9)
    strangers = np.stack([person(100 + number) for number in range(5)])

    groups = cluster(np.concatenate([vectors, strangers]), at_least=0.7)

    assert [len(group.members) for group in groups] == [9] * 12
    assert all(len(set(who[group.members])) == 1 for group in groups)


def test_two_alike_faces_are_a_group() -> None:
    [group] = cluster(np.concatenate([faces_of(ANA, 2), BEN[None]]), at_least=0.7)

    assert sorted(group.members) == [0, 1]
    assert group.center @ ANA > 0.9


def test_one_odd_face_joins_no_two_people() -> None:
    odd = between(ANA, BEN, 0.5)[None]
    vectors = np.concatenate([faces_of(ANA, 5, likeness=0.98), faces_of(BEN, 5, likeness=0.98, seed=9), odd])

    groups = cluster(vectors, at_least=0.68)

    assert len(groups) == 2
    assert not any({0, 5} <= set(group.members) for group in groups)


def test_who_was_seen_together_stays_apart() -> None:
    vectors = faces_of(ANA, 6)

    groups = cluster(vectors, at_least=0.7, apart=[(0, 1)])

    assert not any({0, 1} <= set(group.members) for group in groups)
    assert sum(len(group.members) for group in groups) >= 5


def test_no_faces_make_no_groups() -> None:
    assert cluster(np.empty((0, 512), np.float32), at_least=0.7) == []


def test_many_vectors_are_searched_in_cells_and_nearly_all_neighbours_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors, _ = crowd(80, 10)
    exact = find_neighbours(vectors, at_least=0.7)
    monkeypatch.setattr("faces.ml.neighbours._EXACT_UP_TO", 100)

    quick = find_neighbours(vectors, at_least=0.7)

    shared = sum(len(set(exact.of(index)) & set(quick.of(index))) for index in range(len(vectors)))
    assert shared / len(exact.indexes) > 0.97
    assert np.all(quick.likenesses >= 0.7)
