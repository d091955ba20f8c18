"""Which release this is, and whether two machines run the same code."""

import functools
import hashlib
import tomllib
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent
# What decides what is written to the database; a difference in a style sheet is none.
_ROOMS = ("config", "library", "people", "processing", "faces", "playback", "stats", "importers")


@functools.cache
def release() -> str:
    """The version in pyproject.toml: "0.1.0"."""
    return str(tomllib.loads((_PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


@functools.cache
def code_version() -> str:
    """The release and twelve digits over all Python files of the apps. Reads some hundred files, once a process."""
    digest = hashlib.blake2b(digest_size=6)
    for room in _ROOMS:
        for path in sorted((_PROJECT / room).rglob("*.py")):
            digest.update(f"{path.relative_to(_PROJECT).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return f"{release()}-{digest.hexdigest()}"
