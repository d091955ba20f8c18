"""manage.py restore FILE [--yes]"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backup.restore import restore_backup
from config.embedded.errors import StackError


class Command(BaseCommand):
    help = "Replaces the database, uploaded pictures and the secret key by those of a backup. Stop Videothek first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="Don't ask")

    def handle(self, *args: Any, file: Path, yes: bool, **options: Any) -> None:
        source = file.expanduser().absolute()
        if not yes:
            _ask(source)
        try:
            manifest = restore_backup(source)
        except StackError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Restored the backup of {manifest.created_at} (Videothek {manifest.videothek}).")


def _ask(source: Path) -> None:
    if not sys.stdin.isatty():
        raise CommandError("Restoring replaces the present library. Say --yes when that is meant.")
    if input(f"Replace the present library by {source}? Type yes: ").strip().lower() != "yes":
        raise CommandError("Nothing was changed.")
