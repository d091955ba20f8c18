"""`manage.py demo`."""

import argparse
import signal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import paths
from config.services.seed.demo import make_demo
from library.exceptions import LibraryError
from library.models import User


class Command(BaseCommand):
    help = "Draws a few dozen small videos, takes them into the library and organises half of them, to try things on."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, help="where the videos go; demo-videos in VIDEOTHEK_HOME otherwise")

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP):
            # As Ctrl-C: what is in hand goes back before the end.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, signal.default_int_handler)
        owner = User.owners().order_by("pk").first()
        if owner is None:
            raise CommandError("There is no owner yet; start `manage.py up` once.")
        folder = (options["folder"] or paths.home() / "demo-videos").absolute()
        try:
            made = make_demo(folder=folder, user=owner, say=self.stdout.write)
        except (LibraryError, RuntimeError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made.videos} videos, {made.people} people and {made.tags} tags.")
        self.stdout.write(f"The files lie in {made.folder}.")
