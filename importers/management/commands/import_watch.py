"""manage.py import_watch SYSTEM SOURCE"""

import json
import os
import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from importers.exceptions import ImportersError
from importers.registry import SourceOptions
from importers.services.tables import CancelledError
from importers.services.watching import Consistency, Line, Watching
from library.models import User

_LEAST_SECONDS = 5
# Of each list in the text; --json has more.
_SHOWN = 10


class Command(BaseCommand):
    help = (
        "Keeps importing what changes in the old system while both are used, and tells where they differ, until "
        "SIGTERM. Paths, owner and accounts are those of the last import of the same source unless they are given."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("system")
        parser.add_argument("source", help="As for import_from")
        parser.add_argument("--path-map", action="append", metavar="OLD=NEW", help="May be given several times")
        parser.add_argument("--user-map", action="append", metavar="THEIRS=OURS", help="May be given several times")
        parser.add_argument("--owner", metavar="USER")
        parser.add_argument("--secret-env", metavar="NAME", help="The variable that holds the old system's key")
        parser.add_argument("--interval", type=int, default=300, metavar="SECONDS", help="Between looks (300)")
        parser.add_argument("--once", action="store_true", help="Looks once and ends")
        parser.add_argument("--json", action="store_true", help="Each report as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["interval"] < _LEAST_SECONDS:
            raise CommandError(f"--interval is at least {_LEAST_SECONDS} seconds.")
        watching = _watching(options)
        if options["once"]:
            try:
                self._tell(watching.look(), is_json=options["json"])
            except ImportersError as error:
                raise CommandError(str(error)) from None
            return
        stopping = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            stopping.set()

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._watch(watching, stopping, options)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _watch(self, watching: Watching, stopping: threading.Event, options: dict[str, Any]) -> None:
        """Until told to stop. A source that can't be read just now is tried again at the next look."""

        def check(table: str, done: int, total: int | None) -> None:
            if stopping.is_set():
                raise _StoppedError("It was told to stop; the next look goes on.")

        while not stopping.is_set():
            try:
                self._tell(watching.look(on_progress=check), is_json=options["json"])
            except _StoppedError:
                return
            except ImportersError as error:
                self.stderr.write(f"Not this time: {error}")
            except DatabaseError as error:
                self.stderr.write(f"The database is away ({error}); trying again.")
                connections.close_all()
            stopping.wait(options["interval"])

    def _tell(self, found: Consistency | None, *, is_json: bool) -> None:
        if found is None:
            return
        if is_json:
            self.stdout.write(json.dumps(found.as_json()))
        else:
            self.stdout.write("\n".join(_text(found)))
        self.stdout.flush()


class _StoppedError(CancelledError):
    """Told to stop between two chunks: what was written stays, the next look goes on."""


def _watching(options: dict[str, Any]) -> Watching:
    owner = None
    if options["owner"]:
        owner = User.objects.filter(username__iexact=options["owner"]).first()
        if owner is None:
            raise CommandError(f"There is no account named {options['owner']}.")
    return Watching(
        system=options["system"],
        location=options["source"],
        options=SourceOptions(secret=_secret(options["secret_env"])),
        owner=owner,
        path_map=_pairs(options["path_map"], "--path-map"),
        user_map=dict(_pairs(options["user_map"], "--user-map") or ()) if options["user_map"] else None,
    )


def _secret(name: str | None) -> str:
    if not name:
        return ""
    if not os.environ.get(name):
        raise CommandError(f"The variable {name} is empty or not set.")
    return os.environ[name]


def _pairs(given: list[str] | None, option: str) -> list[tuple[str, str]] | None:
    if given is None:
        return None
    pairs = [text.partition("=") for text in given]
    if any(not (old and sign and new) for old, sign, new in pairs):
        raise CommandError(f"{option} takes OLD=NEW.")
    return [(old, new) for old, _, new in pairs]


def _text(found: Consistency) -> list[str]:
    lines = [
        f"{found.at:%Y-%m-%d %H:%M:%S} {found.source}: {found.rows:,} rows, {found.new:,} new, "
        f"{found.changed:,} changed, {found.unchanged:,} unchanged, {found.left_out:,} left out"
    ]
    lines += _listed("changed there", found.changed, found.changed_rows)
    lines += _listed("gone there, kept here", found.gone_count, found.gone)
    lines += _listed("edited here, kept", found.edited_count, found.edited)
    if found.conflict_count:
        lines.append(f"  {found.conflict_count:,} in conflict: the import's report lists them")
    if found.is_consistent:
        lines.append("  Both agree.")
    return lines


def _listed(words: str, count: int, rows: list[Line]) -> list[str]:
    if not count:
        return []
    listed = [
        f"    {row.table} {row.key} {row.title}" + (f" ({', '.join(row.fields)})" if row.fields else "")
        for row in rows[:_SHOWN]
    ]
    more = [f"    and {count - _SHOWN:,} more"] if count > _SHOWN else []
    return [f"  {count:,} {words}", *listed, *more]
