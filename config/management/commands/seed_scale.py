"""`manage.py seed_scale N`."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.services.seed.scale import LibraryInUseError, seed_scale
from library.models import User


class Command(BaseCommand):
    help = "Fills an empty library with N synthetic videos, people and tags (rows only), to measure with."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("videos", type=int, metavar="N", help="how many videos")
        parser.add_argument("--force", action="store_true", help="also where the library has folders already")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = User.owners().order_by("pk").first()
        if owner is None:
            raise CommandError("There is no owner yet; start `manage.py up` once.")
        try:
            made = seed_scale(videos=options["videos"], user=owner, is_forced=options["force"], say=self.stdout.write)
        except (LibraryInUseError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{made.videos:,} videos, {made.creators:,} people, {made.studios:,} studios, {made.tags:,} tags, "
            f"{made.video_tags:,} tags on videos, {made.credits:,} credits."
        )
