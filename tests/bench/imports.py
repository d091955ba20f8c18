"""100,000 rows of another system: how long they take to come, and again, and as a dry run, and to be compared;
how much memory it takes.

Run by `make bench AREA=imports`, which starts the servers that it needs. The source is made up as it is read: accounts,
folders, tags, people, videos with their files, what ties them, notes and plays, in the numbers of a library of 20,000.
`--full` imports about as many rows of each of the four systems besides, from genuine files and databases.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

# The models can be imported only then.
django.setup()

from importers.models import ImportedRow, ImportRun
from importers.records import FileFacts, Mapped, Record, Ref, SourcePath, SourceRow, SourceTable
from importers.registry import SourceOptions, register_system
from importers.services.running import start_run
from importers.services.verifying import verify_run
from library.models import Video
from tests.bench.table import Row, show
from tests.importers import goonhub, mediaos, video_streaming, viewra
from tests.library.factories import make_user

MOST_SECONDS, MOST_MB = 60.0, 300.0
USERS, FOLDERS, TAGS, PEOPLE, VIDEOS = 10, 5, 485, 1_000, 20_000


def _user(n: int) -> Record:
    return Record("library.user", {"username": f"user{n}", "is_owner": n == 1, "password": ""})


def _folder(n: int) -> Record:
    return Record("library.folder", {"path": SourcePath(f"/old/disk{n}"), "name": f"Disk {n}"})


def _tag(n: int) -> Record:
    parent = {"parent": Ref("tags", str(n // 10))} if n >= 10 else {}
    return Record("library.tag", {"name": f"Tag {n}", "description": f"What tag {n} is for.", **parent})


def _person(n: int) -> Record:
    return Record(
        "people.creator", {"name": f"Person {n}", "birthplace": "Lima", "aliases": [f"P. {n}"] if n % 4 == 0 else []}
    )


def _video(n: int) -> Record:
    path = f"/old/disk{n % FOLDERS + 1}/folder {n % 200}/video {n}.mp4"
    facts = FileFacts(
        path, 1_000_000 + n, 60.0 + n % 5000, 1920, 1080, 25.0, 4_000_000, "h264", "aac", hashes={"xxh3": f"{n:032x}"}
    )
    values = {"title": f"Video number {n}", "description": "Some words. " * 5, "file": facts, "view_count": n % 7}
    return Record("library.video", values)


def _of_video(kind: str, table: str, field: str, others: int) -> Callable[[int], Record]:
    def make(n: int) -> Record:
        video = (n - 1) % VIDEOS + 1
        other = (n * 7 + n // VIDEOS) % others + 1
        return Record(kind, {"video": Ref("videos", str(video)), field: Ref(table, str(other))})

    return make


def _note(n: int) -> Record:
    return Record("library.videometadata", {"video": Ref("videos", str(n)), "key": "Camera", "value": f"number {n}"})


def _plays(n: int) -> Record:
    return Record(
        "playback.playcount", {"user": Ref("users", "1"), "video": Ref("videos", str(n)), "play_count": n % 9}
    )


TABLES: Mapping[str, tuple[int, Callable[[int], Record]]] = {
    "users": (USERS, _user),
    "folders": (FOLDERS, _folder),
    "tags": (TAGS, _tag),
    "people": (PEOPLE, _person),
    "videos": (VIDEOS, _video),
    "video_tags": (40_000, _of_video("library.videotag", "tags", "tag", TAGS)),
    "video_people": (20_000, _of_video("people.credit", "people", "creator", PEOPLE)),
    "notes": (8_500, _note),
    "stats": (10_000, _plays),
}


class MadeUp:
    """The source, and the system that opens it."""

    name = system = identity = "made-up"
    title = label = "Made up"
    carriers = "Nothing."
    needs_secret = False

    def open(self, location: str, options: SourceOptions) -> "MadeUp":
        return self

    def tables(self) -> list[SourceTable]:
        return [SourceTable(name, number) for name, (number, _) in TABLES.items()]

    def rows(self, table: str, after: str | None = None) -> Iterator[SourceRow]:
        for number in range(int(after or 0) + 1, TABLES[table][0] + 1):
            yield SourceRow(table, str(number), {"id": number})

    def map(self, row: SourceRow) -> Mapped:
        return Mapped((TABLES[row.table][1](int(row.key)),), title=f"{row.table} {row.key}")

    def paths(self) -> list[str]:
        return []

    def mark(self) -> str:
        return ""

    def close(self) -> None: ...


def timed(**asked: Any) -> tuple[ImportRun, float]:
    began = time.monotonic()
    run = start_run(**({"system": MadeUp.name, "location": "anywhere"} | asked))
    return run, time.monotonic() - began


def total(run: ImportRun, outcome: str) -> int:
    return sum(table[outcome] for table in run.report["tables"].values())


@contextmanager
def genuine(system: str) -> Iterator[str]:
    """Where a source of the system with about 100,000 rows lies, until it has been read."""
    if system == "goonhub":
        with goonhub.made_database("bench_goonhub") as address:
            goonhub.build_large(address, rows=110_000)
            yield address
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "source"
        if system == "mediaos":
            mediaos.build_large(place)
        elif system == "viewra":
            viewra.build_large(place)
        else:
            video_streaming.build_large(place)
        yield str(place)


def genuine_row(system: str) -> Row:
    options = SourceOptions(secret=mediaos.OLD_KEY if system == "mediaos" else "")
    with genuine(system) as location:
        run, seconds = timed(system=system, location=location, options=options)
        read = total(run, "read")
        told = verify_run(run=run, options=options)
    fine = told["verified"] and seconds < MOST_SECONDS * read / 100_000
    words = "none differ" if told["verified"] else f"differ: {told['differences']}"
    return Row(
        f"{system}: {read:,} rows", f"{seconds:.1f} s", f"{told['fields']:,} fields, {words}", "60 s for 100,000", fine
    )


def main() -> int:
    call_command("migrate", verbosity=0)
    register_system(MadeUp())
    make_user(username="owner", is_superuser=True)
    number = sum(count for count, _ in TABLES.values())
    rehearsal, dry_seconds = timed(is_dry_run=True)
    run, seconds = timed()
    again, again_seconds = timed()
    began = time.monotonic()
    told = verify_run(run=again)
    verify_seconds = time.monotonic() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    came = total(run, "created") + total(run, "merged")
    fine = came == number and rehearsal.report["tables"] == run.report["tables"] and Video.objects.count() == VIDEOS
    rows = [
        Row(f"{number:,} rows, as a dry run", f"{dry_seconds:.1f} s", "", "", None),
        Row(f"{number:,} rows", f"{seconds:.1f} s", "", f"{MOST_SECONDS:.0f} s", seconds < MOST_SECONDS),
        Row("the same again", f"{again_seconds:.1f} s", "", "all unchanged", total(again, "unchanged") == number),
        Row(
            "compared with the source",
            f"{verify_seconds:.1f} s",
            f"{told['fields']:,} fields",
            "none differ",
            told["verified"],
        ),
        Row("came whole", f"{came:,}", f"{ImportedRow.objects.count():,} traced", f"{number:,}", fine),
        Row("memory at most", f"{peak_mb:.0f} MB", "", f"{MOST_MB:.0f} MB", peak_mb < MOST_MB),
    ]
    if "--full" in sys.argv:
        rows += [genuine_row(system) for system in ("video-streaming", "mediaos", "viewra", "goonhub")]
    return 0 if show("Moving in", rows) else 1


if __name__ == "__main__":
    sys.exit(main())
