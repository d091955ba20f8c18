"""manage.py scan"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.exceptions import LibraryError
from library.models.scan_log import ScanStatus
from library.paths import encode_path
from library.services import scan_folder
from library.services.folders import containing_folder, root_of
from processing.services.triggers import submit_import


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Scans a folder of the library, or a part of one, and returns when the scan has ended; workers process what it "
        "finds. Exit status 2 when it can't be scanned, 3 when too many files are missing and it waits for your answer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", help="A folder of the library, or one below it")
        parser.add_argument(
            "--accept-missing",
            action="store_true",
            help="What isn't found is gone: mark it missing, however much it is, also when the disk is another one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        held = containing_folder(root_of(options["folder"]))
        if held is None:
            raise CommandError(
                f"{options['folder']} is in no folder of the library; add it first ('ingest' does).", returncode=2
            )
        folder, part = held

        def submit(file_ids: list[int]) -> None:
            submit_import(file_ids=file_ids, folder_id=folder.pk)

        try:
            log = scan_folder(
                folder=folder,
                subpath=encode_path(part),
                accept_missing=options["accept_missing"],
                on_found=submit,
            )
        except LibraryError as error:
            raise CommandError(str(error), returncode=2) from None
        counts = {name: getattr(log, f"files_{name}") for name in ("new", "changed", "moved", "returned", "missing")}
        told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing new"
        self.stdout.write(f"{folder.name}: {log.files_seen:,} seen, {told}.")
        if log.status == ScanStatus.HELD:
            answer = "If they are gone, scan again with --accept-missing; if not, mount the disk and scan again."
            raise CommandError(f"{log.error} {answer}", returncode=3)
        if log.error:
            self.stdout.write(log.error)
