"""Log files that stay bounded: what a service prints goes to HOME/log/<name>.log."""

import os
import shutil
from pathlib import Path
from typing import BinaryIO

LIMIT_BYTES = 5_000_000
KEPT = 3


def open_log(folder: Path, name: str) -> BinaryIO:
    """Opened for appending, so that `rotate` may empty the file under the process that writes to it."""
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{name}.log").open("ab", buffering=0)


def rotate(folder: Path, name: str) -> None:
    """Copies a full log to `<name>.log.1` and empties it; lines written in between the two steps are lost."""
    path = folder / f"{name}.log"
    try:
        if path.stat().st_size < LIMIT_BYTES:
            return
    except FileNotFoundError:
        return
    for number in range(KEPT - 1, 0, -1):
        older = folder / f"{name}.log.{number}"
        if older.exists():
            older.replace(folder / f"{name}.log.{number + 1}")
    shutil.copyfile(path, folder / f"{name}.log.1")
    os.truncate(path, 0)


def tail(folder: Path, name: str, lines: int = 6) -> str:
    """The last lines of a log, indented, for an error message; empty when there is none."""
    path = folder / f"{name}.log"
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4000))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "".join(f"\n    {line}" for line in text.splitlines()[-lines:])
