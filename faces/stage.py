"""The faces stage: looks at the pictures that the one decode left, and tells whose faces they are. Workers only."""

from dataclasses import replace
from pathlib import Path

from faces.models import FaceSettings
from faces.services.engines import loaded_engine
from faces.services.finding import FACES_VERSION, look, write_tracks
from faces.services.matching import match_tracks
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


def run(context: StageContext) -> StageResult:
    """Finds the faces of a file, joins them into tracks and matches them. Raises NoModelError without a pack."""
    file = load_file(context.target_id)
    settings = FaceSettings.load()
    if not settings.is_enabled:
        drop_face_frames(file_id=file.pk)
        return StageResult({"skipped": "Looking for faces is switched off."})
    engine = loaded_engine()
    model = use_model(engine.pack)
    with scratch_folder() as folder:
        frames, width, decoded_again = _frames(file, folder, settings, context)
        looked = look(
            engine=engine,
            frames=frames,
            duration_seconds=file.duration_seconds or 0.0,
            least_px=float(settings.min_face_size),
            source_scale=min(1.0, width / file.width) if file.width and width else 1.0,
            report=context.report,
        )
        key = input_digest(FACES_VERSION, file, engine.pack.version)
        tracks = write_tracks(file=file, key=key, model=model, looked=looked)
    drop_face_frames(file_id=file.pk)
    matched = match_tracks(track_ids=tracks)
    facts = {
        "pictures": looked.pictures,
        "broken_pictures": looked.broken,
        "faces": len(looked.seen),
        "tracks": len(tracks),
        "recognised": matched.recognised,
        "proposed": matched.proposed,
        "decoded_again": decoded_again,
        "device": engine.device,
    }
    return StageResult(facts)


def _frames(
    file: VideoFile, folder: Path, settings: FaceSettings, context: StageContext
) -> tuple[list[tuple[float, Path]], int, bool]:
    """The pictures to look at, their width in px, and whether they took a decode of their own."""
    row = FaceFrames.objects.filter(file=file).first()
    if row is not None:
        try:
            return unpack_face_frames(row, folder), row.width, row.decoded_again
        except OSError:
            # They can be made again.
            drop_face_frames(file_id=file.pk)
    options = replace(
        frame_options(ProcessingSettings.load()),
        face_frames_dir=folder / "faces",
        face_frame_count=max(settings.most_frames_per_video, settings.frames_per_video),
    )
    frames = make_face_frames(file.fs_path, facts=probe(file.fs_path), options=options, progress=context.report)
    width = min(file.width or options.face_frame_px, options.face_frame_px)
    return frames, width, True
