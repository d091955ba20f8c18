"""What the stages do: each leaves a line in the file that its job's parameters name."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from library.models import Folder
from processing.stages import StageContext, StageResult, probe


def _notes(context: StageContext) -> Path:
    return Path(context.params.get("notes") or os.environ["VIDEOTHEK_TEST_NOTES"])


def _note(context: StageContext, text: str) -> None:
    with _notes(context).open("a") as notes:
        notes.write(f"{text} {os.getpid()}\n")


def record(context: StageContext) -> StageResult:
    """Ends at once; asks the database, so that a connection shared with the parent would show."""
    name = Folder.objects.get(pk=context.target_id).name
    _note(context, "ran")
    return StageResult({"name": name})


def hang(context: StageContext) -> StageResult:
    """Does nothing for two minutes the first time; ends at once after that."""
    is_first = not _notes(context).exists()
    _note(context, "began")
    if is_first:
        time.sleep(120)
    return StageResult()


def program(context: StageContext) -> StageResult:
    """Starts a program that does nothing for two minutes and waits for it; notes which process it is."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"]) as started:
        with _notes(context).open("a") as notes:
            notes.write(f"program {started.pid}\n")
        started.wait()
    return StageResult()


def nothing(context: StageContext) -> StageResult:
    """Nothing."""
    return StageResult()


def slow_probe(context: StageContext) -> StageResult:
    """The real probe, after two minutes the first time."""
    hang(context)
    return probe.run(context)


def crash(context: StageContext) -> StageResult:
    """Dies as a decoder might."""
    _note(context, "began")
    os.kill(os.getpid(), signal.SIGSEGV)
    return StageResult()
