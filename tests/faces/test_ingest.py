"""`manage.py ingest` all the way to names, with a pack and without one."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from faces.models import FaceCluster, FaceLook, FaceTrack
from faces.services.clustering import cluster_faces
from faces.services.naming import name_cluster
from faces.services.trying import videos_waiting
from library.models import Suggestion
from people.models import Credit
from processing.models import DeadLetter, Job
from processing.services.upkeep import submit_outdated
from tests.faces.drawing import DrawnFace
from tests.faces.factories import make_creator, make_face_film
from tests.processing.ingesting import by_name, ingest, settle, turn_aside

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_connection", "_aside")]
# A clip with people, beside the checkout where there is one.
_CLIP = Path("shared", "media", "facerec_short_hamilton_clip.mp4")
CLIP = next((found for above in Path(__file__).parents if (found := above / _CLIP).exists()), None)


@pytest.fixture
def _aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_aside(tmp_path / "derived", monkeypatch)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Ana in two films, with Ben in one of them; and the clip with real people where it is at hand."""
    folder = tmp_path / "films"

    def ana(seconds: float) -> list[DrawnFace]:
        return [DrawnFace("ana", 200, 180, 60)]

    def both(seconds: float) -> list[DrawnFace]:
        return [DrawnFace("ana", 200, 180, 60), *([DrawnFace("ben", 450, 170, 55)] if seconds >= 3 else [])]

    make_face_film(folder / "ana.mp4", cast=ana, seconds=6)
    make_face_film(folder / "both.mp4", cast=both, seconds=6, seed=2)
    if CLIP is not None:
        shutil.copyfile(CLIP, folder / CLIP.name)
    settle(folder)
    return folder


def test_without_a_pack_all_is_ready_and_waits_for_a_model_and_with_one_people_are_found(
    films: Path, settings: Any, tmp_path: Path, pack_folder: Path
) -> None:
    settings.FACE_MODEL_DIR = tmp_path / "no models"

    report = by_name(ingest(films))

    assert {file["status"] for file in report.values()} == {"ready"}
    faces = report["ana.mp4"]["faces"]
    assert (faces["state"], faces["detections"], faces["tracks"]) == ("waiting", 0, [])
    assert "VIDEOTHEK_FACE_MODEL_DIR" in faces["reason"]
    assert set(FaceLook.objects.values_list("state", flat=True)) == {"waiting"}
    assert videos_waiting() == len(report)
    assert not DeadLetter.objects.exists()
    assert not Job.objects.active().filter(stage="faces").exists()

    # The same once more with a model: what waited is looked at as soon as anything asks for what is outdated.
    settings.FACE_MODEL_DIR = pack_folder
    assert submit_outdated() == len(report)
    report = by_name(ingest(films))

    assert set(FaceLook.objects.values_list("state", flat=True)) == {"done"}
    assert [track["status"] for track in report["both.mp4"]["faces"]["tracks"]] == ["pending", "pending"]
    assert report["ana.mp4"]["faces"]["detections"] == 6
    assert (report["ana.mp4"]["faces"]["state"], report["ana.mp4"]["faces"]["reason"]) == ("done", "")
    cluster_faces()
    [unknown] = FaceCluster.objects.filter(video_count=2)
    name_cluster(cluster=unknown, creator=make_creator(name="Ana"), user=None)
    assert Credit.objects.filter(creator__name="Ana").count() == 2

    # A film that comes later is recognised on its way in.
    make_face_film(films / "later.mp4", cast=lambda seconds: [DrawnFace("ana", 320, 180, 70, 0.05)], seconds=4, seed=3)
    settle(films)
    [track] = by_name(ingest(films))["later.mp4"]["faces"]["tracks"]
    assert (track["status"], track["creator"]) == ("matched", "Ana")
    assert track["confidence"] > 0.7
    assert FaceTrack.objects.filter(creator__name="Ana").count() == 3
    assert not Suggestion.objects.exists()
