"""manage.py backup [FILE]"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backup.archive import create_backup, default_file
from config.embedded.errors import StackError


class Command(BaseCommand):
    help = "Writes the database, uploaded pictures and the secret key to one file. Videothek may keep running."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="Where to (default: HOME/backups, named by the time)")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        target = (file or default_file()).expanduser().absolute()
        try:
            manifest = create_backup(target)
        except StackError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Backup written to {target} ({target.stat().st_size:,} bytes, {len(manifest.files)} files)")
