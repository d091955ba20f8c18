"""What looking for faces depends on: the content, the model, and how closely is looked."""

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from faces.models import FaceSettings
from faces.services.models import has_pack, installed_pack, is_looking
from library.models import VideoFile
from processing.models import StageRecord
from processing.services.keys import keys_of
from processing.stages.inputs import content, known_files
from processing.stages.registry import StageInput, get_stage

FACES_STAGE = "faces"


def wanted_pictures(file: VideoFile) -> int:
    """How many pictures of a file are kept for looking at; none where nobody looks."""
    if not file.is_primary or not is_looking() or not file.folder.looks_for_faces:
        return 0
    settings = FaceSettings.load()
    return max(settings.frames_per_video, settings.most_frames_per_video)


def faces_input() -> StageInput:
    """The primary file of each video, in folders that may be looked at. Without a model, or switched off, nothing is
    missing: what was passed over then is outdated as soon as that changes."""
    version = installed_pack().version if has_pack() else ""
    return _input(version, FaceSettings.load())


def was_looked_at_with(file: VideoFile, version: str) -> bool:
    """Whether the last good look at the file was with that model, on its present content and with the present wishes.
    Three queries."""
    settings = FaceSettings.load()
    stage = replace(get_stage(FACES_STAGE), input_of=lambda: _input(version, settings))
    key = keys_of(stage, [file.pk]).get(file.pk)
    looked = StageRecord.objects.filter(target_kind="file", target_id=file.pk, stage=FACES_STAGE, variant="")
    return key is not None and looked.filter(completed_key=key).exists()


def _input(version: str, settings: FaceSettings) -> StageInput:
    rows: QuerySet[Any] = known_files().filter(folder__looks_for_faces=True, is_primary=True)
    if not version or not settings.is_enabled:
        rows = rows.none()
    return StageInput(rows, content(), {"model": version, "least": settings.min_face_size})
