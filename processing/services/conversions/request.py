"""Asking for conversions: which are possible, what they will save and need, and their rows and jobs."""

import os
from collections.abc import Container, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction

from library import words
from library.models import Video, VideoFile
from library.services.intake import absolute_path
from processing.exceptions import ConversionRefusedError, ProcessingError
from processing.media.encode.presets import EncodeSettings
from processing.models import Conversion, ConversionBatch, Preset
from processing.models.conversion import CONVERSION_STAGE
from processing.services.conversions.estimates import estimate_bytes
from processing.services.conversions.places import Place, choose_place, existing, free_bytes
from processing.services.submit import MANUAL, submit_jobs

MOST_AT_ONCE = 10_000
_CHUNK = 1000
_COLUMNS = (
    "video", "folder", "relative_path", "size_bytes", "container", "duration_seconds", "width", "height", "rotation",
    "frame_rate", "bit_rate", "video_codec", "is_hdr", "streams",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that can be converted, and how large the output will be by guess."""

    file: VideoFile
    estimated_bytes: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A video that can't be converted, and why in a sentence."""

    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk that outputs will lie on. `free_bytes` is without the margin that stays free."""

    shown_path: str
    needed_bytes: int
    free_bytes: int

    @property
    def is_enough(self) -> bool:
        """Whether everything fits by the guess."""
        return self.needed_bytes <= self.free_bytes


@dataclass(slots=True)
class Forecast:
    """What a request would do. `problem` says why nothing can be written anywhere; empty otherwise."""

    candidates: list[Candidate] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    disks: list[Disk] = field(default_factory=list)
    problem: str = ""

    @property
    def bytes_before(self) -> int:
        """Of the files to convert."""
        return sum(candidate.file.size_bytes for candidate in self.candidates)

    @property
    def bytes_after(self) -> int:
        """Of their outputs, by guess."""
        return sum(candidate.estimated_bytes for candidate in self.candidates)

    @property
    def saved_bytes(self) -> int:
        """By guess; negative when the outputs will be larger."""
        return self.bytes_before - self.bytes_after

    @property
    def full_disk(self) -> Disk | None:
        """One that can't take it all."""
        return next((disk for disk in self.disks if not disk.is_enough), None)


@dataclass(frozen=True, slots=True)
class Requested:
    """Ids of the conversions that wait now, and what was refused."""

    conversion_ids: list[int]
    refusals: list[Refusal]


def forecast(
    *, preset: Preset, video_ids: Sequence[int] = (), file_ids: Sequence[int] = (), is_replacing: bool = False
) -> Forecast:
    """What converting these videos' primary files, and these files, would do. A few statements per thousand."""
    settings = preset.encode_settings()
    result = Forecast()
    for start in range(0, len(video_ids), _CHUNK):
        _judge_videos(result, list(video_ids[start : start + _CHUNK]), preset, settings)
    if file_ids:
        rows = VideoFile.objects.filter(pk__in=file_ids)
        _judge(result, {f.video_id or -f.pk: f for f in _loaded(rows)}, preset, settings)
    _add_disks(result, is_replacing=is_replacing)
    return result


def request_conversions(
    *,
    preset: Preset,
    video_ids: Sequence[int] = (),
    file_ids: Sequence[int] = (),
    is_replacing: bool = False,
    user: Any = None,
    batch: ConversionBatch | None = None,
    priority: int = MANUAL,
) -> Requested:
    """Makes a waiting conversion and its job for each of the files that can be converted, in one transaction.

    A video that has a waiting or running conversion of the same preset is among the refusals, as is one without a
    readable file. Raises ConversionRefusedError when there are too many, or their disk has no room for all.
    """
    if len(video_ids) + len(file_ids) > MOST_AT_ONCE:
        raise ConversionRefusedError(f"{MOST_AT_ONCE:,} videos at most can be converted at once; choose fewer.")
    with transaction.atomic():
        ids = sorted({*video_ids, *_videos_of(file_ids)})
        # Held, so that of two who ask at once the second one sees what the first one asked for.
        list(Video.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
        plan = forecast(preset=preset, video_ids=video_ids, file_ids=file_ids, is_replacing=is_replacing)
        if plan.problem:
            raise ConversionRefusedError(plan.problem)
        if disk := plan.full_disk:
            raise ConversionRefusedError(
                f"The disk of {disk.shown_path} has no room for that: about {words.size(disk.needed_bytes)} are needed "
                f"and {words.size(disk.free_bytes)} are free beside the margin. Choose fewer, or make room."
            )
        rows = [
            _conversion(candidate.file, preset, is_replacing=is_replacing, user=user, batch=batch)
            for candidate in plan.candidates
        ]
        made = [row.pk for row in Conversion.objects.bulk_create(rows, batch_size=_CHUNK)]
        submit_jobs(
            stage=CONVERSION_STAGE, target_ids=made, priority=priority, requested_by_id=user.pk if user else None
        )
    return Requested(made, plan.refusals)


def _videos_of(file_ids: Sequence[int]) -> list[int]:
    rows = VideoFile.objects.filter(pk__in=file_ids, video__isnull=False).values_list("video_id", flat=True)
    return [pk for pk in rows if pk is not None]


def _loaded(rows: Any) -> Iterable[VideoFile]:
    loaded: Iterable[VideoFile] = rows.select_related("folder", "video").only(
        *_COLUMNS, "missing_since", "trashed_at", "error", "state",
        "video__title", "video__trashed_at", "folder__name", "folder__path",
    ).order_by("pk")  # fmt: skip
    return loaded


def _judge_videos(result: Forecast, ids: list[int], preset: Preset, settings: EncodeSettings) -> None:
    rows = VideoFile.objects.filter(video__in=ids, is_primary=True)
    files = {file.video_id: file for file in _loaded(rows) if file.video_id is not None}
    titles = dict(Video.objects.filter(pk__in=[pk for pk in ids if pk not in files]).values_list("pk", "title"))
    result.refusals += [Refusal(title, "It has no file.") for title in titles.values()]
    _judge(result, files, preset, settings)


def _judge(result: Forecast, files: dict[int, VideoFile], preset: Preset, settings: EncodeSettings) -> None:
    active = Conversion.objects.active().filter(video__in=files, preset_key=preset.key)
    busy = set(active.values_list("video_id", flat=True))
    for file in files.values():
        title = file.video.title if file.video is not None else file.shown_name
        if reason := _reason_against(file, busy, preset):
            result.refusals.append(Refusal(title, reason))
        else:
            result.candidates.append(Candidate(file, estimate_bytes(file, settings)))


def _reason_against(file: VideoFile, busy: Container[int | None], preset: Preset) -> str:
    """Why the file can't be converted; empty when it can."""
    if file.video is None:
        return "It has not been read yet."
    if file.video.trashed_at is not None or file.trashed_at is not None:
        return "It lies in the trash."
    if file.missing_since is not None:
        return "Its file is missing."
    if file.video_id in busy:
        return f"A conversion to {preset.name} waits or runs already."
    if not file.video_codec:
        return "Its file holds no moving picture." if not file.error else file.error
    return ""


def _add_disks(result: Forecast, *, is_replacing: bool) -> None:
    """One entry for each disk that outputs will lie on; asks the file system once for each directory."""
    places: dict[str, Place] = {}
    needed: dict[int, int] = {}
    shown: dict[int, Place] = {}
    try:
        for candidate in result.candidates:
            origin = os.path.dirname(candidate.file.fs_path) if is_replacing else candidate.file.folder.fs_path
            if origin not in places:
                places[origin] = choose_place(candidate.file, is_replacing=is_replacing)
            place = places[origin]
            device = os.stat(existing(place.directory)).st_dev
            shown.setdefault(device, place)
            needed[device] = needed.get(device, 0) + candidate.estimated_bytes
    except (ProcessingError, OSError) as error:
        result.problem = str(error)
        return
    result.disks = [
        Disk(place.folder.shown_path, needed[device], free_bytes(place.directory)) for device, place in shown.items()
    ]


def _conversion(
    file: VideoFile, preset: Preset, *, is_replacing: bool, user: Any, batch: ConversionBatch | None
) -> Conversion:
    assert file.video is not None
    return Conversion(
        video=file.video,
        title=file.video.title,
        source_file=file,
        source_path=absolute_path(file.folder.path, file.relative_path),
        source_bytes=file.size_bytes,
        preset=preset,
        preset_key=preset.key,
        preset_name=preset.name,
        preset_settings=asdict(preset.encode_settings()),
        is_replacing=is_replacing,
        batch=batch,
        requested_by=user,
    )
