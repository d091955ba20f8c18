"""Scanning at volume: first scan, rescan, moves; then the whole pipeline on small real files.

Run by `make bench AREA=scan`, which starts the servers that it needs.
"""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django
import imageio_ffmpeg
from django.core.management import call_command
from django.db import connection, reset_queries
from django.test.utils import CaptureQueriesContext

# The models can be imported only then.
django.setup()

from library.models import Folder, ScanLog, VideoFile
from library.services import register_folder, scan_folder
from processing.models import Job
from processing.services import submit_jobs
from tests.bench.place import bench_folder
from tests.bench.table import Row, show

_OLD = 1_600_000_000
_PER_FOLDER = 500


def make_tree(root: Path, count: int) -> None:
    """`count` files of 300 bytes with different content, 500 to a folder, old enough to need no second look."""
    shutil.rmtree(root, ignore_errors=True)
    for number in range(count):
        folder = root / f"{number // _PER_FOLDER:04d}"
        if number % _PER_FOLDER == 0:
            folder.mkdir(parents=True)
        path = folder / f"clip {number:06d}.mp4"
        path.write_bytes(f"{number:020d}".encode() * 15)
        os.utime(path, (_OLD, _OLD))


def peak_memory_mb() -> float:
    """The most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Callable[[], object]) -> tuple[float, int]:
    """Seconds and the number of SQL statements."""
    reset_queries()
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        work()
        seconds = time.perf_counter() - began
    return seconds, len(queries)


def first_scan(root: Path, count: int) -> list[Row]:
    """Files per second with rows and jobs written, and what memory it took."""
    make_tree(root, count)
    before = peak_memory_mb()
    seconds, statements = timed(lambda: _scan(root))
    made = VideoFile.objects.filter(folder__path=str(root)).count()
    waiting = Job.objects.filter(stage="probe", folder__path=str(root)).count()
    rate = count / seconds
    grown = peak_memory_mb() - before
    return [
        Row(
            f"first scan of {count:,} files ({made:,} rows, {waiting:,} jobs)",
            f"{seconds:.1f} s, {rate:.0f}/s",
            f"{statements:,} statements",
            "150/s",
            rate >= 150 and made == waiting == count,
        ),
        Row("memory that scan added", f"{grown:.0f} MB", "", "flat: under 60 MB", grown < 60),
    ]


def rescan(root: Path, count: int) -> Row:
    """An unchanged tree whose rows exist."""
    make_tree(root, count)
    folder = Folder.objects.create(name=root.name, path=str(root))
    rows: list[VideoFile] = []
    for path in root.rglob("*.mp4"):
        status = path.stat()
        rows.append(
            VideoFile(
                folder=folder,
                relative_path=str(path.relative_to(root)),
                size_bytes=status.st_size,
                mtime_ns=status.st_mtime_ns,
                oshash=f"{len(rows):016x}",
                state="ready",
            )
        )
    VideoFile.objects.bulk_create(rows, batch_size=5000)
    logs: list[ScanLog] = []
    seconds, statements = timed(lambda: logs.append(_scan(root)))
    is_true = logs[0].files_unchanged == count
    return Row(
        f"rescan of {count:,} unchanged files",
        f"{seconds:.1f} s",
        f"{statements} statements",
        f"{10 * count / 100_000:.0f} s",
        is_true and seconds < 10 * count / 100_000,
    )


def moved(root: Path, count: int) -> Row:
    """The folder of the first scan renamed as a whole: same rows, new paths."""
    inner, outer = root / "moved", [path for path in root.iterdir() if path.is_dir()]
    inner.mkdir()
    for path in outer:
        path.rename(inner / path.name)
    before = VideoFile.objects.filter(folder__path=str(root)).count()
    logs: list[ScanLog] = []
    seconds, statements = timed(lambda: logs.append(_scan(root)))
    after = VideoFile.objects.filter(folder__path=str(root))
    is_true = logs[0].files_moved == count and after.count() == before and not after.missing().exists()
    return Row(
        f"{count:,} files moved to another folder",
        f"{seconds:.1f} s, {logs[0].files_moved:,} recognised",
        f"{statements:,} statements",
        "all, 0 new",
        is_true and not logs[0].files_new,
    )


def pipeline(root: Path, count: int) -> Row:
    """`count` real clips of two seconds through scan, probe and pictures with `manage.py ingest`."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    source = root / "clip 0000.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25"]
    subprocess.run([*command, "-t", "2", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(source)], check=True)
    data = source.read_bytes()
    for number in range(count):
        path = root / f"clip {number:04d}.mp4"
        # Bytes after the last box change the content and nothing that a decoder reads.
        path.write_bytes(data + b"\0\0\0\x10free" + f"{number:08d}".encode())
        os.utime(path, (_OLD, _OLD))
    began = time.perf_counter()
    subprocess.run([sys.executable, "manage.py", "ingest", str(root)], check=True, capture_output=True)
    seconds = time.perf_counter() - began
    ours = f"{seconds:.1f} s, {count / seconds:.0f}/s"
    return Row(f"ingest of {count} real clips, start included", ours, "", "", None)


def _scan(root: Path) -> ScanLog:
    """What the scan stage does, without a worker around it."""
    folder = register_folder(path=str(root))
    return scan_folder(
        folder=folder,
        on_found=lambda ids: _submit(ids, folder),
    )


def _submit(file_ids: list[int], folder: Folder) -> None:
    submit_jobs(stage="probe", target_ids=file_ids, folder_id=folder.pk)


def run(*, full: bool = False) -> bool:
    """Prints the table; False when a target is missed. `full` takes more clips; the trees are whole either way."""
    trees = bench_folder() / "trees"
    call_command("migrate", verbosity=0)
    rows = first_scan(trees / "first", 10_000)
    rows.append(moved(trees / "first", 10_000))
    rows.append(rescan(trees / "rescan", 100_000))
    rows.append(pipeline(trees / "clips", 400 if full else 100))
    shutil.rmtree(trees)
    return show("Scanning", rows)


if __name__ == "__main__":
    sys.exit(0 if run(full="--full" in sys.argv) else 1)
