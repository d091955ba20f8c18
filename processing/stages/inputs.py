"""What the results of the stages on files depend on."""

from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat

from library.models import VideoFile
from processing.models import ProcessingSettings
from processing.stages.registry import StageInput
from processing.versions import FRAMES_VERSION

# Columns of ProcessingSettings that change what the pictures look like.
_PICTURE_SETTINGS = (
    "storyboard_tiles", "thumbnail_small_px", "thumbnail_large_px", "thumbnail_quality", "sprite_quality",
)  # fmt: skip
_PREVIEW_SETTINGS = ("preview_segments", "preview_segment_seconds", "preview_px", "preview_crf")
_CHECK_SETTINGS = ("check_depth", "check_decodes", "check_part_seconds")


def present_files() -> QuerySet[VideoFile]:
    """Files that are there and wanted."""
    return VideoFile.objects.present().filter(trashed_at=None, folder__removed_at=None)


def known_files() -> QuerySet[VideoFile]:
    """Files that are there, wanted, and known to be videos."""
    return present_files().filter(video__isnull=False, video__trashed_at=None)


def content() -> Any:
    """A text that changes when the content of a file does: touching it changes nothing."""
    return Concat(Cast("size_bytes", CharField()), Value(":"), F("oshash"), output_field=CharField())


def probe_input() -> StageInput:
    """The content alone."""
    return StageInput(present_files(), content())


def frames_input() -> StageInput:
    """The content, and how the owner wants the pictures."""
    settings = ProcessingSettings.load()
    return StageInput(known_files(), content(), {name: getattr(settings, name) for name in _PICTURE_SETTINGS})


def duplicates_input() -> StageInput:
    """The content, and how the hashes that are compared were made."""
    return StageInput(known_files(), content(), {"signatures": FRAMES_VERSION})


def preview_input() -> StageInput:
    """The content, and how the owner wants the clip."""
    settings = ProcessingSettings.load()
    return StageInput(known_files(), content(), {name: getattr(settings, name) for name in _PREVIEW_SETTINGS})


def verify_input() -> StageInput:
    """The content: what was read whole and agreed is that."""
    return StageInput(known_files(), content())


def check_input() -> StageInput:
    """The content, and how closely it is looked at."""
    settings = ProcessingSettings.load()
    return StageInput(known_files(), content(), {name: getattr(settings, name) for name in _CHECK_SETTINGS})
