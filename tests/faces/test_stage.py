"""From a film with faces to tracks, names and proposals: the real decode, models and database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from faces import anew_stage
from faces.models import FaceDetection, FaceLook, FaceModel, FaceReference, FaceSettings, FaceTrack
from faces.models.look import LookState
from faces.models.track import TrackStatus
from faces.services import models as installed
from faces.services.engines import loaded_engine
from faces.services.finding import look
from faces.services.matching import as_vectors, match_tracks
from faces.services.naming import delete_tracks, edit_track, name_tracks, reject_match
from faces.services.references import add_reference
from faces.stage import run
from library.models import ChangeBatch, Rejection, Suggestion, VideoFile
from library.services.changes import events_of
from library.services.history import undo_batch
from people.models import Credit
from processing.models import FaceFrames, Job, StageRecord
from processing.models.images import derived_storage
from processing.services.face_frames import unpack_face_frames
from processing.services.frames import make_pictures
from processing.services.keys import keys_of
from processing.services.upkeep import submit_outdated
from processing.stages.registry import StageContext, get_stage
from tests.faces.drawing import DrawnFace, scene
from tests.faces.factories import make_creator, make_face_film
from tests.faces.tiny_pack import make_pack
from tests.library.factories import make_file, make_folder, make_user
from tests.processing.ingesting import turn_aside

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_aside(tmp_path / "derived", monkeypatch)


@pytest.fixture
def models(pack_folder: Path, settings: Any) -> None:
    settings.FACE_MODEL_DIR = pack_folder


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ana on the left for the first half, Ben on the right all the time, nobody in the last two seconds."""

    def cast(seconds: float) -> list[DrawnFace]:
        ana = [DrawnFace("ana", 170 + 4 * seconds, 150, 60)] if seconds < 6 else []
        ben = [DrawnFace("ben", 460, 170, 50)] if seconds < 10 else []
        return [*ana, *ben]

    return make_face_film(tmp_path_factory.mktemp("films") / "two people.mp4", cast=cast)


@pytest.fixture
def file(film: Path) -> VideoFile:
    return make_file(path=film, folder=make_folder(path=film.parent), duration_seconds=12.0, width=640, height=360)


def look_at(file: VideoFile, *, with_pictures: bool = True) -> dict[str, object]:
    """What the stages do: pictures, then faces."""
    if with_pictures:
        make_pictures(file=file, report=lambda done, total: None)
    return run(StageContext(file.pk, {}, None, lambda done, total: None)).facts


def spans() -> list[tuple[float, float]]:
    return [
        (round(track.start_seconds), round(track.end_seconds))
        for track in FaceTrack.objects.order_by("start_seconds", "-end_seconds")
    ]


@pytest.mark.usefixtures("models")
def test_the_one_decode_leaves_pictures_and_the_faces_in_them_become_tracks(file: VideoFile) -> None:
    make_pictures(file=file, report=lambda done, total: None)
    kept = FaceFrames.objects.get(file=file)

    facts = look_at(file, with_pictures=False)

    assert len(kept.times) == 12
    assert (facts["pictures"], facts["tracks"], facts["decoded_again"]) == (12, 2, False)
    assert facts["faces"] == FaceDetection.objects.count() == 16
    assert sorted(spans()) == [(0, 6), (0, 10)]
    assert not FaceFrames.objects.exists(), "pictures that were looked at are not kept"
    best = FaceDetection.objects.filter(track=FaceTrack.objects.earliest("end_seconds")).latest("quality")
    assert best.left + best.width / 2 == pytest.approx((170 + 4 * best.time_seconds) / 640, abs=0.03)
    assert all(track.crop.storage.exists(track.crop.name) for track in FaceTrack.objects.all())


@pytest.mark.usefixtures("models")
def test_without_kept_pictures_they_are_decoded_once_more_and_that_is_counted(file: VideoFile) -> None:
    facts = look_at(file, with_pictures=False)

    assert facts["decoded_again"] is True
    assert facts["tracks"] == 2


def test_without_a_model_nothing_is_kept_and_the_state_is_said(file: VideoFile, settings: Any, tmp_path: Path) -> None:
    settings.FACE_MODEL_DIR = tmp_path / "no models"
    make_pictures(file=file, report=lambda done, total: None)

    facts = look_at(file, with_pictures=False)

    assert "VIDEOTHEK_FACE_MODEL_DIR" in str(facts["waiting"])
    assert FaceLook.objects.get(file=file).state == LookState.WAITING
    assert not FaceFrames.objects.exists()
    assert not installed.has_pack()


@pytest.mark.usefixtures("models")
def test_a_folder_that_is_spared_leaves_no_pictures(file: VideoFile) -> None:
    file.folder.looks_for_faces = False
    file.folder.save(update_fields=["looks_for_faces"])

    make_pictures(file=file, report=lambda done, total: None)

    assert not FaceFrames.objects.exists()


@pytest.mark.usefixtures("models")
def test_switched_off_nobody_is_looked_for(file: VideoFile) -> None:
    FaceSettings.objects.create(is_enabled=False)

    facts = look_at(file)

    assert "skipped" in facts
    assert not FaceTrack.objects.exists()


@pytest.mark.usefixtures("models")
def test_a_known_person_is_named_and_credited_and_it_can_be_undone(file: VideoFile, tmp_path: Path) -> None:
    ana = make_creator(name="Ana")
    photo = tmp_path / "ana.png"
    scene(5, faces=[DrawnFace("ana", 300, 180, 90)]).save(photo)
    add_reference(engine=loaded_engine(), creator=ana, source=photo, name="ana.png", user=None)

    facts = look_at(file)

    track = FaceTrack.objects.get(creator=ana)
    credit = Credit.objects.get()
    assert facts["recognised"] == 1
    assert (track.status, round(track.end_seconds)) == (TrackStatus.MATCHED, 6)
    assert (credit.creator, credit.source) == (ana, "face")
    assert credit.confidence == pytest.approx(track.confidence)
    batch = events_of(Credit).latest("pgh_id").pgh_context_id
    undo_batch(batch=ChangeBatch.objects.get(pk=batch), user=make_user(role="admin"))
    track.refresh_from_db()
    assert (track.status, track.creator) == (TrackStatus.PENDING, None)
    assert not Credit.objects.exists()
    assert match_tracks().recognised == 0, "what was undone is not done again"


@pytest.mark.usefixtures("models")
def test_looking_again_keeps_names_and_ids(file: VideoFile) -> None:
    look_at(file)
    ben = make_creator(name="Ben")
    long = FaceTrack.objects.latest("end_seconds")
    name_tracks(track_ids=[long.pk], creator=ben, user=make_user(role="admin"))
    before = sorted(FaceTrack.objects.values_list("pk", "creator_id", "status"))

    look_at(file)

    assert sorted(FaceTrack.objects.values_list("pk", "creator_id", "status")) == before
    assert FaceDetection.objects.count() == 16


@pytest.mark.slow
@pytest.mark.usefixtures("models")
def test_a_broken_picture_is_counted_and_passed_over(file: VideoFile, monkeypatch: pytest.MonkeyPatch) -> None:
    make_pictures(file=file, report=lambda done, total: None)
    unpack = unpack_face_frames

    def spoil(row: FaceFrames, folder: Path) -> list[tuple[float, Path]]:
        frames = unpack(row, folder)
        frames[3][1].write_bytes(b"no picture")
        return frames

    monkeypatch.setattr("faces.stage.unpack_face_frames", spoil)

    facts = look_at(file, with_pictures=False)

    assert (facts["pictures"], facts["broken_pictures"], facts["tracks"]) == (11, 1, 2)


def record_look(file: VideoFile) -> None:
    """As the engine does when the stage has ended well."""
    key = keys_of(get_stage("faces"), [file.pk])[file.pk]
    StageRecord.objects.update_or_create(
        target_kind="file",
        target_id=file.pk,
        stage="faces",
        variant="",
        defaults={"status": "completed", "input_key": key, "completed_key": key, "finished_at": timezone.now()},
    )


@pytest.mark.slow
@pytest.mark.usefixtures("models")
def test_another_model_describes_all_anew_without_a_decode_and_what_people_said_stays(
    file: VideoFile, settings: Any, tmp_path: Path
) -> None:
    look_at(file)
    record_look(file)
    ana, owner = make_creator(name="Ana"), make_user(role="admin")
    short, long = FaceTrack.objects.order_by("end_seconds")
    name_tracks(track_ids=[short.pk], creator=ana, user=owner)
    reject_match(track=long, creator=ana, user=owner)
    before = dict(FaceTrack.objects.values_list("pk", "embedding"))
    settings.FACE_MODEL_DIR = make_pack(tmp_path / "other", seed=21)
    outdated = submit_outdated()

    facts = look_at(file, with_pictures=False)
    record_look(file)
    again = anew_stage.run(StageContext(1, {}, None, lambda done, total: None)).facts

    assert outdated == 1
    assert (facts["described_anew"], facts["decoded_again"]) == (2, False)
    assert Job.objects.filter(stage="faces-anew", status="pending").exists()
    assert (again["references"], again["references_without_picture"]) == (1, 0)
    new = FaceModel.objects.get(is_current=True)
    for rows in (FaceTrack.objects, FaceReference.objects, FaceDetection.objects.filter(strip_index__isnull=False)):
        assert not rows.exclude(model=new).exists()
    short.refresh_from_db()
    assert (short.status, short.creator) == (TrackStatus.MANUAL, ana)
    assert float(as_vectors([short.embedding])[0] @ as_vectors([before[short.pk]])[0]) < 0.9
    reference = FaceReference.objects.get()
    assert float(as_vectors([short.embedding])[0] @ as_vectors([reference.embedding])[0]) > 0.9
    assert Rejection.objects.get().subject == f"track:{long.pk}"
    assert not Suggestion.objects.open().exists()
    assert FaceLook.objects.get().decodes == 0

    # One whose faces were not kept is decoded once more, and that is counted.
    FaceTrack.objects.update(strip="")
    settings.FACE_MODEL_DIR = make_pack(tmp_path / "third", seed=22)
    facts = look_at(file, with_pictures=False)
    assert facts["decoded_again"] is True
    assert FaceLook.objects.get().decodes == 1
    assert dict(FaceTrack.objects.values_list("pk", "status")) == {short.pk: "manual", long.pk: "pending"}


def test_a_video_that_waits_for_a_model_is_looked_at_by_itself_once_there_is_one(
    file: VideoFile, settings: Any, tmp_path: Path, pack_folder: Path
) -> None:
    settings.FACE_MODEL_DIR = tmp_path / "no models"
    assert "waiting" in look_at(file)
    StageRecord.objects.create(
        target_kind="file", target_id=file.pk, stage="faces", status="completed", finished_at=timezone.now()
    )
    assert submit_outdated() == 0

    settings.FACE_MODEL_DIR = pack_folder

    assert submit_outdated() == 1
    assert look_at(file, with_pictures=False)["tracks"] == 2
    assert FaceLook.objects.get().decodes == 1


@pytest.mark.usefixtures("models")
def test_another_copy_of_a_video_is_not_looked_at(file: VideoFile) -> None:
    VideoFile.objects.filter(pk=file.pk).update(is_primary=False)

    assert "skipped" in look_at(file)


@pytest.mark.usefixtures("models")
def test_what_is_switched_off_during_a_look_leaves_nothing(file: VideoFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_slowly(**arguments: object) -> object:
        file.folder.looks_for_faces = False
        file.folder.save(update_fields=["looks_for_faces"])
        return look(**arguments)

    monkeypatch.setattr("faces.stage.look", look_slowly)

    assert "skipped" in look_at(file)
    assert not FaceTrack.objects.exists()
    assert not FaceFrames.objects.exists()


@pytest.mark.usefixtures("models")
def test_times_that_somebody_set_outlast_a_look(file: VideoFile) -> None:
    look_at(file)
    track = FaceTrack.objects.earliest("end_seconds")
    edit_track(track=track, end_seconds=4.5, user=make_user(role="admin"))

    look_at(file)

    assert FaceTrack.objects.get(pk=track.pk).end_seconds == 4.5


@pytest.mark.usefixtures("models")
def test_a_deleted_face_is_found_no_more_until_an_undo(
    file: VideoFile, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    look_at(file)
    ana, ben = FaceTrack.objects.order_by("end_seconds")
    deleted = delete_tracks(track_ids=[ana.pk], user=make_user(role="admin"))

    with django_capture_on_commit_callbacks(execute=True):
        facts = look_at(file)

    assert facts["tracks"] == 1
    assert [track.pk for track in FaceTrack.objects.all()] == [ben.pk]
    _, pictures = derived_storage().listdir(Path(str(FaceTrack.objects.get().crop)).parent.as_posix())
    assert len(pictures) == 2
    assert deleted.batch is not None
    undo_batch(batch=deleted.batch, user=None)
    look_at(file)
    assert set(FaceTrack.objects.values_list("pk", flat=True)) == {ana.pk, ben.pk}


@pytest.mark.usefixtures("models")
def test_another_model_does_not_bring_a_deleted_face_back(file: VideoFile, tmp_path: Path, settings: Any) -> None:
    look_at(file)
    ana, ben = FaceTrack.objects.order_by("end_seconds")
    delete_tracks(track_ids=[ana.pk], user=make_user(role="admin"))
    # So that the video is looked at again, and not only described anew.
    FaceTrack.objects.update(strip="")
    settings.FACE_MODEL_DIR = make_pack(tmp_path / "other pack", seed=7)

    look_at(file)

    assert [track.pk for track in FaceTrack.objects.all()] == [ben.pk]
    assert FaceTrack.objects.get().model != ben.model


@pytest.mark.usefixtures("models")
def test_a_longer_appearance_than_the_deleted_one_is_found(file: VideoFile) -> None:
    look_at(file)
    ana = FaceTrack.objects.earliest("end_seconds")
    edit_track(track=ana, end_seconds=1.0, user=make_user(role="admin"))
    delete_tracks(track_ids=[ana.pk], user=make_user(role="admin"))

    look_at(file)

    assert FaceTrack.objects.count() == 2
