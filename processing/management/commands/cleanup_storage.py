"""manage.py cleanup_storage"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from library.services.sweeping import Sweep
from library.words import size
from processing.services.cleanup import clean_up


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Removes derived files and uploaded pictures that belong to nothing and are older than the settings' grace "
        "time. The scheduler does so once a day; what an undo could bring back stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say what would go")
        parser.add_argument("--json", action="store_true", help="Say it in JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        swept = clean_up(dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], **asdict(swept)}))
            return
        self._tell(swept, "would go" if options["dry_run"] else "removed")

    def _tell(self, swept: Sweep, verb: str) -> None:
        for kind in swept.kinds:
            young = f", {kind.young:,} without an owner but too young" if kind.young else ""
            gone = f"{kind.orphans:,} {verb} ({size(kind.orphan_bytes)})" if kind.orphans else f"none {verb}"
            self.stdout.write(f"{kind.label}: {kind.owned:,} belong to something, {gone}{young}.")
        for folder in swept.unknown_folders:
            self.stdout.write(f"{folder}/ was left alone: nothing here knows whose it is.")
