"""`manage.py import_from`: brings the data of another system in, or says what would come."""

import json
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backup.archive import create_backup, default_file
from config.embedded.errors import StackError
from importers.exceptions import ImportersError, RunError
from importers.models import ImportRun, RunStatus
from importers.registry import SourceOptions, find_system, systems
from importers.services.running import create_run, resume_run
from importers.services.verifying import verify_run
from library.models import User

_BAR_WIDTH = 30
_EACH_SECONDS = 0.2


class Command(BaseCommand):
    help = (
        "Brings the data of another system in. Nothing of the source is changed. Run it with --dry-run first: it says "
        "what would come and writes nothing. A run that was interrupted goes on with --resume; one that is repeated "
        "brings what is new and leaves the rest alone. import_rollback takes a run back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        known = ", ".join(system.name for system in systems())
        parser.add_argument("system", nargs="?", help=f"One of: {known}")
        parser.add_argument("source", nargs="?", help="Its database file, folder or address")
        parser.add_argument(
            "--path-map", action="append", default=[], metavar="OLD=NEW", help="Where its paths lie here (repeatable)"
        )
        parser.add_argument("--owner", metavar="USER", help="Who its only user is (default: the first owner)")
        parser.add_argument(
            "--user-map", action="append", default=[], metavar="THEIRS=OURS", help="Who is whom (repeatable)"
        )
        parser.add_argument("--secret-env", metavar="NAME", help="The environment variable that holds its old key")
        parser.add_argument(
            "--option", action="append", default=[], metavar="NAME=VALUE", help="An option of that system alone"
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would come, and write nothing")
        parser.add_argument("--json", action="store_true", help="Print the report as JSON, and nothing else")
        parser.add_argument("--resume", type=int, metavar="RUN", help="Go on with a run that was interrupted")
        parser.add_argument("--no-backup", action="store_true", help="Make no backup first")
        parser.add_argument("--no-verify", action="store_true", help="Don't compare every row afterwards")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            secret = SourceOptions(secret=_secret(options["secret_env"]), extra=_pairs(options["option"]))
            run = self._resumed(options) if options["resume"] else self._created(options, secret)
            if options["resume"]:
                secret = SourceOptions(secret=secret.secret, extra=run.options.get("extra", {}) | secret.extra)
            bar = _Bar(self, is_shown=not options["json"] and sys.stderr.isatty())
            try:
                back_up = None if options["no_backup"] else _back_up
                resume_run(run=run, options=secret, on_progress=bar, make_backup=back_up)
                # As it was made: the database keeps no order of the tables.
                report = run.report
                if not run.is_dry_run and not options["no_verify"]:
                    result = verify_run(run=run, options=secret, on_progress=bar)
                    report |= {"verified": result["verified"], "verification": result}
            finally:
                bar.end()
        except ImportersError as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            self._tell(run, report)

    def _created(self, options: dict[str, Any], secret: SourceOptions) -> ImportRun:
        if not options["system"] or not options["source"]:
            raise CommandError("Name a system and its source, or a run with --resume.")
        found = find_system(options["system"])
        if found is not None and found.needs_secret and not secret.secret and not options["json"]:
            self.stderr.write("Without --secret-env its passwords and keys can't be read; they are left out.")
        return create_run(
            system=options["system"],
            location=options["source"],
            options=secret,
            owner=_owner(options["owner"]),
            path_map=list(_pairs(options["path_map"]).items()),
            user_map=_pairs(options["user_map"]),
            is_dry_run=options["dry_run"],
        )

    @staticmethod
    def _resumed(options: dict[str, Any]) -> ImportRun:
        run = ImportRun.objects.filter(pk=options["resume"]).first()
        if run is None:
            raise CommandError(f"There is no import {options['resume']}.")
        if run.status == RunStatus.COMPLETED:
            raise CommandError(f"Import {run.pk} has ended; there is nothing to resume.")
        return run

    def _tell(self, run: ImportRun, report: dict[str, Any]) -> None:
        verb = "would come" if run.is_dry_run else "came"
        self.stdout.write(f"Import {run.pk} from {run.label}: what {verb}, in {report['seconds']:.1f} s")
        width = max((len(name) for name in report["tables"]), default=5)
        head = f"{'':{width}}  {'read':>9} {'created':>9} {'merged':>9} {'unchanged':>9} {'skipped':>9}"
        self.stdout.write(head)
        for name, row in report["tables"].items():
            numbers = " ".join(f"{row[key]:>9,}" for key in ("read", "created", "merged", "unchanged", "skipped"))
            reasons = ", ".join(f"{reason} {count:,}" for reason, count in row["reasons"].items())
            self.stdout.write(f"{name:{width}}  {numbers}  {reasons}".rstrip())
        if report["conflict_count"]:
            self.stdout.write(f"{report['conflict_count']:,} conflicts: see the page of import {run.pk}, or --json.")
        if "verification" in report:
            differences = sum(report["verification"]["differences"].values())
            told = f"{differences:,} differ: see import_verify {run.pk}" if differences else "all as in the source"
            self.stdout.write(f"{report['verification']['rows']:,} rows compared with the source, {told}.")
        if report["source_changed"]:
            self.stdout.write("The source was changed meanwhile: run it again to bring what is new.")


def _back_up() -> str:
    target = default_file()
    try:
        create_backup(target)
    except StackError as error:
        raise RunError(f"No backup could be made: {error} --no-backup goes without.") from None
    return str(target)


def _pairs(given: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in given:
        left, sign, right = text.partition("=")
        if not sign or not left or not right:
            raise CommandError(f"{text!r} has no two sides: write it as OLD=NEW.")
        pairs[left] = right
    return pairs


def _secret(name: str | None) -> str:
    if not name:
        return ""
    value = os.environ.get(name, "")
    if not value:
        raise CommandError(f"The environment variable {name} is empty or not set.")
    return value


def _owner(name: str | None) -> User | None:
    if not name:
        return None
    user = User.objects.filter(username__iexact=name).first()
    if user is None:
        raise CommandError(f"There is no user named {name}.")
    return user


class _Bar:
    """How far each table is, on one line of a terminal."""

    def __init__(self, command: BaseCommand, *, is_shown: bool) -> None:
        self._command, self._is_shown = command, is_shown
        self._told_at, self._width = 0.0, 0

    def __call__(self, table: str, read: int, total: int | None) -> None:
        now = time.monotonic()
        if not self._is_shown or (now - self._told_at < _EACH_SECONDS and read != total):
            return
        self._told_at = now
        if total:
            done = min(_BAR_WIDTH, _BAR_WIDTH * read // total)
            text = f"[{'#' * done}{'.' * (_BAR_WIDTH - done)}] {table} {read:,} of {total:,}"
        else:
            text = f"{table} {read:,}"
        self._command.stderr.write(f"\r{text:<{self._width}}", ending="")
        self._width = max(self._width, len(text))

    def end(self) -> None:
        if self._width:
            self._command.stderr.write(f"\r{'':<{self._width}}\r", ending="")
