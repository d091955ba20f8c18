"""Decoding the second half of a video beside the first: a decoder of keyframes uses one core, without the GIL."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event
from types import TracebackType
from typing import Self

from av.video.stream import VideoStream

from processing.media.containers import main_video, open_media
from processing.media.plan import Plan
from processing.media.readers import MAX_FRAME_THREADED_PX
from processing.media.sampling import Sampler, SamplingRecord
from processing.media.workshop import Workshop

# Opening the file a second time must pay.
LEAST_TILES_IN_HALVES = 24
_REPORT_SECONDS = 0.5
Progress = Callable[[int, int], None]


def is_small(stream: VideoStream) -> bool:
    """Whether two decoders fit into a worker's memory: each holds a dozen pictures (150 MB and more in 4K)."""
    return stream.width * stream.height <= MAX_FRAME_THREADED_PX


class SecondHalf:
    """A thread that hands the samples from cue `start` on to the workshop, from a container of its own.

    Leaving the block ends it after the picture in hand; after an error of the block nothing more is decoded.
    `record` is complete after `finish`.
    """

    def __init__(self, path: str, plan: Plan, start: int, workshop: Workshop) -> None:
        self._path = path
        self._plan = plan
        self._start = start
        self._workshop = workshop
        self._stop = Event()
        self._done = 0
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="second half")
        self._future: Future[None] | None = None
        self.record = SamplingRecord()

    def __enter__(self) -> Self:
        self._future = self._pool.submit(self._run)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._pool.shutdown(wait=True)

    def counting(self, progress: Progress | None) -> Progress | None:
        """`progress` that counts this half in; it is called by the caller's thread only."""
        return progress and (lambda done, total: progress(min(done + self._done, total), total))

    def finish(self, total: int, progress: Progress | None) -> None:
        """Waits for the end; raises what the thread raised."""
        assert self._future is not None
        while not wait([self._future], timeout=_REPORT_SECONDS).done:
            if progress is not None:
                progress(self._start + self._done, total)
        self._future.result()
        if progress is not None:
            progress(total, total)

    def _run(self) -> None:
        with open_media(self._path) as container:
            stream = main_video(container)
            if stream is None:
                raise ValueError("the file changed while it was read")
            sampler = Sampler(self._path, container, stream, self._plan)
            self.record = sampler.record
            for sample in sampler.samples(self._start):
                if self._stop.is_set():
                    return
                self._workshop.take(sample)
                self._done += 1
                # Its frame is large and must not outlive the next decode.
                del sample
