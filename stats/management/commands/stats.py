"""manage.py stats"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from library.words import clock, size
from stats.queries.forecast import forecasts
from stats.queries.series import as_dict
from stats.queries.summary import Summary, summary


class Command(BaseCommand):
    help = "Says what the library is, by the newest snapshots (`manage.py snapshot` takes some now)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="everything, for programs")
        parser.add_argument("--days", type=int, default=7, help="compare with so many days ago (7)")

    def handle(self, *args: Any, days: int, **options: Any) -> None:
        found = summary(days=days)
        if options["json"]:
            self.stdout.write(json.dumps(self._as_json(found), indent=2, ensure_ascii=False, default=str))
        elif found.library is None:
            self.stdout.write("No snapshot has been taken yet; `manage.py snapshot` takes one now.")
        else:
            self._tell(found)

    def _as_json(self, found: Summary) -> dict[str, Any]:
        kinds = {
            "storage": found.storage, "library": found.library, "content": found.content, "usage": found.usage,
        }  # fmt: skip
        return {
            **{kind: as_dict(row) if row else None for kind, row in kinds.items()},
            "coverage": [asdict(one) for one in found.coverage],
            "disks": [asdict(one) for one in forecasts()],
        }

    def _tell(self, found: Summary) -> None:
        library = found.library
        self.stdout.write(
            f"{library.total_count:,} videos, {clock(library.total_seconds)} long, {size(library.total_bytes)};"
            f" {library.missing_count:,} missing, {library.trashed_count:,} in the trash."
        )
        for one in found.coverage:
            was = f", {one.before_percent} % {found.days} days ago" if one.before_percent is not None else ""
            self.stdout.write(f"{one.percent} % have {one.words}{was}; {one.left:,} left.")
        for disk in forecasts():
            full = f"; full on {disk.full_on}" if disk.full_on else ""
            self.stdout.write(f"{disk.path}: {size(disk.free_bytes)} of {size(disk.total_bytes)} free{full}.")
