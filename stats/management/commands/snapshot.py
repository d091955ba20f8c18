"""manage.py snapshot"""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from stats.services.snapshots import KINDS, take_snapshot


class Command(BaseCommand):
    help = "Takes a snapshot of the library's figures now; one of the same hour or day is replaced."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", nargs="*", choices=[*KINDS, []], help=f"of {', '.join(KINDS)}; all by default")

    def handle(self, *args: Any, kind: list[Any], **options: Any) -> None:
        for one in kind or KINDS:
            began = time.perf_counter()
            row = take_snapshot(one)
            self.stdout.write(f"{one}: {row} in {time.perf_counter() - began:.1f} s")
