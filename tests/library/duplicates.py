"""Files with signatures for the tests of duplicates: real ones made of real media, and invented ones."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from library.models import Folder, Video, VideoFile
from library.services import finish_file, record_signature
from processing.media.frames import FrameOptions, make_frames
from processing.media.probe import probe
from tests.library.factories import make_file

VERSION = 1


def add_file(path: Path, *, folder: Folder, video: Video | None = None) -> VideoFile:
    """A file of the library with the hashes that the frames stage makes of it; a video of its own unless given."""
    facts = probe(str(path))
    file = make_file(
        folder=folder,
        video=video,
        path=path,
        duration_seconds=facts.duration_seconds,
        width=facts.width,
        height=facts.height,
    )
    with tempfile.TemporaryDirectory() as scratch:
        products = make_frames(str(path), facts=facts, out_dir=Path(scratch), options=FrameOptions())
    record_signature(
        file_id=file.pk,
        mtime_ns=file.mtime_ns,
        version=VERSION,
        frame_times=products.frame_times,
        frame_hashes=products.frame_hashes,
        keyframe_times=products.keyframe_times,
        keyframe_hashes=products.keyframe_hashes,
    )
    finish_file(file_id=file.pk, phash=products.phash, notes=[])
    file.refresh_from_db()
    return file


def invent_hashes(seed: int, count: int = 40) -> list[int]:
    """Unsigned 64-bit, never 0."""
    return [int(number) for number in np.random.default_rng(seed).integers(1, 2**63, count)]


def invent_file(
    *,
    frames: Sequence[int] = (),
    keyframes: Sequence[int] = (),
    step_seconds: float = 10.0,
    version: int = VERSION,
    **columns: Any,
) -> VideoFile:
    """A file with a signature that says what the test says; its pictures are `step_seconds` apart."""
    columns.setdefault("duration_seconds", step_seconds * max(len(frames), 1))
    file = make_file(**columns)
    record_signature(
        file_id=file.pk,
        mtime_ns=file.mtime_ns,
        version=version,
        frame_times=[(index + 0.5) * step_seconds for index in range(len(frames))],
        frame_hashes=list(frames),
        keyframe_times=[index * step_seconds for index in range(len(keyframes))],
        keyframe_hashes=keyframes,
    )
    return file


def flip(number: int, bits: int) -> int:
    """The hash with that many bits changed: one in each 16-bit band first."""
    for index in range(bits):
        number ^= 1 << (index % 4 * 16 + index // 4)
    return number
