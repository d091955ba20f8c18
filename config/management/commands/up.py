"""manage.py up"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.embedded.errors import StackError
from config.services.up import Wishes, run_up


class Command(BaseCommand):
    help = "Starts everything: database, queue, web server and workers. Ctrl-C stops it all."
    # The database isn't there yet when Django would look at it.
    requires_migrations_checks = False
    requires_system_checks = ["config"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--media", type=Path, metavar="DIR", help="A folder of videos to add and scan")
        parser.add_argument("--port", type=int, default=settings.PORT, help=f"default {settings.PORT}")
        parser.add_argument("--host", default=settings.HOST, help=f"default {settings.HOST}; 0.0.0.0 for the network")

    def handle(self, *args: Any, media: Path | None, port: int, host: str, **options: Any) -> None:
        if not 1 <= port <= 65535:
            raise CommandError(f"There is no port {port}: use one from 1 to 65535.")
        folder = media.expanduser().absolute() if media else None
        try:
            run_up(Wishes(media=folder, host=host, port=port))
        except StackError as error:
            raise CommandError(str(error)) from None
