"""One conversion from the first rung to the verified file."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from processing.media.containers import check_readable
from processing.media.encode.catalogue import RENDER_NODE
from processing.media.encode.command import Plan, ffmpeg_command
from processing.media.encode.errors import (
    ConversionFailedError,
    OutputWrongError,
    ProgramFailedError,
)
from processing.media.encode.ladder import Rung
from processing.media.encode.program import STALL_SECONDS, Progress, run_program
from processing.media.encode.verify import Verified, verify_output


@dataclass(frozen=True, slots=True)
class Attempt:
    """One rung that was tried. `error` is empty for the one that worked."""

    rung: Rung
    command: tuple[str, ...]
    seconds: float
    error: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verified output. The last attempt is the one that made it; bytes."""

    attempts: tuple[Attempt, ...]
    verified: Verified
    size_bytes: int
    losses: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Means:
    """What a conversion is done with. `decodes_all` has the whole output decoded, not only looked at in five places."""

    program: str
    rungs: Sequence[Rung]
    render_node: str = RENDER_NODE
    decodes_all: bool = False
    stall_seconds: float = STALL_SECONDS


def convert(
    plan: Plan,
    output: Path,
    *,
    means: Means,
    progress: Callable[[Rung, Progress], None] = lambda rung, done: None,
    failed: Callable[[Attempt], None] = lambda attempt: None,
) -> Outcome:
    """Encodes on the first rung that works and verifies; `failed` is told of each that doesn't.

    Whatever ends it early, `output` is gone then and FFmpeg with it. Raises ConversionFailedError when no rung worked,
    FileUnavailableError when the source can't be read any more, DiskFullError.
    """
    attempts: list[Attempt] = []
    is_kept = False
    try:
        for rung in means.rungs:
            attempt, verified = _try(plan, output, rung, means, progress)
            attempts.append(attempt)
            if verified is not None:
                is_kept = True
                return Outcome(tuple(attempts), verified, output.stat().st_size, plan.losses, plan.notes)
            # A disk that went away is no fault of the encoder's.
            check_readable(plan.source.path)
            failed(attempt)
        raise ConversionFailedError(attempts[-1].error)
    finally:
        if not is_kept:
            output.unlink(missing_ok=True)


def _try(
    plan: Plan, output: Path, rung: Rung, means: Means, progress: Callable[[Rung, Progress], None]
) -> tuple[Attempt, Verified | None]:
    command = ffmpeg_command(means.program, plan, rung, os.fspath(output), render_node=means.render_node)
    began = time.monotonic()
    verified, error, words = None, "", ""
    try:
        words = run_program(
            command,
            duration_seconds=plan.source.facts.duration_seconds,
            progress=lambda done: progress(rung, done),
            stall_seconds=means.stall_seconds,
        )
        whole = means.program if means.decodes_all else ""
        verified = verify_output(os.fspath(output), plan, decode_all_with=whole)
    except ProgramFailedError as problem:
        error, words = str(problem), problem.words
    except OutputWrongError as problem:
        error = str(problem)
    return Attempt(rung, tuple(command), time.monotonic() - began, error, words), verified
