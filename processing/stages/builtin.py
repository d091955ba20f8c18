"""The stages that every file goes through (scan, probe, frames), edits of many videos, and conversions."""

from collections.abc import Sequence

from django.db.models import Func, IntegerField

from library.models import BulkEdit, Folder, User
from processing.models import Conversion, Priority
from processing.models.conversion import CONVERSION_STAGE
from processing.stages.files import labels, mark_failed, mark_ready
from processing.stages.inputs import duplicates_input, frames_input, probe_input
from processing.stages.registry import Stage
from processing.versions import FRAMES_VERSION, PROBE_VERSION

_CARDINALITY = Func("video_ids", function="cardinality", output_field=IntegerField())


def folder_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """Names of the folders."""
    return dict(Folder.objects.filter(pk__in=target_ids).values_list("pk", "name"))


def bulk_edit_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """How many videos each is about."""
    counts = BulkEdit.objects.filter(pk__in=target_ids).values_list("pk", _CARDINALITY)
    return {pk: f"{count:,} videos" for pk, count in counts}


def user_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """Names of the people who asked for it."""
    return dict(User.objects.filter(pk__in=target_ids).values_list("pk", "username"))


def conversion_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """What becomes what."""
    rows = Conversion.objects.filter(pk__in=target_ids).values_list("pk", "title", "preset_name")
    return {pk: f"{title}, {preset}" for pk, title, preset in rows}


def machine_labels(target_ids: Sequence[int]) -> dict[int, str]:
    """It is about no row, but about the machine that does it."""
    return dict.fromkeys(target_ids, "Encoders of the machine that converts")


BUILTIN_STAGES = (
    Stage(
        name="scan",
        label="Scanning the folder",
        queue="scan",
        target_kind="folder",
        run="processing.stages.scan.run",
        label_of=folder_labels,
        timeout_seconds=24 * 3600,
        first_delay_seconds=60,
        # Besides, every folder has an interval of its own.
        triggers=("manual", "cron"),
    ),
    Stage(
        name="uploads",
        label="Taking in uploads",
        queue="maintenance",
        target_kind="folder",
        run="processing.stages.uploads.run",
        label_of=folder_labels,
        timeout_seconds=3600,
        # A scan of the folder has to end first, and a long one may take hours.
        max_attempts=11,
        first_delay_seconds=5,
        max_delay_seconds=900,
        triggers=("manual",),
    ),
    Stage(
        name="bulk_edit",
        label="Editing many videos",
        queue="maintenance",
        target_kind="bulk_edit",
        run="processing.stages.bulk_edit.run",
        label_of=bulk_edit_labels,
        timeout_seconds=3600,
        first_delay_seconds=5,
        triggers=("manual",),
    ),
    Stage(
        name="probe",
        label="Reading the file's facts",
        queue="media",
        target_kind="file",
        run="processing.stages.probe.run",
        label_of=labels,
        on_failed=mark_failed,
        version=PROBE_VERSION,
        input_of=probe_input,
        # Without it a file has no video, so nothing else could begin.
        trigger="on_import",
        triggers=("on_import",),
    ),
    Stage(
        name="frames",
        label="Making pictures",
        queue="media",
        target_kind="file",
        run="processing.stages.frames.run",
        label_of=labels,
        on_failed=mark_failed,
        timeout_seconds=1800,
        first_delay_seconds=60,
        version=FRAMES_VERSION,
        input_of=frames_input,
        on_current=mark_ready,
        trigger="after",
        after=("probe",),
        is_heavy=True,
    ),
    Stage(
        name="duplicates",
        label="Looking for duplicates",
        queue="maintenance",
        target_kind="file",
        run="processing.stages.duplicates.run",
        label_of=labels,
        # Files that may be equal are read whole.
        timeout_seconds=3600,
        first_delay_seconds=60,
        input_of=duplicates_input,
        trigger="after",
        after=("frames",),
        # It can wait: nobody stands before an empty page until it is done.
        follow_priority=Priority.IDLE,
        is_heavy=True,
    ),
    Stage(
        name="keep-best",
        label="Keeping the best of duplicates",
        queue="maintenance",
        target_kind="duplicates",
        run="processing.stages.duplicates.keep_best",
        label_of=user_labels,
        timeout_seconds=3600,
        max_attempts=1,
        triggers=("manual",),
    ),
    Stage(
        name=CONVERSION_STAGE,
        label="Converting",
        queue="gpu",
        target_kind="conversion",
        run="processing.stages.conversion.run",
        label_of=conversion_labels,
        # A long film in 4K, in software, on a small machine.
        timeout_seconds=7 * 24 * 3600,
        max_attempts=3,
        first_delay_seconds=300,
        triggers=("manual",),
        is_heavy=True,
    ),
    Stage(
        name="encoders",
        label="Trying the encoders",
        queue="gpu",
        target_kind="library",
        run="processing.stages.conversion.prove",
        label_of=machine_labels,
        timeout_seconds=900,
        max_attempts=1,
        triggers=("manual",),
    ),
)
