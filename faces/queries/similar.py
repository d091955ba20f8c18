"""Faces that are like a face: among appearances exactly, among all that were ever seen by the index (HNSW)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from pgvector.django import CosineDistance, HalfVectorField

from faces.ml.pack import DIMENSIONS
from faces.models import FaceDetection, FaceTrack
from faces.models.track import TrackStatus

MOST = 200
# How many candidates the index keeps in hand. Among a million faces of 4,000 people they find 98 to 99 of 100 of the
# likest; 100 candidates miss one in ten.
_EF_SEARCH = 250
_MOST_EF_SEARCH = 1_000


@dataclass(frozen=True, slots=True)
class Similar:
    """A track and how like it is: cosine, -1 to 1."""

    track_id: int
    video_id: int
    similarity: float


def similar_tracks(
    *, track: FaceTrack, most: int = 24, at_least: float = -1.0, in_other_videos: bool = True
) -> list[FaceTrack]:
    """The tracks that are most like this one, the likest first, with `similarity`, their video and creator loaded; at
    most 200. Those of its own video are left out unless `in_other_videos` is False. Two statements."""
    found = similar_vectors(
        vector=_listed(track.embedding),
        most=most,
        model_id=track.model_id,
        but_video=track.video_id if in_other_videos else None,
        but_track=track.pk,
    )
    return load_similar([one for one in found if one.similarity >= at_least])


def load_similar(found: Sequence[Similar]) -> list[FaceTrack]:
    """The rows of what was found, in its order, with `similarity`, their video and creator loaded. One statement."""
    rows = (
        FaceTrack.objects.select_related("video", "creator").defer("embedding").in_bulk([one.track_id for one in found])
    )
    listed: list[FaceTrack] = []
    for one in found:
        if (row := rows.get(one.track_id)) is not None:
            row.similarity = one.similarity  # type: ignore[attr-defined]
            listed.append(row)
    return listed


def similar_vectors(
    *,
    vector: Any,
    most: int = 24,
    model_id: int | None = None,
    but_video: int | None = None,
    but_track: int | None = None,
) -> list[Similar]:
    """The tracks that are most like a face, the likest first: of one model (the current one, if None), not set aside,
    and of videos that are not in the trash. One statement that reads all of them: 50 ms for 100,000."""
    rows = FaceTrack.objects.filter(video__trashed_at=None).exclude(status=TrackStatus.REJECTED)
    rows = rows.filter(model__is_current=True) if model_id is None else rows.filter(model_id=model_id)
    if but_video is not None:
        rows = rows.exclude(video_id=but_video)
    if but_track is not None:
        rows = rows.exclude(pk=but_track)
    near = rows.annotate(distance=CosineDistance("embedding", _listed(vector))).order_by("distance", "pk")
    found = near.values_list("pk", "video_id", "distance")[: min(most, MOST)]
    return [Similar(pk, video_id, 1 - distance) for pk, video_id, distance in found]


def similar_detections(*, vector: Any, most: int = 10) -> list[tuple[int, float]]:
    """(id, cosine) of the faces most like this one among all that were ever seen, the likest first; at most 200. Two
    statements, by the index."""
    most = min(most, MOST)
    with nearest_by_index(most):
        near = FaceDetection.objects.annotate(distance=CosineDistance("embedding", _listed(vector)))
        return [(pk, 1 - distance) for pk, distance in near.order_by("distance").values_list("pk", "distance")[:most]]


def similar_among(*, vector: Any, rows: "QuerySet[FaceTrack]", most: int = 24) -> list[tuple[int, float]]:
    """(id, cosine) of those of a few tracks (of a person, a video, a cluster) that are most like a face, exactly: a
    filter would leave the index's candidates empty. One statement, as long as there are rows."""
    inner, params = rows.order_by().values("pk", "embedding").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH few (id, embedding) AS MATERIALIZED ({inner})"
            f" SELECT id, 1 - (embedding <=> %s::halfvec({DIMENSIONS})) FROM few"
            f" ORDER BY embedding <=> %s::halfvec({DIMENSIONS}), id LIMIT %s",
            [*params, *[_text(vector)] * 2, min(most, MOST)],
        )
        return [(int(pk), float(likeness)) for pk, likeness in cursor.fetchall()]


@contextmanager
def nearest_by_index(wanted: int) -> Iterator[None]:
    """In the block, a search by the index keeps at least `wanted` candidates in hand. One statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        candidates = min(_MOST_EF_SEARCH, max(_EF_SEARCH, wanted))
        cursor.execute("SELECT set_config('hnsw.ef_search', %s, TRUE)", [str(candidates)])
        yield


def _listed(vector: Any) -> list[float]:
    if hasattr(vector, "to_list"):
        return list(vector.to_list())
    return [float(value) for value in vector]


def _text(vector: Any) -> str | None:
    text: str | None = HalfVectorField(dimensions=DIMENSIONS).get_prep_value(_listed(vector))
    return text
