"""Faces: what the pipeline costs around the models, matching, searching and grouping at volume, and a drawn library
whose truth is known.

Run by `make bench AREA=faces`; VIDEOTHEK_BENCH_PARTS names parts of it (models, match, similar, cluster, library),
parted by commas.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import django
import numpy as np
from django.core.management import call_command
from django.db import connection

# The models can be imported only then.
django.setup()

from faces.ml.engine import FaceEngine
from faces.ml.pack import find_pack
from faces.models import FaceCluster, FaceTrack
from faces.queries.similar import similar_detections
from faces.services import matching
from faces.services.clustering import cluster_faces
from tests.bench import faces_library, faces_models, faces_rows
from tests.bench.place import bench_folder
from tests.bench.table import Row, show
from tests.faces.drawing import DrawnFace, scene
from tests.faces.tiny_pack import make_pack

_INDEX = "faces_detection_similar"
_CLUSTERED = 100_000


def main() -> bool:
    if "--cluster" in sys.argv:
        _cluster_here()
        return True
    full = "--full" in sys.argv
    parts: dict[str, Callable[[bool], list[Row]]] = {
        "models": models, "match": match, "similar": similar, "cluster": cluster, "library": library,
    }  # fmt: skip
    wanted = [name for name in os.environ.get("VIDEOTHEK_BENCH_PARTS", "").split(",") if name] or list(parts)
    call_command("migrate", verbosity=0)
    rows: list[Row] = []
    for name in wanted:
        found = parts[name](full)
        # The whole takes an hour: what is known is told.
        sys.stderr.writelines(f"{row.name}: {row.ours}\n" for row in found)
        rows += found
    return show("Faces", rows)


# ---- around the models ----------------------------------------------------------------------------------------------
def models(full: bool) -> list[Row]:
    """Finding and describing faces through the engine beside the same models run by onnxruntime alone."""
    rows = []
    light = find_pack(make_pack(bench_folder() / "packs" / "drawn"))
    heavy = find_pack(faces_models.make_heavy_pack(bench_folder() / "packs" / "heavy"))
    pictures = [_crowd(number) for number in range(40 if full else 16)]
    for pack, name, counts in (
        (light, "drawn models, nearly free", False),
        (heavy, "models as heavy as buffalo_s", True),
    ):
        engine = FaceEngine.load(pack, threads=1)
        ours, raw, faces = _beside_raw(engine, pictures)
        overhead = ours / raw - 1
        rows.append(
            Row(
                f"{len(pictures)} pictures, {faces} faces: {name}, {engine.device}",
                f"{1000 * ours / len(pictures):.1f} ms a picture, {overhead:+.1%}",
                f"onnxruntime alone {1000 * raw / len(pictures):.1f} ms",
                "under 15 % more" if counts else "",
                overhead < 0.15 if counts else None,
            )
        )
    return rows


def _crowd(number: int) -> np.ndarray:
    faces = [
        DrawnFace(f"somebody {number} {place}", 150 + 300 * place, 270 + 30 * (place % 2), 60 + 8 * place)
        for place in range(3)
    ]
    return np.asarray(scene(number, width=960, height=540, faces=faces))


def _beside_raw(engine: FaceEngine, pictures: list[np.ndarray]) -> tuple[float, float, int]:
    """Seconds for all pictures: through the engine, and of the sessions alone with ready inputs, the same ones; the
    least of several rounds each, taken in turns. And how many faces there were. On the processor with one thread and by
    its own clock, which others on the machine don't disturb."""
    clock = time.perf_counter if engine.device == "cuda" else time.process_time
    detector, recogniser = engine._detector, engine._recogniser
    inputs = [_detector_input(picture, detector) for picture in pictures]
    crops = [face.crop for picture in pictures for face in engine.detect(picture)]
    blob = cv2.dnn.blobFromImages(crops, 1 / recogniser.input_std, (112, 112), (recogniser.input_mean,) * 3)

    def ours() -> None:
        found = [face.crop for picture in pictures for face in engine.detect(picture)]
        engine.embed(found)

    def raw() -> None:
        for one in inputs:
            detector.session.run(detector.output_names, {detector.input_name: one})
        for first in range(0, len(blob), 64):
            recogniser.session.run(recogniser.output_names, {recogniser.input_name: blob[first : first + 64]})

    least = {ours: float("inf"), raw: float("inf")}
    for _ in range(5):
        for work in least:
            began = clock()
            work()
            least[work] = min(least[work], clock() - began)
    return least[ours], least[raw], len(crops)


def _detector_input(picture: np.ndarray, detector: Any) -> np.ndarray:
    """As SCRFD prepares it."""
    scale = 640 / max(picture.shape[:2])
    small = cv2.resize(picture, (int(picture.shape[1] * scale), int(picture.shape[0] * scale)))
    square = np.zeros((640, 640, 3), np.uint8)
    square[: small.shape[0], : small.shape[1]] = small
    return np.asarray(cv2.dnn.blobFromImage(square, 1 / detector.input_std, (640, 640), (detector.input_mean,) * 3))


# ---- matching -------------------------------------------------------------------------------------------------------
def match(full: bool) -> list[Row]:
    """One face against 20,000 references, as the stage does it, beside the database's exact scan."""
    faces_rows.clear()
    count, people = 20_000, 4_000
    centers = faces_rows.people(people, seed=1)
    owners = np.arange(count) % people
    vectors = faces_rows.faces_of(centers, owners, likeness=(0.75, 0.95), seed=2)
    faces_rows.load_references(vectors, owners)
    began = time.perf_counter()
    references = matching.load_references()
    loading = time.perf_counter() - began
    faces = faces_rows.faces_of(centers, np.arange(300), likeness=(0.75, 0.95), seed=3)
    ours, right = [], 0
    stored = vectors.astype(np.float16).astype(np.float32)
    truth = (faces @ stored.T).max(axis=1)
    for face, best in zip(faces, truth, strict=True):
        began = time.perf_counter()
        [[first, *_]] = references.nearest(face[None])
        ours.append(time.perf_counter() - began)
        right += abs(first.similarity - best) < 1e-4
    scans = []
    with connection.cursor() as cursor:
        for face in faces[:40]:
            text = "[" + ",".join(map(str, face.tolist())) + "]"
            began = time.perf_counter()
            cursor.execute(
                "SELECT creator_id FROM faces_facereference ORDER BY embedding <=> %s::halfvec LIMIT 5", [text]
            )
            cursor.fetchall()
            scans.append(time.perf_counter() - began)
    p95 = _p95(ours)
    return [
        Row(
            f"a face against {count:,} references of {people:,} people",
            f"p95 {p95:.1f} ms, recall {right / len(faces):.3f}",
            f"exact halfvec scan p95 {_p95(scans):.0f} ms",
            "p95 under 15 ms, recall 1.0",
            p95 < 15 and right == len(faces),
        ),
        Row("loading those references", f"{loading:.2f} s", "", "", None),
    ]


# ---- searching ------------------------------------------------------------------------------------------------------
def similar(full: bool) -> list[Row]:
    """Similar faces among all detections by the index, beside NumPy over everything."""
    faces_rows.clear()
    count = 1_000_000 if full else 100_000
    people, block = 4_000, 50_000
    centers = faces_rows.people(people, seed=4)
    exact: list[np.ndarray] = []
    queries = faces_rows.faces_of(centers, np.arange(200) * (people // 200), likeness=(0.7, 0.8), seed=5)

    def blocks() -> Iterator[np.ndarray]:
        for first in range(0, count, block):
            who = np.arange(first, first + block) % people
            vectors = faces_rows.faces_of(centers, who, likeness=(0.7, 0.8), seed=first + 6)
            # Only the likest of each block can be among the likest of all.
            likeness = queries @ vectors.astype(np.float16).astype(np.float32).T
            exact.append(-np.partition(-likeness, 10, axis=1)[:, :10])
            yield vectors

    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [_INDEX])
        [definition] = cursor.fetchone()
        cursor.execute(f"DROP INDEX {_INDEX}")
        faces_rows.load_detections(blocks())
        cursor.execute("SET maintenance_work_mem = %s", ["3GB" if full else "512MB"])
        cursor.execute("SET max_parallel_maintenance_workers = 1")
        began = time.perf_counter()
        cursor.execute(definition)
        building = time.perf_counter() - began
        cursor.execute("SELECT pg_relation_size(%s::regclass), pg_table_size('faces_facedetection')", [_INDEX])
        index_bytes, table_bytes = cursor.fetchone()
    truth = -np.sort(-np.concatenate(exact, axis=1), axis=1)[:, :10]
    for query in queries[:50]:
        similar_detections(vector=query)
    took, hits = [], 0
    for query, best in zip(queries, truth, strict=True):
        began = time.perf_counter()
        found = similar_detections(vector=query)
        took.append(time.perf_counter() - began)
        hits += sum(likeness >= best[-1] - 1e-3 for _, likeness in found)
    recall, p95 = hits / (10 * len(queries)), _p95(took)
    return [
        Row(
            f"similar faces among {count:,} detections",
            f"p95 {p95:.1f} ms, p50 {1000 * float(np.median(took)):.1f} ms, recall@10 {recall:.3f}",
            f"index built in {building:.0f} s, {index_bytes / 1e6:.0f} MB beside {table_bytes / 1e6:.0f} MB",
            "p95 under 20 ms, recall 0.98",
            p95 < 20 and recall >= 0.98,
        )
    ]


# ---- grouping -------------------------------------------------------------------------------------------------------
def cluster(full: bool) -> list[Row]:
    """100,000 pending faces through the service, in a process of its own for its memory; then again with new ones."""
    faces_rows.clear()
    people, strangers = 3_800, 5_000
    centers = faces_rows.people(people + strangers, seed=7)
    who = np.concatenate([np.arange(_CLUSTERED - strangers) % people, people + np.arange(strangers)])
    who = np.random.default_rng(8).permutation(who)
    vectors = faces_rows.faces_of(centers, who, likeness=(0.8, 0.95), seed=9)
    faces_rows.load_tracks(vectors, per_video=10)
    ids = list(FaceTrack.objects.order_by("pk").values_list("pk", flat=True))
    person_of = dict(zip(ids, who.tolist(), strict=True))
    first = _cluster_apart()
    again = _cluster_apart()
    members: dict[int, list[int]] = {}
    for pk, cluster_id in FaceTrack.objects.exclude(cluster=None).values_list("pk", "cluster_id"):
        members.setdefault(cluster_id, []).append(person_of[pk])
    pure = sum(len(set(one)) == 1 for one in members.values())
    inside = sum(len(one) for one in members.values()) / (_CLUSTERED - strangers)
    return [
        Row(
            f"grouping {_CLUSTERED:,} unknown faces of {people:,} people and {strangers:,} strangers",
            f"{first['seconds']:.0f} s, {first['memory_mb']:.0f} MB, {FaceCluster.objects.count():,} clusters",
            f"{pure:,} of {len(members):,} pure, {inside:.1%} of faces in one",
            "120 s, 2 GB",
            first["seconds"] < 120 and first["memory_mb"] < 2048,
        ),
        Row("grouping them again, nothing new", f"{again['seconds']:.1f} s", "", "", None),
    ]


def _cluster_apart() -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.faces", "--cluster"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    facts: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _cluster_here() -> None:
    began = time.perf_counter()
    cluster_faces()
    seconds = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "memory_mb": memory}) + "\n")


# ---- a whole library ------------------------------------------------------------------------------------------------
def library(full: bool) -> list[Row]:
    """From drawn films through the real stages to credits, with one naming for each cluster."""
    faces_rows.clear()
    count = int(os.environ.get("VIDEOTHEK_BENCH_FILMS") or (500 if full else 120))
    films = faces_library.plan_films(count)
    folder = bench_folder() / "faces" / f"films-{count}"
    folder.mkdir(parents=True, exist_ok=True)
    pack = make_pack(bench_folder() / "packs" / "drawn")
    began = time.perf_counter()
    files = faces_library.ingest(films, folder, pack)
    ingesting = time.perf_counter() - began
    began = time.perf_counter()
    outcome = faces_library.name_everybody(films, files)
    naming = time.perf_counter() - began
    right = outcome.right_credits / max(1, outcome.credits)
    found = outcome.found / max(1, outcome.appearances)
    people = len({one.who for film in films for one in film.cast if not one.who.startswith("stranger")})
    if outcome.missed and os.environ.get("VIDEOTHEK_BENCH_MISSED"):
        sys.stderr.write("\n".join(outcome.missed) + "\n")
    return [
        Row(
            f"{count} drawn videos of {people} people, each cluster named once: credits",
            f"{right:.1%} of {outcome.credits:,} right",
            f"{outcome.tracks:,} tracks ({outcome.mixed} of two people), {outcome.clusters} clusters",
            "98 % right",
            right >= 0.98,
        ),
        Row(
            "appearances found",
            f"{found:.1%} of {outcome.appearances:,}",
            f"{outcome.actions} things a person did",
            "95 %",
            found >= 0.95,
        ),
        Row("the stages on all of them, drawing included", f"{ingesting:.0f} s, naming {naming:.0f} s", "", "", None),
    ]


def _p95(seconds: list[float]) -> float:
    return 1000 * float(np.quantile(seconds, 0.95))


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
