"""One conversion, done by a worker from its row to its published file."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from library.models import VideoFile
from library.paths import encode_path
from processing.exceptions import NoRoomError, TargetGoneError
from processing.media.encode.command import Plan, make_plan
from processing.media.encode.convert import Attempt, Means, Outcome, convert
from processing.media.encode.ladder import Rung, ladder
from processing.media.encode.program import Progress
from processing.media.encode.source import examine
from processing.media.probe import probe
from processing.models import Conversion, ProcessingSettings
from processing.models.preset import settings_from_json
from processing.services.conversions.estimates import estimate_bytes
from processing.services.conversions.leftovers import part_name, remove_leftovers, remove_unclaimed
from processing.services.conversions.places import Place, choose_place, free_bytes, output_name
from processing.services.conversions.proofs import added_encoders, current_capabilities, program_or_refuse
from processing.services.conversions.publish import publish, record_output, replace_original
from processing.services.ending import storable
from processing.services.scratch import scratch_folder
from processing.stages.files import load_file

Report = Callable[[int, int], None]
_WRITE_SECONDS = 1.0
# The end is only reached when the output is verified and has its place.
_MOST_PERCENT = 99
_TAIL_CHARACTERS = 8000


def perform(conversion_id: int, report: Report) -> dict[str, Any]:
    """Converts, verifies, publishes and, on request, replaces; returns facts for the job, `file` among them.

    After a crash it goes on where that is possible and begins anew otherwise. Raises TargetGoneError when the video or
    its file is gone, NoRoomError, NoPlaceError and the errors of the media package.
    """
    conversion = Conversion.objects.select_related("requested_by").filter(pk=conversion_id).first()
    if conversion is None:
        raise TargetGoneError("The conversion was removed before it began.")
    remove_leftovers()
    if conversion.output_file_id is not None:
        return _finish(conversion, _known_output(conversion.output_file_id))
    remove_unclaimed(conversion.partial_path)
    source = _source_of(conversion)
    place = choose_place(source, is_replacing=conversion.is_replacing)
    settings = settings_from_json(conversion.preset_settings)
    _check_room(place, estimate_bytes(source, settings))
    Path(place.directory).mkdir(parents=True, exist_ok=True)
    partial = Path(place.directory) / part_name(conversion.pk)
    Conversion.objects.filter(pk=conversion.pk).update(
        percent=0,
        speed=None,
        left_seconds=None,
        attempts=[],
        losses=[],
        notes=[],
        ffmpeg_output="",
        source_bytes=source.size_bytes,
        partial_path=encode_path(os.fspath(partial)),
    )
    try:
        with scratch_folder() as scratch:
            plan = make_plan(examine(source.fs_path, scratch), settings)
            outcome = _encode(conversion, plan, partial, report)
        name = output_name(os.path.basename(source.fs_path), conversion.preset_key, settings.container.extension)
        file = publish(conversion, partial, place, name, source=source, wait=lambda: report(_MOST_PERCENT * 10, 1000))
    finally:
        # No statement here: an interrupt may have cut one in two. The row's note of the file is cleared later.
        partial.unlink(missing_ok=True)
    record_output(file, outcome.verified.facts)
    return _finish(conversion, file.pk)


def _known_output(file_id: int) -> int:
    """The output that a crash left published; read, if the crash came before that. Raises TargetGoneError."""
    file = load_file(file_id)
    if file.probed_at is None:
        record_output(file, probe(file.fs_path))
    return file.pk


def _source_of(conversion: Conversion) -> VideoFile:
    if conversion.source_file_id is None or conversion.video_id is None:
        raise TargetGoneError("The video or its file was removed from the library.")
    file = load_file(conversion.source_file_id)
    if file.trashed_at is not None or file.video is None or file.video.trashed_at is not None:
        raise TargetGoneError("The video or its file lies in the trash.")
    return file


def _check_room(place: Place, needed_bytes: int) -> None:
    if free_bytes(place.directory) < needed_bytes:
        raise NoRoomError(
            f"The disk of {place.folder.shown_path} is too full for the output: make room, then it is tried again."
        )


def _encode(conversion: Conversion, plan: Plan, partial: Path, report: Report) -> Outcome:
    capabilities = current_capabilities()
    means = Means(
        program=program_or_refuse(),
        rungs=ladder(
            plan.settings.codec,
            source_codec=plan.source.facts.video_codec,
            is_ten_bit=plan.colors.is_ten_bit,
            capabilities=capabilities,
            added=added_encoders(),
        ),
        render_node=capabilities.render_node,
        decodes_all=ProcessingSettings.load().is_output_decoded,
    )
    failed: list[Attempt] = []

    def note_failure(attempt: Attempt) -> None:
        failed.append(attempt)
        _write(conversion, attempts=[_told(one) for one in failed], ffmpeg_output=_tail(attempt.words))

    outcome = convert(plan, partial, means=means, progress=_teller(conversion, report), failed=note_failure)
    last = outcome.attempts[-1]
    _write(
        conversion,
        attempts=[_told(attempt) for attempt in outcome.attempts],
        encoder=last.rung.encoder.name,
        rung=last.rung.title,
        command=storable_text(" ".join(last.command)),
        ffmpeg_output=_tail(last.words),
        encode_seconds=sum(attempt.seconds for attempt in outcome.attempts),
        target_resolution=plan.target.text,
        losses=outcome.losses,
        notes=outcome.notes,
    )
    return outcome


def _teller(conversion: Conversion, report: Report) -> Callable[[Rung, Progress], None]:
    """Writes how far FFmpeg is, at most once a second; the job's own report notices a cancelled job."""
    written_at = 0.0

    def tell(rung: Rung, done: Progress) -> None:
        nonlocal written_at
        share = min(done.ratio, _MOST_PERCENT / 100)
        report(round(share * 1000), 1000)
        now = time.monotonic()
        if now - written_at >= _WRITE_SECONDS:
            written_at = now
            _write(
                conversion,
                percent=int(share * 100),
                speed=done.speed or None,
                left_seconds=done.left_seconds,
                rung=rung.title,
                encoder=rung.encoder.name,
            )

    return tell


def _write(conversion: Conversion, **columns: Any) -> None:
    Conversion.objects.filter(pk=conversion.pk).update(**columns)


def _told(attempt: Attempt) -> dict[str, Any]:
    return {
        "rung": attempt.rung.title,
        "seconds": round(attempt.seconds, 1),
        "error": storable_text(attempt.error),
    }


def _tail(words: str) -> str:
    return storable_text(words[-_TAIL_CHARACTERS:])


def storable_text(text: str) -> str:
    """The text as PostgreSQL takes it, whatever its length."""
    size = 1000
    return "".join(storable(text[at : at + size]) for at in range(0, len(text), size))


def _finish(conversion: Conversion, file_id: int) -> dict[str, Any]:
    """The last step, which a crash may have left to do."""
    row = Conversion.objects.select_related("requested_by").get(pk=conversion.pk)
    if row.is_replacing and not row.has_replaced and row.source_file_id is not None:
        if row.losses:
            why = f"The original stays, because the new file lacks something: {row.losses[0]}"
        else:
            why = replace_original(row, source_id=row.source_file_id, output_id=file_id)
        if why:
            _write(row, notes=[*row.notes, why])
    _write(row, percent=100, speed=None, left_seconds=None)
    return {"file": file_id, "source_bytes": row.source_bytes, "output_bytes": row.output_bytes, "rung": row.rung}
