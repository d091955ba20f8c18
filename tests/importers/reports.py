"""Renews docs/moving-in/reports: a genuine source of a system, tried, imported, compared, imported again.

    VIDEOTHEK_HOME=/srv/reports .venv/bin/python -m tests.importers.reports video-streaming /srv/old
    VIDEOTHEK_HOME=/srv/reports .venv/bin/python -m tests.importers.reports goonhub /srv/old --take-back --to /tmp

The home should be a fresh one for each system; the source is built in the folder, or as a database of the home's server
where the system kept one. With `--take-back` the import is taken back at the end, and nothing of it may be left.
"""

import argparse
import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from config.embedded.stack import attach
from config.services.owner import ensure_owner
from tests.importers import goonhub, mediaos, video_streaming, viewra

PLACE = Path(__file__).parents[2] / "docs" / "moving-in" / "reports"
_OUTCOMES = ("read", "created", "merged", "unchanged", "skipped")
_KEY = "MEDIAOS_KEY"


@contextmanager
def _source(system: str, folder: Path) -> Iterator[str]:
    """Where the source lies, built anew."""
    place = folder / system
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if system == "goonhub":
        with goonhub.made_database("goonhub") as url:
            goonhub.build_clean(url)
            yield url
    elif system == "mediaos":
        yield str(mediaos.build_clean(place))
    else:
        build = {"video-streaming": video_streaming.build_clean, "viewra": viewra.build_clean}[system]
        yield str(build(place / "data.db"))


def _run(command: str, *arguments: str) -> dict[str, Any]:
    """What the command prints as JSON, whatever its exit status."""
    out = io.StringIO()
    try:
        call_command(command, *arguments, "--json", stdout=out)
    except SystemExit as ended:
        sys.stdout.write(f"{command} ended with {ended.code}\n")
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def _tell(step: str, report: dict[str, Any]) -> None:
    tables = report["tables"].values()
    numbers = ", ".join(f"{sum(table[name] for table in tables):,} {name}" for name in _OUTCOMES)
    sys.stdout.write(
        f"{step}: {numbers}; {report['conflict_count']} conflicts, {report['seconds']} s, "
        f"verified {report['verified']}\n"
    )


def _keep(path: Path, report: dict[str, Any], system: str) -> None:
    """The report without where this machine has the source."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = report | {"source": f"postgresql:///{system}" if system == "goonhub" else Path(report["source"]).name}
    path.write_text(json.dumps(shown, indent=1, ensure_ascii=False) + "\n")


def main(system: str, folder: Path, place: Path, *, is_taking_back: bool) -> None:
    with _source(system, folder) as location:
        asked = [system, location, *(["--secret-env", _KEY] if system == "mediaos" else [])]
        for kind, more in (("dry-run", ["--dry-run"]), ("run", [])):
            report = _run("import_from", *asked, *more)
            _tell(kind, report)
            _keep(place / f"{system}-{kind}.json", report, system)
        verified = _run("import_verify", str(report["run"]), *asked[2:])
        sys.stdout.write(
            f"verify: {verified['rows']:,} rows, {verified['fields']:,} fields, differences {verified['differences']}\n"
        )
        again = _run("import_from", *asked)
        _tell("again", again)
        if is_taking_back:
            for run in (again["run"], report["run"]):
                gone = _run("import_rollback", str(run))
                told = ", ".join(f"{gone[name]:,} {name}" for name in ("deleted", "restored", "kept_count"))
                sys.stdout.write(f"roll-back of {run}: {told} {gone['kept'][:5]}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", choices=["video-streaming", "mediaos", "viewra", "goonhub"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--take-back", action="store_true")
    parser.add_argument("--to", type=Path, default=PLACE, metavar="FOLDER")
    given = parser.parse_args()
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", _KEY: mediaos.OLD_KEY}
    attachment = attach(title="reports")
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        ensure_owner()
        main(given.system, given.folder, given.to, is_taking_back=given.take_back)
    finally:
        attachment.close()
