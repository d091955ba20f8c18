"""`manage.py find_duplicates`: searches the whole library for videos that show the same."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from library.models.duplicate import DuplicateKind
from library.services.duplicates.search import find_all

_EACH_SECONDS = 5.0


class Command(BaseCommand):
    help = (
        "Searches the whole library for duplicates: the same content, videos that look the same, and clips of longer "
        "ones. New files are searched by themselves; this is for after an import or a restore."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kind", choices=DuplicateKind.values, action="append", help="Only this kind (repeatable)")
        parser.add_argument("--json", action="store_true", help="Print the numbers as one JSON object")

    def handle(self, *args: Any, kind: list[str] | None, json: bool, **options: Any) -> None:
        results = {}
        for name in kind or DuplicateKind.values:
            began = time.monotonic()
            result = find_all(kind=DuplicateKind(name), report=_Progress(self, is_quiet=json))
            seconds = time.monotonic() - began
            results[name] = {"found": result.found, "new": result.new, "seconds": round(seconds, 2)}
            if not json:
                label = DuplicateKind(name).label
                pairs = "1 pair" if result.found == 1 else f"{result.found:,} pairs"
                self.stdout.write(f"{label}: {pairs}, {result.new:,} new, in {seconds:.1f} s")
        if json:
            self.stdout.write(_dumps(results))


def _dumps(results: dict[str, Any]) -> str:
    return json.dumps(results)


class _Progress:
    """Says every few seconds how far the search is."""

    def __init__(self, command: BaseCommand, *, is_quiet: bool) -> None:
        self._command, self._is_quiet = command, is_quiet
        self._told_at = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._is_quiet and now - self._told_at >= _EACH_SECONDS:
            self._told_at = now
            self._command.stdout.write(f"{done:,} of {total:,} files")
