"""The faces stage: looks at the pictures that the one decode left, and tells whose faces they are. Workers only."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faces.exceptions import NoModelError
from faces.ml.engine import FaceEngine
from faces.models import FaceLook, FaceModel, FaceSettings, FaceTrack
from faces.models.look import LookState
from faces.models.track import NAMED
from faces.services.clustering import place_tracks
from faces.services.describing import describe_tracks
from faces.services.engines import loaded_engine
from faces.services.finding import FACES_VERSION, Looked, NotAllowedError, look, may_look, write_tracks
from faces.services.inputs import was_looked_at_with
from faces.services.matching import Matched, match_tracks
from faces.services.models import use_model
from library.models import VideoFile
from processing.media.frames import make_face_frames
from processing.media.probe import probe
from processing.models import FaceFrames, ProcessingSettings
from processing.services.derived import input_digest
from processing.services.face_frames import drop_face_frames, unpack_face_frames
from processing.services.frames import frame_options
from processing.services.scratch import scratch_folder
from processing.stages.files import load_file
from processing.stages.registry import StageContext, StageResult

_SWITCHED_OFF = "Looking for faces is switched off."
_FOLDER_OFF = "Looking for faces is switched off for its folder."
_ANOTHER_COPY = "Another file of the same video is looked at."


@dataclass(frozen=True, slots=True)
class _Pictures:
    """What to look at: (seconds, path), their width in px, how many were wanted, and whether it took a decode."""

    frames: list[tuple[float, Path]]
    width: int
    decoded: bool


def run(context: StageContext) -> StageResult:
    """Finds the faces of a video's file, joins them into tracks and matches them. Without a model it waits: the upkeep
    submits it again once there is one."""
    file = load_file(context.target_id)
    settings = FaceSettings.load()
    if reason := _why_not(file, settings):
        return _pass_over(file, LookState.SKIPPED, reason)
    try:
        engine = loaded_engine()
    except NoModelError as error:
        return _pass_over(file, LookState.WAITING, str(error))
    model = use_model(engine.pack)
    kept = _tracks_to_describe(file, model)
    if kept is not None:
        described = describe_tracks(engine=engine, model=model, rows=kept, report=context.report)
        if not described.left:
            drop_face_frames(file_id=file.pk)
            ids = list(FaceTrack.objects.filter(video=file.video_id).values_list("pk", flat=True))
            matched = _tell_apart(ids)
            _note(file, model=model)
            return StageResult(
                {
                    "described_anew": described.tracks,
                    **_facts_of(matched),
                    "decoded_again": False,
                    "device": engine.device,
                }
            )
    try:
        looked, tracks, pictures = _look(file, settings, engine, model, context)
    except NotAllowedError:
        return _pass_over(file, LookState.SKIPPED, _why_not(file, FaceSettings.load()) or _SWITCHED_OFF)
    matched = _tell_apart(tracks)
    _note(file, model=model, looked=looked, pictures=pictures)
    facts = {
        "pictures": looked.pictures,
        "broken_pictures": looked.broken,
        "faces": len(looked.seen),
        "tracks": len(tracks),
        **_facts_of(matched),
        "decoded_again": pictures.decoded,
        "device": engine.device,
    }
    return StageResult(facts)


def _why_not(file: VideoFile, settings: FaceSettings) -> str:
    """Why the file is not looked at, in a sentence; empty when it is."""
    if not settings.is_enabled:
        return _SWITCHED_OFF
    if not may_look(file):
        return _FOLDER_OFF
    return "" if file.is_primary else _ANOTHER_COPY


def _pass_over(file: VideoFile, state: LookState, reason: str) -> StageResult:
    drop_face_frames(file_id=file.pk)
    FaceLook.objects.update_or_create(file=file, defaults={"state": state, "reason": reason[:300]})
    return StageResult({state.value: reason})


def _look(
    file: VideoFile, settings: FaceSettings, engine: FaceEngine, model: FaceModel, context: StageContext
) -> tuple[Looked, list[int], _Pictures]:
    with scratch_folder() as folder:
        pictures = _frames(file, folder, settings, context)
        looked = look(
            engine=engine,
            frames=pictures.frames,
            duration_seconds=file.duration_seconds or 0.0,
            least_px=float(settings.min_face_size),
            source_scale=min(1.0, pictures.width / file.width) if file.width and pictures.width else 1.0,
            report=context.report,
        )
        key = input_digest(FACES_VERSION, file, engine.pack.version)
        tracks = write_tracks(file=file, key=key, model=model, looked=looked)
    drop_face_frames(file_id=file.pk)
    return looked, tracks, pictures


def _tell_apart(track_ids: list[int]) -> Matched:
    """Names, proposals, and for the others a place among the unknown."""
    matched = match_tracks(track_ids=track_ids)
    place_tracks(track_ids=track_ids)
    return matched


def _facts_of(matched: Matched) -> dict[str, int]:
    return {"recognised": matched.recognised, "proposed": matched.proposed}


def _note(
    file: VideoFile, *, model: FaceModel, looked: Looked | None = None, pictures: _Pictures | None = None
) -> None:
    """Keeps the figures when the job's history is long gone."""
    named = FaceTrack.objects.filter(video=file.video_id, status__in=NAMED).count()
    values: dict[str, Any] = {"state": LookState.DONE, "reason": "", "model": model, "faces_matched": named}
    if looked is not None:
        values |= {
            "frames_to_process": looked.pictures + looked.broken,
            "frames_processed": looked.pictures,
            "frames_broken": looked.broken,
            "faces_detected": len(looked.seen),
        }
    row, _ = FaceLook.objects.update_or_create(file=file, defaults=values)
    if pictures is not None and pictures.decoded:
        FaceLook.objects.filter(pk=row.pk).update(decodes=row.decodes + 1)


def _tracks_to_describe(file: VideoFile, model: FaceModel) -> Any:
    """The video's tracks of another model when they, and nothing else, are to be made anew: same content, same wishes,
    and a face kept of each. None where the video has to be looked at."""
    rows = FaceTrack.objects.filter(video=file.video_id)
    models = set(rows.values_list("model_id", flat=True))
    if not models or models == {model.pk} or rows.filter(strip="").exists():
        return None
    others = FaceModel.objects.filter(pk__in=models - {model.pk})
    return rows if any(was_looked_at_with(file, one.version) for one in others) else None


def _frames(file: VideoFile, folder: Path, settings: FaceSettings, context: StageContext) -> _Pictures:
    """The pictures that were kept, or a decode of their own."""
    row = FaceFrames.objects.filter(file=file).first()
    if row is not None:
        try:
            return _Pictures(unpack_face_frames(row, folder), row.width, row.decoded_again)
        except OSError:
            # They can be made again.
            drop_face_frames(file_id=file.pk)
    options = replace(
        frame_options(ProcessingSettings.load()),
        face_frames_dir=folder / "faces",
        face_frame_count=max(settings.most_frames_per_video, settings.frames_per_video),
    )
    frames = make_face_frames(file.fs_path, facts=probe(file.fs_path), options=options, progress=context.report)
    return _Pictures(frames, min(file.width or options.face_frame_px, options.face_frame_px), True)
