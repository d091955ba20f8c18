"""Faces on their way in: vectors keep their pack and their direction, appearances their person."""

from typing import Any

import numpy as np
import pytest

from faces.models import FaceDetection, FaceLook, FaceModel, FaceReference, FaceSettings, FaceTrack
from importers.kinds.faces.vectors import cosine, unit_vector, vector_digest
from importers.models import ImportedRow
from importers.records import Record
from importers.services.running import start_run
from library.models import Video
from people.models import Creator
from tests.faces.factories import make_creator, make_reference
from tests.importers.kinds import bring, counts, line, reasons, vector
from tests.importers.memory import record
from tests.library.factories import make_file, make_video

pytestmark = pytest.mark.django_db

BOX = {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4}


@pytest.fixture
def ana(db):
    return make_creator(name="Ana")


def face(video: Video, seed: int = 1, **more: Any) -> Record:
    values: dict[str, Any] = {
        "time_seconds": 3.5,
        "embedding": vector(seed, length=23.0),
        "quality": 0.8,
        "model_name": "buffalo_l",
    }
    return record("faces.detection", video=video.pk, **(values | BOX | more))


def test_a_detection_becomes_an_appearance_with_its_face(owner, ana):
    run = bring(face(make_video(), status="matched", imported_status="confirmed", creator=ana.pk, confidence=0.9))

    track, seen = FaceTrack.objects.get(), FaceDetection.objects.get()
    assert (track.status, track.creator, track.confidence, track.imported_status) == ("matched", ana, 0.9, "confirmed")
    assert (track.start_seconds, track.end_seconds, track.detection_count) == (3.5, 3.5, 1)
    assert (seen.track, seen.left, seen.height, seen.score) == (track, 0.1, 0.4, 0.8)
    assert track.model == seen.model == FaceModel.objects.get(name="buffalo_l", is_current=False)
    assert counts(run) == {"created": 1}
    assert line(part="track").object_id == track.pk


def test_vectors_have_the_length_1_and_their_direction(owner):
    bring(face(make_video(), seed=7))

    stored = FaceDetection.objects.get().embedding
    assert sum(number**2 for number in stored) == pytest.approx(1, abs=1e-3)
    assert cosine(vector(7, length=23.0), stored) > 0.99999


@pytest.mark.parametrize("length", [1e-30, 1e-3, 1.0, 1e30])
def test_reading_a_vector_back_gives_what_was_written(owner, length):
    bring(face(make_video(), embedding=vector(3, length=length)))

    assert vector_digest(FaceDetection.objects.get().embedding) == vector_digest(unit_vector(vector(3, length=length)))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"embedding": [1.0] * 511}, "bad_vector"),
        ({"embedding": [0.0] * 512}, "bad_vector"),
        ({"embedding": [float("nan")] * 512}, "bad_vector"),
        ({"embedding": None}, "bad_vector"),
        ({"left": 1.5}, "bad_number"),
        ({"width": 0}, "bad_number"),
        ({"time_seconds": -1.0}, "bad_number"),
    ],
)
def test_what_can_be_no_face_leaves_no_half_of_one(owner, values, reason):
    run = bring(face(make_video(), **values))

    assert (counts(run), reasons(run)) == ({"skipped": 1}, {reason: 1})
    assert not FaceTrack.objects.exists()


def test_only_a_named_appearance_has_a_person(owner, ana):
    video = make_video()

    bring(
        face(video, status="pending", creator=ana.pk, confidence=0.6),
        face(video, seed=2, status="rejected", creator=ana.pk),
        face(video, seed=3, status="manual"),
    )

    rows: Any = FaceTrack.objects.order_by("pk").values_list("status", "creator", "confidence")
    assert list(rows) == [("pending", None, 0.6), ("rejected", None, None), ("pending", None, None)]


def test_vectors_of_other_versions_are_other_packs(owner):
    video = make_video()

    bring(face(video), face(video, seed=2, model_version="2"), face(video, seed=3, model_name=""))

    names = list(FaceModel.objects.order_by("name", "version").values_list("name", "version"))
    assert names == [("buffalo_l", ""), ("buffalo_l", "2"), ("unknown", "")]


def reference(creator: Creator, seed: int, **more: Any) -> Record:
    values: dict[str, Any] = {
        "embedding": vector(seed, length=5.0),
        "source": "manual",
        "model_name": "drawn",
        "model_version": "1",
    }
    return record("faces.reference", creator=creator.pk, **(values | more))


def test_references_come_and_the_same_face_comes_once(owner, ana):
    run = bring(reference(ana, 1, quality=2.0), reference(ana, 1), reference(ana, 2, path="/x.jpg"))

    assert counts(run) == {"created": 2, "merged": 1}
    assert reasons(run) == {"duplicate": 1}
    assert set(FaceReference.objects.values_list("quality", "path")) == {(1.0, ""), (None, "/x.jpg")}


def test_a_reference_that_is_here_already_is_the_same(owner, ana):
    make_reference(creator=ana, vector=np.asarray(unit_vector(vector(1)).to_list()))

    run = bring(reference(ana, 1))

    assert counts(run) == {"merged": 1}


def test_one_reference_is_shown_as_the_face(owner, ana):
    bring(reference(ana, 1, is_primary=True), reference(ana, 2, is_primary=True))

    assert list(FaceReference.objects.order_by("pk").values_list("is_primary", flat=True)) == [True, False]


def test_a_vector_stands_in_the_records_as_a_digest(owner):
    bring(face(make_video()))

    assert len(str(ImportedRow.objects.values_list("written", flat=True).get(part=""))) < 1_000


def test_a_second_run_brings_no_face_twice(owner, ana):
    bring(face(make_video()), reference(ana, 1, is_primary=True))

    run = start_run(system="memory", location="main")

    assert counts(run) == {"unchanged": 2}
    assert FaceTrack.objects.count() == 1


def test_a_look_that_was_made_here_counts_more(owner):
    looked, other = make_file(), make_file()
    FaceLook.objects.create(file=looked, state="done", faces_detected=9)

    bring(
        record("faces.facelook", file=looked.pk, faces_detected=3),
        record("faces.facelook", file=other.pk, faces_detected=3, frames_processed=5, frames_to_process=2),
    )

    assert FaceLook.objects.get(file=looked).faces_detected == 9
    assert (FaceLook.objects.get(file=other).frames_to_process, FaceLook.objects.get(file=other).state) == (5, "done")


def test_thresholds_that_do_not_go_together_are_left_out(owner):
    run = bring(record("faces.facesettings", match_threshold=0.9, auto_tag_threshold=0.6, min_face_size=80))

    row = FaceSettings.objects.get()
    assert (row.match_threshold, row.auto_tag_threshold, row.min_face_size) == (0.5, 0.7, 80)
    assert reasons(run) == {"bad_value": 1}
