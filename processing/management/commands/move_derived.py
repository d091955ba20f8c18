"""manage.py move_derived"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from processing.exceptions import StorageUnavailableError
from processing.services.derived_move import Moved, move_derived


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Copies pictures and clips that were made from files to the other storage, and removes them where they were "
        "once VIDEOTHEK_DERIVED_STORAGE names the new one. Cut short, it goes on at the next call."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", choices=("s3", "disk"), required=True, help="The storage that they are to be in")
        parser.add_argument("--keep", action="store_true", help="Remove nothing where they were")

    def handle(self, *args: Any, **options: Any) -> None:
        to = options["to"]
        if not settings.S3_BUCKET:
            raise CommandError("Say which bucket: set VIDEOTHEK_S3_BUCKET and what else belongs to it.", returncode=2)
        try:
            moved = move_derived(to=to, keep=options["keep"], report=self._tell)
        except StorageUnavailableError as error:
            raise CommandError(
                f"{error} What was copied stays; run the command again to go on.", returncode=1
            ) from None
        self.stdout.write(
            f"{moved.copied:,} files copied ({moved.copied_bytes / 1e6:,.1f} MB), {moved.known:,} were there already, "
            f"{moved.removed:,} removed where they were."
        )
        if to != settings.DERIVED_STORAGE:
            self.stdout.write(
                f"Pages still use the other storage. Set VIDEOTHEK_DERIVED_STORAGE={to} for every machine, start "
                "again, and run this command once more: it copies what came meanwhile and removes the old files."
            )

    def _tell(self, moved: Moved) -> None:
        self.stderr.write(f"{moved.copied + moved.known:,} files", ending="\r")
