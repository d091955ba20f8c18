"""Sources that a browser sent: an SQLite file, a JSON file, or a ZIP of JSON files, kept below HOME/imports."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from django.conf import settings

from importers.exceptions import SourceError
from importers.sources.sqlite import is_sqlite

MOST_UPLOAD_BYTES = 2 * 1024**3
# What a ZIP may become: a small one that claims to hold terabytes is refused before the disk is full.
_MOST_UNPACKED_BYTES = 8 * 1024**3
_MOST_FILES = 2_000
_BLOCK = 1024 * 1024


class Sent(Protocol):
    """A file as Django's uploads are: `name` is what the sender calls it and is never used as a path."""

    name: str | None
    size: int | None

    def chunks(self) -> Iterable[bytes]: ...


def receive_source(sent: Sent) -> Path:
    """Keeps what was sent and returns where: the SQLite or JSON file, or the folder that a ZIP was unpacked into.

    Raises SourceError when it is too big, or none of these; then nothing is kept.
    """
    if (sent.size or 0) > MOST_UPLOAD_BYTES:
        raise SourceError(
            f"The file is larger than {MOST_UPLOAD_BYTES // 1024**3} GB: copy it to the server and give its path."
        )
    place = _new_place()
    try:
        path = place / "source"
        with path.open("wb") as file:
            for block in sent.chunks():
                file.write(block)
        return _settled(path)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def is_received(location: str) -> bool:
    """Whether the source is a copy that was sent, not somebody's own file."""
    return sources_folder() in Path(location).parents


def remove_received(location: str) -> bool:
    """Deletes the copy that was sent; never a file that lies elsewhere. Returns whether there was one."""
    folder = sources_folder()
    if not is_received(location):
        return False
    place = folder / Path(location).relative_to(folder).parts[0]
    there = place.is_dir()
    shutil.rmtree(place, ignore_errors=True)
    return there


def sources_folder() -> Path:
    """Where they lie: mode 0700, for they hold names, passwords' digests and keys."""
    return Path(str(settings.VIDEOTHEK_HOME)) / "imports"


def _new_place() -> Path:
    folder = sources_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Path(tempfile.mkdtemp(dir=folder))


def _settled(path: Path) -> Path:
    """The file under the name of what it is."""
    if is_sqlite(path):
        return path.rename(path.with_suffix(".sqlite"))
    if zipfile.is_zipfile(path):
        folder = path.with_name("unpacked")
        _unpack(path, folder)
        path.unlink()
        return _innermost(folder)
    with path.open("rb") as file:
        if file.read(_BLOCK).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            folder = path.with_name("json")
            folder.mkdir()
            path.rename(folder / "source.json")
            return folder
    raise SourceError("The file is no SQLite database, no JSON, and no ZIP of such files.")


def _unpack(path: Path, folder: Path) -> None:
    """Writes the files of the ZIP by their own names below `folder`; none outside, no links, none larger than said."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _MOST_UNPACKED_BYTES:
                raise SourceError("The ZIP holds too much: unpack it on the server and give the folder's path.")
            for entry in entries:
                target = folder / _safe_name(entry.filename)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as packed, target.open("xb") as file:
                    _copy(packed, file, entry.file_size)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise SourceError(f"The ZIP can't be unpacked: {error}.") from None


def _safe_name(name: str) -> str:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or any(part in ("..", "/") or ":" in part or "\x00" in part for part in parts):
        raise SourceError(f"The ZIP names a file outside itself ({name[:100]!r}).")
    return "/".join(parts)


def _copy(packed: IO[bytes], file: IO[bytes], size: int) -> None:
    """At most as many bytes as the ZIP's table says, which was added up before."""
    left = size
    while block := packed.read(min(_BLOCK, left + 1)):
        left -= len(block)
        if left < 0:
            raise SourceError("The ZIP is longer inside than it says.")
        file.write(block)


def _innermost(folder: Path) -> Path:
    """Past folders that only hold one folder; the SQLite file itself when the ZIP holds nothing else."""
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    if not entries:
        raise SourceError("The ZIP is empty.")
    if len(entries) == 1 and entries[0].is_dir():
        return _innermost(entries[0])
    if len(entries) == 1 and is_sqlite(entries[0]):
        return entries[0]
    return folder
