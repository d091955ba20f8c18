"""manage.py ingest"""

import json
import os
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from library.exceptions import FolderUnavailableError
from library.paths import display_path, encode_path
from library.services import find_or_register_folder
from processing.queries.report import file_reports
from processing.services.foreground import Tick, process_folders


class Command(BaseCommand):
    help = (
        "Scans a folder, registering it if it is new, and processes every video in it before returning. "
        "Exit status 0 when every file ended, the failed ones listed; 2 when the folder can't be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", help="Folder with videos, or one below a folder of the library")
        parser.add_argument("--json", action="store_true", help="Print one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        path = os.path.abspath(options["folder"])
        try:
            targets = find_or_register_folder(path=path)
        except FolderUnavailableError as error:
            raise CommandError(str(error), returncode=2) from None
        with tqdm(desc="Looking", unit="file", file=sys.stderr, dynamic_ncols=True, mininterval=0.2) as bar:
            problems = process_folders(targets, on_tick=lambda tick: _show(bar, tick))
        if problems:
            raise CommandError(" ".join(problems), returncode=2)
        files = list(file_reports(targets))
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


def _show(bar: "tqdm[Any]", tick: Tick) -> None:
    """Files, rate and time left; the total grows while the scan runs."""
    bar.set_description("Scanning" if tick.is_scanning else "Looking", refresh=False)
    bar.total = tick.known
    bar.update(tick.ended - bar.n)
