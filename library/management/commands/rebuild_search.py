"""`manage.py rebuild_search`: the words that search looks in, written anew."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.models import VideoText
from library.services.search import find_stale_texts, rebuild_search
from library.services.statistics import analyze_tables


class Command(BaseCommand):
    help = "Writes the words of every video anew where they are not what titles, tags, people and files say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only look; fails when a video's words are wrong.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            if stale := find_stale_texts():
                raise CommandError(f"The words of {len(stale)} or more videos are wrong, the first is {stale[0]}.")
            self.stdout.write("The words of every video are right.")
            return
        count = rebuild_search()
        analyze_tables([VideoText])
        self.stdout.write(f"{count:,} videos were put right.")
