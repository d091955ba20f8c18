"""`manage.py import_verify`: whether everything came over, row by row and field by field."""

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from importers.exceptions import ImportersError
from importers.models import ImportRun
from importers.registry import SourceOptions
from importers.services.comparing import WORDS
from importers.services.verifying import verify_run

# Exit status; see docs/moving-in/verify-and-take-back.md.
DIFFERS, FAILED = 1, 2
_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Reads the source of an import again and compares every row with what is here, field by field. Exit status 0 "
        "when all is the same, 1 when something differs, 2 when it can't be compared."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int, metavar="RUN", help="The number of the import.")
        parser.add_argument("--secret-env", metavar="NAME", default="", help="The variable that holds the old key.")
        parser.add_argument("--json", action="store_true", help="As JSON, for programs.")

    def handle(self, *args: Any, run: int, secret_env: str, **options: Any) -> None:
        found = ImportRun.objects.filter(pk=run).first()
        if found is None:
            raise CommandError(f"There is no import {run}.", returncode=FAILED)
        try:
            result = verify_run(run=found, options=source_options(found, secret_env))
        except ImportersError as error:
            raise CommandError(str(error), returncode=FAILED) from None
        if options["json"]:
            self.stdout.write(json.dumps(result, indent=1, default=str))
        else:
            self._tell(result)
        if not result["verified"]:
            raise SystemExit(DIFFERS)

    def _tell(self, result: dict[str, Any]) -> None:
        compared = f"{result['rows']:,} rows with {result['fields']:,} fields were compared with the source"
        if result["verified"]:
            self.stdout.write(f"{compared}: all of them are the same.")
            return
        self.stdout.write(f"{compared}, and some differ:")
        for what, number in result["differences"].items():
            self.stdout.write(f"  {number:,} x {what}: {WORDS[what]}")
        for one in result["listed"][:_SHOWN]:
            self.stdout.write(f"  {_line(one)}")
        if len(result["listed"]) > _SHOWN:
            self.stdout.write("  ... and more; --json lists them.")


def source_options(run: ImportRun, secret_env: str) -> SourceOptions | None:
    """The options of the run, with the old system's key again, which isn't stored. Raises CommandError."""
    if not secret_env:
        return None
    if secret_env not in os.environ:
        raise CommandError(f"There is no variable {secret_env}.", returncode=FAILED)
    return SourceOptions(secret=os.environ[secret_env], extra=run.options.get("extra", {}))


def _line(one: dict[str, Any]) -> str:
    place = " ".join(filter(None, (one["table"], one["key"], one["part"])))
    title = f" ({one['title']})" if one["title"] else ""
    said = f", {one['field']}: {one['theirs']!r} there, {one['ours']!r} here" if one["field"] else ""
    since = f" [{one['since']}]" if one["since"] else ""
    return f"{one['what']}: {place}{title}{said}{since}"
