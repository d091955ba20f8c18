"""Starting `manage.py` commands on the test's database, and waiting for what they do."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from config import paths
from processing.models import Job
from processing.services import submit_jobs
from tests.library.factories import make_folder

# Far more than anything here takes; only a failure waits so long.
PATIENCE_SECONDS = 60.0


def environment(**extra: str) -> dict[str, str]:
    """Of a command that works on this test's PostgreSQL and Redis databases."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.processing.process_settings",
        "VIDEOTHEK_TEST_DATABASE": connection.settings_dict["NAME"],
        "VIDEOTHEK_STACK": "attached",
        **extra,
    }


def start(*arguments: str, log: Path, **extra: str) -> subprocess.Popen[bytes]:
    """Starts `manage.py` with the arguments in a process group of its own; its stderr goes to the log.

    `extra` are further environment variables.
    """
    command = [sys.executable, str(paths.PROJECT_ROOT / "manage.py"), *arguments]
    with log.open("ab") as errors:
        return subprocess.Popen(
            command,
            env=environment(**extra),
            cwd=paths.PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Kills what is left of a process and its session."""
    if process.poll() is None:
        process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Returns as soon as the condition holds; fails the test when it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent doesn't."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def signal_and_wait(process: subprocess.Popen[bytes], number: signal.Signals) -> int:
    """The exit status after the signal."""
    process.send_signal(number)
    return process.wait(PATIENCE_SECONDS)


def submit(stage: str, notes: Path) -> Job:
    """A job of a stage of the test app, which leaves a line in `notes` each time it runs."""
    folder = make_folder(name="Films")
    submit_jobs(stage=stage, target_ids=[folder.pk], params={"notes": str(notes)})
    return Job.objects.get(target_id=folder.pk)


def status(job: Job) -> str:
    """As the row says now."""
    return Job.objects.values_list("status", flat=True).get(pk=job.pk)


def wait_for_end(job: Job) -> None:
    """Returns when the job is over, whatever its end; the row is read again."""
    wait_until(lambda: status(job) not in ("pending", "running"), f"{job} ends")
    job.refresh_from_db()


def wait_for_child(notes: Path) -> int:
    """The process that runs the stage, once it does."""
    wait_until(lambda: notes.exists() and notes.read_text().endswith("\n"), "the stage begins")
    return int(notes.read_text().split()[-1])
