"""Similar faces, moments and people together."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from faces.models import FaceSettings, FaceTrack
from faces.models.track import TrackStatus
from faces.queries.moments import moments_of, shared_spans, videos_together
from faces.queries.similar import nearest_by_index, similar_among, similar_detections, similar_tracks
from faces.services.vectors import as_bytes, unpack
from library.models import Suggestion, Video
from people.models import Creator
from tests.faces.factories import make_creator, make_track
from tests.faces.vectors import between, faces_of, person
from tests.library.factories import make_video

pytestmark = pytest.mark.django_db

ANA, BEN = person(1), person(2)
NAMED = TrackStatus.MANUAL


def test_vectors_come_as_they_were_stored() -> None:
    vectors = faces_of(ANA, 3)
    for vector in vectors:
        make_track(vector=vector)

    stored = unpack(FaceTrack.objects.order_by("pk").values_list(as_bytes(), flat=True))

    np.testing.assert_array_equal(stored, vectors.astype(np.float16).astype(np.float32))
    assert unpack([]).shape == (0, 512)


# ---- similar --------------------------------------------------------------------------------------------------------
def test_similar_faces_of_other_videos_come_likest_first(django_assert_num_queries: Callable[[int], Any]) -> None:
    track = make_track(vector=ANA)
    make_track(vector=faces_of(ANA, 1)[0], video=track.video, span=(20, 30))
    far, near = make_track(vector=between(ANA, BEN, 0.4)), make_track(vector=between(ANA, BEN, 0.1))
    make_track(vector=between(ANA, BEN, 0.2), status=TrackStatus.REJECTED)
    trashed = make_track(vector=between(ANA, BEN, 0.05))
    Video.objects.filter(pk=trashed.video_id).update(trashed_at=timezone.now())

    with django_assert_num_queries(2):
        found: list[Any] = similar_tracks(track=track, most=5)

    assert found == [near, far]
    assert found[0].similarity == pytest.approx(float(ANA @ between(ANA, BEN, 0.1)), abs=1e-3)
    assert similar_tracks(track=track, at_least=0.9) == [near]
    assert len(similar_tracks(track=track, in_other_videos=False)) == 3


def test_among_a_few_the_search_is_exact() -> None:
    cleo = make_creator(name="Cleo")
    mine = [make_track(vector=between(ANA, BEN, share), creator=cleo, status=NAMED) for share in (0.5, 0.1, 0.3)]
    make_track(vector=ANA)

    found = similar_among(vector=ANA, rows=FaceTrack.objects.filter(creator=cleo), most=2)

    assert [pk for pk, _ in found] == [mine[1].pk, mine[2].pk]
    assert similar_detections(vector=ANA) == []


def test_the_index_keeps_as_many_candidates_in_hand_as_are_asked_for() -> None:
    text = "[" + ",".join(map(str, ANA.tolist())) + "]"

    with nearest_by_index(400), connection.cursor() as cursor:
        cursor.execute("SHOW hnsw.ef_search")
        [candidates] = cursor.fetchone()
        # A table of this size is read whole faster.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT id FROM faces_facedetection ORDER BY embedding <=> %s::halfvec LIMIT 9", [text])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert candidates == "400"
    assert "faces_detection_similar" in plan


# ---- moments --------------------------------------------------------------------------------------------------------
def likely(track: FaceTrack, creator: Creator, confidence: float) -> None:
    Suggestion.objects.create(
        provider="faces", video=track.video, kind="creator", object_id=creator.pk, subject=f"track:{track.pk}",
        confidence=confidence,
        evidence={"track": track.pk, "from": track.start_seconds, "to": track.end_seconds},
    )  # fmt: skip


def test_somebodys_moments_are_those_named_and_those_that_are_likely(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    ana = make_creator(name="Ana")
    first, second, third = make_video(), make_video(), make_video()
    late = make_track(vector=ANA, video=first, span=(50, 60), creator=ana, status=NAMED)
    early = make_track(vector=ANA, video=first, span=(5, 10), creator=ana, status=TrackStatus.MATCHED, confidence=0.8)
    maybe, hardly = make_track(vector=ANA, video=second), make_track(vector=ANA, video=third)
    likely(maybe, ana, 0.65)
    likely(hardly, ana, 0.55)
    FaceSettings.objects.create(appearance_threshold=0.6)

    with django_assert_num_queries(5):
        page = moments_of(creator=ana)

    assert [(one.video, [moment.track_id for moment in one.moments]) for one in page.videos] == [
        (second, [maybe.pk]),
        (first, [early.pk, late.pk]),
    ]
    assert [moment.is_likely for one in page.videos for moment in one.moments] == [True, False, False]
    assert [one.video for one in moments_of(creator=ana, with_likely=False).videos] == [first]
    small = moments_of(creator=ana, per_page=1)
    assert (len(small.videos), small.has_more) == (1, True)
    assert [one.video for one in moments_of(creator=ana, per_page=1, page=2).videos] == [first]


def test_two_people_are_together_longest_first(django_assert_num_queries: Callable[[int], Any]) -> None:
    ana, ben = make_creator(name="Ana"), make_creator(name="Ben")
    shortly, long, never = make_video(), make_video(), make_video()
    for video, creator, span in (
        (shortly, ana, (0, 10)), (shortly, ben, (8, 20)),
        (long, ana, (0, 30)), (long, ben, (5, 15)), (long, ben, (20, 40)),
        (never, ana, (0, 5)), (never, ben, (50, 60)),
    ):  # fmt: skip
        make_track(vector=ANA, video=video, span=span, creator=creator, status=NAMED)
    make_track(vector=ANA, creator=ana, status=NAMED)

    with django_assert_num_queries(3):
        page = videos_together(one=ana, other=ben)

    assert [(one.video, one.spans) for one in page.videos] == [
        (long, ((5, 15), (20, 30))),
        (shortly, ((8, 10),)),
        (never, ()),
    ]
    assert page.videos[0].seconds == 20
    assert videos_together(one=ana, other=ben, per_page=2).has_more


def test_spans_that_touch_are_one() -> None:
    assert shared_spans([(0, 10), (8, 20)], [(5, 15)]) == ((5, 15),)
