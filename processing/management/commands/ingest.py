"""manage.py ingest"""

import functools
import json
import os
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm  # type: ignore[import-untyped]

from faces.queries.videos import reports_of
from library.exceptions import LibraryError
from library.models import ScanLog
from library.models.scan_log import ScanStatus
from library.paths import display_path, encode_path
from library.services import find_or_register_folder
from processing.exceptions import CrewLostError
from processing.queries.report import file_reports
from processing.services.foreground import process_folders

_BATCH = 500


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Scans a folder, registering it if it is new, and processes every video in it before returning. "
        "Exit status 0 when every file ended, the failed ones listed; 2 when the folder can't be read; "
        "1 when its worker processes die one after the other."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", help="Folder with videos, or one below a folder of the library")
        parser.add_argument("--json", action="store_true", help="Print one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        for number in (signal.SIGTERM, signal.SIGHUP):
            # As Ctrl-C: what is in hand goes back before the end. `nohup` has SIGHUP ignored.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, signal.default_int_handler)
        path = os.path.abspath(options["folder"])
        try:
            targets = find_or_register_folder(path=path)
        except LibraryError as error:
            raise CommandError(str(error), returncode=2) from None
        with tqdm(desc="Scanning", unit="file", file=sys.stderr, dynamic_ncols=True, mininterval=0.2) as bar:
            try:
                problems = process_folders(targets, on_tick=functools.partial(_show, bar))
            except CrewLostError as error:
                raise CommandError(str(error), returncode=1) from None
        if problems:
            raise CommandError(" ".join(problems), returncode=2)
        for target in targets:
            held = ScanLog.objects.filter(folder=target.folder, status=ScanStatus.HELD).first()
            if held is not None:
                self.stderr.write(
                    f"{target.folder.name}: {held.error} 'manage.py scan --accept-missing' says that they are gone."
                )
        files = _with_faces(file_reports(targets))
        seconds = round(time.monotonic() - began, 3)
        if options["json"]:
            report = {"folder": path, "seconds": seconds, "files": files}
            self.stdout.write(json.dumps(report, allow_nan=False))
        else:
            self._summarise(files, seconds)

    def _summarise(self, files: list[dict[str, Any]], seconds: float) -> None:
        failed = [file for file in files if file["status"] == "failed"]
        for file in failed:
            self.stdout.write(f"Failed: {display_path(encode_path(file['path']))}: {file['error']}")
        ready = len(files) - len(failed)
        self.stdout.write(f"{len(files):,} files: {ready:,} ready, {len(failed):,} failed, in {seconds:.1f} s.")


def _with_faces(reports: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """The files' reports with what is known of the faces in their videos."""
    files: list[dict[str, Any]] = []
    for batch in iter(lambda: list(islice(reports, _BATCH)), []):
        faces = reports_of({file["video_id"] for file in batch if file["video_id"] is not None})
        files += [file | {"faces": faces.get(file["video_id"])} for file in batch]
    return files


def _show(bar: "tqdm[Any]", ended: int, known: int, is_scanning: bool) -> None:
    """Files, rate and time left; the total grows while the scan runs."""
    bar.set_description("Scanning" if is_scanning else "Processing", refresh=False)
    bar.total = known
    bar.update(ended - bar.n)
