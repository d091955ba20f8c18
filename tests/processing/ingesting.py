"""`manage.py ingest` as tests call and read it."""

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import call_command

from processing.models import Thumbnail
from tests.library.factories import LONG_AGO_NS


def settle(folder: Path) -> None:
    """Every file in it is long done, so that a scan does not wait for it."""
    for place, _, names in os.walk(folder):
        for name in names:
            os.utime(Path(place, name), ns=(LONG_AGO_NS, LONG_AGO_NS), follow_symlinks=False)


def turn_aside(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Derived files go to this folder. A field keeps the storage that it was made with."""
    for storage in (storages["derived"], Thumbnail._meta.get_field("small").storage):
        for name in ("base_location", "location"):
            patch.setitem(storage.__dict__, name, str(folder))


def ingest(folder: Path | str) -> dict[str, Any]:
    """What the command prints with `--json`, run in this process."""
    out = StringIO()
    call_command("ingest", os.fspath(folder), json=True, stdout=out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def by_name(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Its files by the last part of their paths."""
    return {os.path.basename(file["path"]): file for file in report["files"]}
