"""Many rows of faces for the bench, loaded as fast as the server takes them."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.db import connection
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from faces.ml.pack import DIMENSIONS
from faces.models import FaceModel
from library.models import Video
from people.models import Creator

_BLOCK = 10_000


def people(count: int, *, seed: int) -> np.ndarray:
    """(count, 512) float32 of length 1."""
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def faces_of(centers: np.ndarray, who: np.ndarray, *, likeness: tuple[float, float], seed: int) -> np.ndarray:
    """(n, 512) faces of the people `who`, whose cosine to their person lies evenly in `likeness`."""
    random = np.random.default_rng(seed)
    vectors = np.empty((len(who), DIMENSIONS), np.float32)
    for first in range(0, len(who), _BLOCK):
        mine = centers[who[first : first + _BLOCK]]
        noise = random.standard_normal(mine.shape).astype(np.float32)
        noise -= (noise * mine).sum(axis=1, keepdims=True) * mine
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        share = random.uniform(*likeness, (len(mine), 1)).astype(np.float32)
        vectors[first : first + _BLOCK] = share * mine + np.sqrt(1 - share**2) * noise
    return vectors


def copy(table: str, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Loads rows; `columns` are names and types. Nothing checks foreign keys meanwhile."""
    connection.ensure_connection()
    raw: Any = connection.connection
    register_vector(raw)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    names = ", ".join(f'"{name}"' for name in columns)
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as target:
        target.set_types(list(columns.values()))
        for row in rows:
            target.write_row(row)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(f"ANALYZE {table}")


def clear() -> None:
    """No faces, references or people are left."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE faces_facetrack, faces_facedetection, faces_facereference, faces_facecluster, people_creator,"
            " library_suggestion, library_rejection CASCADE"
        )


def current_model() -> FaceModel:
    model, _ = FaceModel.objects.get_or_create(name="bench", version="1")
    FaceModel.objects.exclude(pk=model.pk).update(is_current=False)
    FaceModel.objects.filter(pk=model.pk).update(is_current=True)
    return model


def load_references(vectors: np.ndarray, owners: np.ndarray) -> None:
    """References of people who are made, one for each of `owners`."""
    model = current_model()
    made = Creator.objects.bulk_create(Creator(name=f"Person {number}") for number in range(int(owners.max()) + 1))
    ids = [one.pk for one in made]
    copy(
        "faces_facereference",
        {
            "creator_id": "int8", "model_id": "int8", "embedding": "halfvec", "source": "varchar", "path": "text",
            "is_primary": "bool", "crop": "varchar",
        },
        (
            (ids[owner], model.pk, HalfVector(vector), "manual", "", False, "")
            for owner, vector in zip(owners, vectors, strict=True)
        ),
    )  # fmt: skip


def load_tracks(vectors: np.ndarray, *, per_video: int) -> None:
    """Unnamed tracks, so many in each video, at different moments."""
    model = current_model()
    count = -(-len(vectors) // per_video)
    videos = Video.objects.bulk_create(Video(title=f"Crowd {number}") for number in range(count))
    ids = [one.pk for one in videos]
    copy(
        "faces_facetrack",
        _COLUMNS_OF_TRACK,
        (
            (
                ids[number // per_video], 20.0 * (number % per_video), 20.0 * (number % per_video) + 10, "pending",
                model.pk, HalfVector(vector), 3, 0.8, "", "", "", False, False,
            )
            for number, vector in enumerate(vectors)
        ),
    )  # fmt: skip


_COLUMNS_OF_TRACK = {
    "video_id": "int8", "start_seconds": "float8", "end_seconds": "float8", "status": "varchar", "model_id": "int8",
    "embedding": "halfvec", "detection_count": "int4", "quality": "float8", "crop": "varchar", "strip": "varchar",
    "imported_status": "varchar", "is_placed": "bool", "is_retimed": "bool",
}  # fmt: skip


def load_detections(blocks: Iterable[np.ndarray]) -> None:
    """Detections, all of one track: what is looked for in them is the vectors."""
    model = current_model()
    video = Video.objects.create(title="All of them")
    load_tracks(np.eye(1, DIMENSIONS, dtype=np.float32), per_video=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM faces_facetrack")
        [track] = cursor.fetchone()
    copy(
        "faces_facedetection",
        {
            "video_id": "int8", "track_id": "int8", "time_seconds": "float8", "left": "float8", "top": "float8",
            "width": "float8", "height": "float8", "landmarks": "float8[]", "score": "float8", "quality": "float8",
            "model_id": "int8", "embedding": "halfvec", "is_manual": "bool",
        },
        (
            (video.pk, track, 1.0, 0.1, 0.1, 0.2, 0.2, [], 0.9, 0.8, model.pk, HalfVector(vector), False)
            for block in blocks
            for vector in block
        ),
    )  # fmt: skip
