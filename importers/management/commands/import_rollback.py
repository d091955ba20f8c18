"""`manage.py import_rollback`: takes an import back."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from importers.exceptions import ImportersError
from importers.models import ImportRun
from importers.services.taking_back import take_back_run

# Exit status; see docs/moving-in/verify-and-take-back.md.
SOME_KEPT, FAILED = 1, 2
_SHOWN = 20
_WHY = {
    "edited": "it was edited here since",
    "changed": "somebody changed that field here since",
    "needed": "something else here hangs on it",
}


class Command(BaseCommand):
    help = (
        "Takes back exactly what an import created or changed. What was edited here since, and what other things hang "
        "on, is listed and kept. Interrupted, it goes on where it was when it is started again. Exit status 0 when "
        "everything went, 1 when something was kept, 2 when it can't be done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int, metavar="RUN", help="The number of the import.")
        parser.add_argument(
            "--discard-edits",
            action="store_true",
            help="Also what was edited here since and what hangs on it. Make a backup first.",
        )
        parser.add_argument("--json", action="store_true", help="As JSON, for programs.")

    def handle(self, *args: Any, run: int, discard_edits: bool, **options: Any) -> None:
        found = ImportRun.objects.filter(pk=run).first()
        if found is None:
            raise CommandError(f"There is no import {run}.", returncode=FAILED)
        try:
            result = take_back_run(run=found, is_discarding=discard_edits)
        except ImportersError as error:
            raise CommandError(str(error), returncode=FAILED) from None
        if options["json"]:
            self.stdout.write(json.dumps({"run": run, **result}, indent=1, default=str))
        else:
            self._tell(run, result)
        if result["kept_count"]:
            raise SystemExit(SOME_KEPT)

    def _tell(self, run: int, result: dict[str, Any]) -> None:
        self.stdout.write(
            f"Import {run} was taken back: {result['deleted']:,} rows that it made are gone, "
            f"{result['restored']:,} say again what they said before."
        )
        if result["kept_count"]:
            self.stdout.write(f"{result['kept_count']:,} were kept:")
        for one in result["kept"][:_SHOWN]:
            place = " ".join(filter(None, (one["table"], one["key"], one["part"])))
            self.stdout.write(f"  {place} ({one['title'] or one['kind']}), {one['what']}: {_WHY[one['why']]}")
        if len(result["kept"]) > _SHOWN:
            self.stdout.write("  ... and more; --json lists them.")
