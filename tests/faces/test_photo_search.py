"""Looking somebody up by a photo: kept, looked at by a worker, gone after a day."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from faces.exceptions import NoModelError
from faces.models import PhotoSearch
from faces.models.photo_search import PhotoSearchStatus
from faces.photo_stage import run
from faces.services import photo_search
from faces.services.engines import loaded_engine
from faces.services.models import use_model
from faces.services.photo_search import fail_photo_search, remove_old_photo_searches, start_photo_search
from faces.services.references import add_reference
from library.exceptions import PictureError
from processing.models import Job
from processing.stages.registry import StageContext
from tests.faces.drawing import DrawnFace, scene
from tests.faces.factories import make_creator, make_track
from tests.faces.test_engine import pixels
from tests.library.factories import make_user
from tests.processing.ingesting import turn_aside

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _installed(pack_folder: Path, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FACE_MODEL_DIR = pack_folder
    turn_aside(tmp_path / "derived", monkeypatch)


def photo(*faces: DrawnFace) -> bytes:
    stream = io.BytesIO()
    scene(7, width=800, height=500, faces=faces).save(stream, "PNG")
    return stream.getvalue()


def stored() -> list[str]:
    names = [search.picture.name for search in PhotoSearch.objects.all()]
    return [name for name in names if storages["derived"].exists(name)]


def test_a_worker_finds_out_who_it_is_and_where_else_they_are(
    django_capture_on_commit_callbacks: Any,
) -> None:
    ana, user = make_creator(name="Ana"), make_user()
    engine = loaded_engine()
    add_reference(engine=engine, creator=ana, source=photo(DrawnFace("ana", 400, 250, 90)), name="a", user=None)
    [face] = engine.detect(pixels(scene(8, faces=[DrawnFace("ana", 300, 180, 80)])))
    track = make_track(vector=engine.embed([face.crop])[0], model=use_model(engine.pack))

    with django_capture_on_commit_callbacks(execute=True):
        search = start_photo_search(
            picture=photo(DrawnFace("ana", 200, 200, 90), DrawnFace("ben", 600, 250, 60)), user=user
        )
    assert (search.status, search.width, search.height) == (PhotoSearchStatus.WAITING, 800, 500)
    assert Job.objects.get(stage=photo_search.STAGE).target_id == search.pk
    facts = run(StageContext(search.pk, {}, None, lambda done, total: None)).facts

    search.refresh_from_db()
    first, second = search.faces
    assert (facts["faces"], search.status) == (2, PhotoSearchStatus.DONE)
    assert first["box"] == pytest.approx([110, 110, 290, 290], abs=4)
    assert (first["matches"][0]["creator"], first["matches"][0]["public_id"]) == ("Ana", str(ana.public_id))
    assert first["tracks"][0]["id"] == track.pk
    assert first["tracks"][0]["similarity"] > 0.95
    assert second["matches"][0]["similarity"] < 0.5


def test_a_search_goes_with_its_picture_when_its_day_is_over_and_when_there_are_many(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_search, "MOST_OF_USER", 2)
    user, other = make_user(), make_user()
    picture = photo(DrawnFace("ana", 200, 200, 90))
    with django_capture_on_commit_callbacks(execute=True):
        kept_by_other = start_photo_search(picture=picture, user=other)
        searches = [start_photo_search(picture=picture, user=user) for _ in range(3)]
    assert set(PhotoSearch.objects.all()) == {kept_by_other, *searches[1:]}
    assert len(stored()) == 3
    PhotoSearch.objects.filter(pk=searches[1].pk).update(expires_at=timezone.now() - timedelta(minutes=1))

    with django_capture_on_commit_callbacks(execute=True):
        removed = remove_old_photo_searches()
        other.delete()

    assert removed == 1
    assert list(PhotoSearch.objects.all()) == [searches[2]]
    folder = Path(storages["derived"].path("photosearches"))
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1


def test_what_is_no_picture_and_a_library_without_models_are_refused_at_once(settings: Any, tmp_path: Path) -> None:
    user = make_user()

    with pytest.raises(PictureError):
        start_photo_search(picture=b"no picture", user=user)
    settings.FACE_MODEL_DIR = tmp_path / "no models"
    with pytest.raises(NoModelError):
        start_photo_search(picture=photo(), user=user)

    assert not PhotoSearch.objects.exists()
    assert not Job.objects.exists()


def test_a_search_that_could_not_be_made_says_why_and_one_that_is_gone_is_passed_over() -> None:
    search = start_photo_search(picture=photo(), user=make_user())

    fail_photo_search(search.pk, "The models can't be loaded.")

    search.refresh_from_db()
    assert (search.status, search.error) == (PhotoSearchStatus.FAILED, "The models can't be loaded.")
    assert "skipped" in run(StageContext(search.pk + 1, {}, None, lambda done, total: None)).facts
