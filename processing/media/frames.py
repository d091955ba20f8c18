"""Thumbnails, storyboard, perceptual hash and face frames of a video, all from one decode of its keyframes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.media.containers import main_video, open_media
from processing.media.errors import NoPictureError
from processing.media.facts import MediaFacts
from processing.media.halves import LEAST_TILES_IN_HALVES, SecondHalf, is_small
from processing.media.keyframes import CLIP_SECONDS, keyframes_of_clip
from processing.media.orientation import orientation_of
from processing.media.outputs import OutputFiles
from processing.media.picture import PictureMaker, Shape, fit
from processing.media.plan import Plan, keyframe_spacing, make_plan
from processing.media.sampling import Sample, Sampler, SamplingRecord
from processing.media.storyboard import Storyboard, tile_limit, tile_size
from processing.media.workshop import Workshop

NO_VIDEO = "The file holds no moving picture, so there is nothing to show; it may be a sound recording."
ONLY_COVER = "The file holds only a cover picture and sound, no moving picture, so there is nothing to show."
NO_DURATION = (
    "The file has a picture but no duration, so it cannot be played as a video; copy it again from its source."
)
NOTHING_DECODES = "No picture of this video can be decoded: its data is damaged. Copy it again from its source."
# The share of face frames that are evenly spread; the others wait for changes of the scene.
EVEN_FACE_FRAMES = 2 / 3
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FrameOptions:
    """What to make. Pixel sizes are upper bounds for the longest side; pictures are never enlarged beyond the video.

    `interval_seconds` None chooses an interval for at most `tile_count` tiles. `cover_ratio` is the stretch of the
    video the cover is looked for in. `sprite_name` is how the WebVTT file names the sprite, its file name if None.
    Face frames are made when `face_frames_dir` is set: at most `face_frame_count` JPEGs, two thirds of them evenly
    spread, the others where a tile shows another scene than the one before it.
    """

    interval_seconds: float | None = None
    tile_count: int = 120
    tile_width: int = 320
    thumbnail_small_px: int = 320
    thumbnail_large_px: int = 1280
    thumbnail_quality: int = 82
    sprite_quality: int = 75
    # libwebp's effort, 0 to 6: 2 takes a third of the time of the default 4 and makes files 5 % larger.
    webp_method: int = 2
    cover_ratio: tuple[float, float] = (0.2, 0.5)
    sprite_name: str | None = None
    face_frames_dir: Path | None = None
    face_frame_px: int = 960
    face_frame_count: int = 40


@dataclass(frozen=True, slots=True)
class FrameProducts:
    """What was made. Sizes are (width, height) in px; `phash` is unsigned 64-bit, 0 for a video of a single colour.

    A tile stands for the middle of its cue; `is_exact` says that every tile's picture is within half an interval of
    it. `notes` are sentences for the owner. `face_frames` are (seconds, file), in time order.

    What recognises parts of the video, unsigned 64-bit, in time order: `frame_hashes` are the perceptual hashes of the
    pictures of the tiles at `frame_times` (0 for a picture of one colour, which says nothing; tiles without a picture
    of their own have none); `keyframe_hashes` the xxh3-64 of the packets of the keyframes at `keyframe_times`, which
    stay the same when the file is cut or put into another container without being encoded again: those that tiles were
    made of, in files up to CLIP_SECONDS all, up to a bound. Times are seconds from the start as players show it.
    """

    thumbnail_small: Path
    thumbnail_small_size: tuple[int, int]
    thumbnail_large: Path
    thumbnail_large_size: tuple[int, int]
    thumbnail_seconds: float
    sprite: Path
    vtt: Path
    tile_width: int
    tile_height: int
    tile_count: int
    columns: int
    rows: int
    interval_seconds: float
    phash: int
    is_exact: bool
    decoded_frames: int
    notes: tuple[str, ...]
    face_frames: tuple[tuple[float, Path], ...]
    frame_times: tuple[float, ...]
    frame_hashes: tuple[int, ...]
    keyframe_times: tuple[float, ...]
    keyframe_hashes: tuple[int, ...]


def make_frames(
    path: str,
    *,
    facts: MediaFacts,
    out_dir: Path,
    options: FrameOptions = FrameOptions(),
    progress: Progress | None = None,
) -> FrameProducts:
    """Decode one frame per tile and write `thumbnail-small.webp`, `thumbnail-large.webp`, `storyboard.webp` and
    `storyboard.vtt` into `out_dir`, face frames into their own folder; folders are made where missing.

    `facts` come from `probe` of the same file. `progress(done, total)` is called after each sampled tile. Files are
    replaced all at once at the end; after any error nothing half-written stays. Uses two threads and about 300 MB
    on 4K. Raises NoPictureError where there is nothing to show, UnreadableFileError and FileUnavailableError as
    `probe` does, OSError when the disk is full.
    """
    duration = _check(facts)
    with OutputFiles() as files:
        plan, storyboard, workshop, record = _sample(path, duration, facts, options, files, progress)
        # The decoder is gone by now: its pictures and the sprite's encoder would not fit beside each other in 4K.
        workshop.fill_gaps(plan.count)
        if duration <= CLIP_SECONDS:
            record.keyframes += keyframes_of_clip(path)
        out_dir.mkdir(parents=True, exist_ok=True)
        return _write(out_dir, files, options, plan, storyboard, workshop, record)


def make_face_frames(
    path: str, *, facts: MediaFacts, options: FrameOptions, progress: Progress | None = None
) -> list[tuple[float, Path]]:
    """Only the face frames, by a decode of their own: (seconds, file) in time order. For a model that came after the
    other pictures. Raises what `make_frames` raises."""
    duration = _check(facts)
    with OutputFiles() as files:
        _, _, workshop, _ = _sample(path, duration, facts, options, files, progress)
    return sorted(workshop.faces)


def _sample(
    path: str,
    duration: float,
    facts: MediaFacts,
    options: FrameOptions,
    files: OutputFiles,
    progress: Progress | None,
) -> tuple[Plan, Storyboard, Workshop, SamplingRecord]:
    """The one decode: everything that needs full frames is made when it returns."""
    with open_media(path) as container:
        stream = main_video(container)
        if stream is None:
            raise NoPictureError(NO_VIDEO)
        spacing = keyframe_spacing(container, stream)
        tile = tile_size(facts.display_aspect_ratio or 16 / 9, options.tile_width)
        plan = make_plan(
            duration,
            interval_seconds=options.interval_seconds,
            most_tiles=options.tile_count,
            tile_limit=tile_limit(*tile),
            keyframe_spacing_seconds=spacing,
        )
        sampler = Sampler(path, container, stream, plan)
        sampler.record.keyframe_spacing_seconds = spacing
        samples = sampler.samples()
        first = next((sample for sample in samples if sample.frame is not None), None)
        if first is None or first.frame is None:
            raise NoPictureError(NOTHING_DECODES)
        orientation = orientation_of(first.frame, facts.rotation)
        storyboard = Storyboard(plan.count, *tile)
        workshop = Workshop(
            PictureMaker(orientation, facts.color_transfer),
            Shape.of(first.frame, orientation, facts.display_aspect_ratio),
            storyboard,
            cover_range=(options.cover_ratio[0] * duration, options.cover_ratio[1] * duration),
            cover_px=options.thumbnail_large_px,
            face_files=_face_files(options, plan),
            face_px=options.face_frame_px,
            scene_files=_scene_files(options, plan),
            files=files,
        )
        half = plan.count // 2
        rest = None
        if plan.count >= LEAST_TILES_IN_HALVES and first.index < half and is_small(stream):
            sampler.end = half
            rest = SecondHalf(path, plan, half, workshop)
        everything = chain([first], samples)
        del first
        with workshop:
            if rest is None:
                _process(everything, workshop, plan.count, progress)
            else:
                with rest:
                    _process(everything, workshop, plan.count, rest.counting(progress))
                    rest.finish(plan.count, progress)
                sampler.record.merge(rest.record)
        return plan, storyboard, workshop, sampler.record


def _check(facts: MediaFacts) -> float:
    """The duration, or NoPictureError with the sentence that fits."""
    if facts.video_codec is None:
        has_cover = any(stream.is_attached_picture for stream in facts.streams)
        raise NoPictureError(ONLY_COVER if has_cover else NO_VIDEO)
    if not facts.duration_seconds or facts.duration_seconds <= 0:
        raise NoPictureError(NO_DURATION)
    return facts.duration_seconds


def _face_files(options: FrameOptions, plan: Plan) -> dict[int, Path]:
    """Which tiles become face frames, and where: an even spread over the video."""
    if options.face_frames_dir is None or options.face_frame_count < 1:
        return {}
    options.face_frames_dir.mkdir(parents=True, exist_ok=True)
    count = min(options.face_frame_count, plan.count)
    even = count if count == plan.count else max(1, round(count * EVEN_FACE_FRAMES))
    chosen = (int((number + 0.5) * plan.count / even) for number in range(even))
    return {index: options.face_frames_dir / f"face-{index:04d}.jpg" for index in chosen}


def _scene_files(options: FrameOptions, plan: Plan) -> list[Path]:
    """Where face frames of new scenes go, as many as there may be."""
    if options.face_frames_dir is None:
        return []
    left = min(options.face_frame_count, plan.count) - len(_face_files(options, plan))
    return [options.face_frames_dir / f"scene-{number:04d}.jpg" for number in range(left)]


def _process(samples: chain[Sample], workshop: Workshop, total: int, progress: Progress | None) -> None:
    for sample in samples:
        workshop.take(sample)
        done = sample.index + 1
        # Its frame is 25 MB in 4K and must not outlive the next decode.
        del sample
        if progress is not None:
            progress(done, total)


def _write(
    out_dir: Path,
    files: OutputFiles,
    options: FrameOptions,
    plan: Plan,
    storyboard: Storyboard,
    workshop: Workshop,
    record: SamplingRecord,
) -> FrameProducts:
    if workshop.cover is None:
        raise NoPictureError(NOTHING_DECODES)
    small_path, large_path = out_dir / "thumbnail-small.webp", out_dir / "thumbnail-large.webp"
    sprite_path, vtt_path = out_dir / "storyboard.webp", out_dir / "storyboard.vtt"
    to_small, to_large, to_sprite = (files.add(path) for path in (small_path, large_path, sprite_path))
    with ThreadPoolExecutor(max_workers=1) as pool:
        # The sprite takes longest; libwebp releases the GIL, so the thumbnails are done meanwhile.
        thumbnails = pool.submit(_save_thumbnails, workshop.cover, to_small, to_large, options)
        storyboard.save(to_sprite, quality=options.sprite_quality, method=options.webp_method)
        small_size, large_size = thumbnails.result()
    files.add(vtt_path).write_text(storyboard.webvtt(plan, options.sprite_name or sprite_path.name), "utf-8")
    frames = workshop.frame_hashes()
    keyframes = sorted(set(record.keyframes))
    return FrameProducts(
        thumbnail_small=small_path,
        thumbnail_small_size=small_size,
        thumbnail_large=large_path,
        thumbnail_large_size=large_size,
        thumbnail_seconds=workshop.cover_seconds,
        sprite=sprite_path,
        vtt=vtt_path,
        tile_width=storyboard.tile_width,
        tile_height=storyboard.tile_height,
        tile_count=plan.count,
        columns=storyboard.columns,
        rows=storyboard.rows,
        interval_seconds=plan.interval_seconds,
        phash=workshop.phash(),
        is_exact=record.damaged_from_seconds is None,
        decoded_frames=record.decoded_keyframes + record.decoded_forward,
        notes=tuple(_notes(plan, record)),
        face_frames=tuple(sorted(workshop.faces)),
        frame_times=tuple(seconds for seconds, _ in frames),
        frame_hashes=tuple(digest for _, digest in frames),
        keyframe_times=tuple(seconds for seconds, _ in keyframes),
        keyframe_hashes=tuple(digest for _, digest in keyframes),
    )


def _save_thumbnails(
    cover: NDArray[np.uint8], small_path: Path, large_path: Path, options: FrameOptions
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Write both thumbnails of the (h, w, 3) RGB cover; returns their (width, height) in px."""
    large = Image.fromarray(cover)
    longest = min(options.thumbnail_small_px, max(large.size))
    small = large.resize(fit(large.width / large.height, longest, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
    for picture, path in ((small, small_path), (large, large_path)):
        picture.save(path, "WEBP", quality=options.thumbnail_quality, method=options.webp_method)
    return small.size, large.size


def _notes(plan: Plan, record: SamplingRecord) -> list[str]:
    notes = []
    if plan.is_shortened:
        notes.append(
            f"One sprite holds no more tiles: they are {plan.interval_seconds:.1f} s apart instead of what was asked."
        )
    if record.decoded_forward:
        spacing = record.keyframe_spacing_seconds
        apart = f"Keyframes are {spacing:.0f} s apart" if spacing else "Some tiles have no keyframe of their own"
        notes.append(f"{apart}: {record.decoded_forward} of {plan.count} tiles were decoded forward.")
    if record.damaged_from_seconds is not None:
        notes.append(f"Damaged from {_clock(record.damaged_from_seconds)} on: what decodes was used.")
    elif record.ended_at_seconds is not None:
        notes.append(f"The picture ends at {_clock(record.ended_at_seconds)}: its last one was used for the rest.")
    return notes


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute:02d}:{second:02d}"
