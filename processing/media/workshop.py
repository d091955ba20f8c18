"""What is made of each sampled frame, on a thread of its own beside the decoder (FFmpeg and WebP release the GIL)."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image

from processing.media.cover import cover_score
from processing.media.outputs import OutputFiles
from processing.media.phash import grey_cell, perceptual_hash, picture_hash
from processing.media.picture import PictureMaker, Shape, fit
from processing.media.sampling import Sample
from processing.media.storyboard import Storyboard

# Full frames waiting for the thread: more would only cost memory (25 MB each in 4K).
MAX_WAITING = 1
FACE_JPEG_QUALITY = 90
# Perceptual hashes of one scene are a few of their 64 bits apart; of two scenes about half.
SCENE_BITS = 20


class Workshop:
    """Turns samples into tiles, cover, hash cells and face frames; `take` hands over, the block's end waits."""

    def __init__(
        self,
        maker: PictureMaker,
        shape: Shape,
        storyboard: Storyboard,
        *,
        cover_range: tuple[float, float],
        cover_px: int,
        face_files: dict[int, Path],
        face_px: int,
        scene_files: list[Path],
        files: OutputFiles,
    ) -> None:
        self._maker = maker
        self._shape = shape
        self._storyboard = storyboard
        self._picture_size = fit(shape.aspect_ratio, storyboard.tile_width, storyboard.tile_height)
        self._cover_range = cover_range
        self._cover_px = cover_px
        self._face_files = face_files
        self._face_px = face_px
        self._scene_files = scene_files
        self._files = files
        self._cells: dict[int, NDArray[np.float32]] = {}
        self._times: dict[int, float] = {}
        self._cover_rank = (-1.0, 0)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="frames")
        self._waiting: deque[Future[None]] = deque()
        self._lock = Lock()
        self.cover: NDArray[np.uint8] | None = None
        self.cover_seconds = 0.0
        self.placed: list[int] = []
        self.faces: list[tuple[float, Path]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)
        while kind is None and self._waiting:
            self._waiting.popleft().result()

    def take(self, sample: Sample) -> None:
        """Queue a sample with a frame; waits while too many are queued. Errors of the thread are raised here.

        Two decoders may take turns; the samples of each come in order.
        """
        with self._lock:
            while len(self._waiting) >= MAX_WAITING:
                self._waiting.popleft().result()
            if sample.frame is not None:
                self._waiting.append(self._pool.submit(self._process, sample.index, sample.seconds, sample.frame))

    def fill_gaps(self, count: int) -> None:
        """Show the nearest earlier picture (the first one, at the very start) where a cue has none of its own."""
        have = set(self.placed)
        source = min(self.placed)
        for index in range(count):
            if index in have:
                source = index
            else:
                self._storyboard.repeat(source, index)
                self._cells.setdefault(index, self._cells[source])

    def phash(self) -> int:
        """The perceptual hash, after `fill_gaps`."""
        return perceptual_hash([self._cells[index] for index in sorted(self._cells)])

    def frame_hashes(self) -> list[tuple[float, int]]:
        """(seconds, unsigned 64-bit hash) of each picture that a tile has of its own, in the order of the tiles."""
        return [(self._times[index], picture_hash(self._cells[index])) for index in sorted(self._times)]

    def _process(self, index: int, seconds: float, frame: VideoFrame) -> None:
        tile = self._maker.make(frame, *self._picture_size)
        self._storyboard.place(index, tile)
        self.placed.append(index)
        self._cells[index] = grey_cell(tile)
        self._times[index] = seconds
        first, last = self._cover_range
        score = cover_score(tile, is_wanted_time=first <= seconds <= last)
        # Of equal ones the earliest, whichever decoder was faster.
        if (score, -index) > self._cover_rank:
            self._cover_rank = (score, -index)
            self.cover = self._maker.make(frame, *self._limited(frame, self._cover_px))
            self.cover_seconds = seconds
        if index in self._face_files:
            self._save_face(seconds, frame, self._face_files[index])
        elif self._scene_files and self._is_new_scene(index):
            self._save_face(seconds, frame, self._scene_files.pop(0))

    def _is_new_scene(self, index: int) -> bool:
        """Whether it looks unlike the tile before it."""
        before = self._cells.get(index - 1)
        if before is None:
            return False
        return (picture_hash(before) ^ picture_hash(self._cells[index])).bit_count() >= SCENE_BITS

    def _save_face(self, seconds: float, frame: VideoFrame, path: Path) -> None:
        picture = self._maker.make(frame, *self._limited(frame, self._face_px))
        Image.fromarray(picture).save(self._files.add(path), "JPEG", quality=FACE_JPEG_QUALITY)
        self.faces.append((seconds, path))

    def _limited(self, frame: VideoFrame, longest_px: int) -> tuple[int, int]:
        if frame.interlaced_frame:
            # Half the lines are of another moment: at half the height their combs melt away.
            longest_px = min(longest_px, max(self._shape.width, self._shape.height) // 2)
        return self._shape.limited(longest_px)
