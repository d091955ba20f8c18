"""Writing a backup and proving one whole."""

import hashlib
import io
import json
import os
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from config import paths
from config.backup.programs import current_server, run_program, server_version
from config.embedded.errors import StackError

FORMAT = 1
MANIFEST, DATABASE, SECRET_KEY, UPLOADS = "manifest.json", "database.dump", "secrets/secret-key", "uploads/"
# What passwords of other systems are encrypted with in the database (importers/services/secrets.py).
DATA_KEY = "secrets/data-key"
KEYS = (SECRET_KEY, DATA_KEY)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; `files` has size and SHA-256 by name, `migrations` is "app.name"."""

    format: int
    videothek: str
    created_at: str
    postgres: int
    migrations: list[str]
    files: dict[str, dict[str, Any]]


class _Hashing:
    """Passes a file on and hashes what passes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._digest.update(block)
        return block

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def release() -> str:
    """This release's version."""
    text = (paths.PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def default_file() -> Path:
    return paths.backups() / f"videothek-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"


def create_backup(target: Path) -> Manifest:
    """Writes the backup to a temporary name beside `target`, mode 0600, and renames it when it is complete."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
            dump = Path(folder) / DATABASE
            server = current_server()
            options = ["--format=custom", "--no-owner", "--no-privileges", "--file", str(dump)]
            run_program("pg_dump", [*options, "--dbname", server.conninfo(server.name)], server)
            half = Path(folder) / "backup.tar"
            half.touch(mode=0o600)
            manifest = _write(half, dump, server_version(server))
            half.replace(target)
    except OSError as error:
        raise StackError(f"The backup {target} can't be written: {error.strerror}. Name another file.") from None
    return manifest


def _write(half: Path, dump: Path, postgres: int) -> Manifest:
    files: dict[str, dict[str, Any]] = {}
    with half.open("wb") as raw, tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, path in [(DATABASE, dump), *_kept_files()]:
            files[name] = _add(tar, name, path)
        manifest = Manifest(
            format=FORMAT,
            videothek=release(),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            postgres=postgres,
            migrations=sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()),
            files=files,
        )
        content = json.dumps({name: getattr(manifest, name) for name in manifest.__slots__}, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(content), 0o600
        tar.addfile(entry, io.BytesIO(content))
        tar.close()
        raw.flush()
        os.fsync(raw.fileno())
    return manifest


def _kept_files() -> list[tuple[str, Path]]:
    uploads = paths.uploads()
    found = [(name, paths.home() / name) for name in KEYS]
    found += [(UPLOADS + path.relative_to(uploads).as_posix(), path) for path in sorted(uploads.rglob("*"))]
    return [(name, path) for name, path in found if path.is_file() and not path.is_symlink()]


def _add(tar: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), 0o600
        hashing = _Hashing(file)
        tar.addfile(entry, hashing)
    return {"bytes": entry.size, "sha256": hashing.hexdigest()}


def read_manifest(source: Path) -> Manifest:
    """The manifest of a backup that is whole: every file there, with the size and hash it was written with.

    Raises StackError with a sentence when the file is no backup, damaged, or made by a newer release.
    """
    damaged = f"{source} is damaged or no backup of Videothek. Nothing was changed; use another backup."
    try:
        with tarfile.open(source, mode="r:") as tar:
            found = {entry.name: _check_entry(tar, entry) for entry in tar if entry.name != MANIFEST}
            text = tar.extractfile(MANIFEST)
            manifest = Manifest(**json.load(text)) if text else None
    except FileNotFoundError:
        raise StackError(f"There is no file {source}.") from None
    except (tarfile.TarError, OSError, KeyError, ValueError, TypeError):
        raise StackError(damaged) from None
    if manifest is None or DATABASE not in found:
        raise StackError(damaged)
    if manifest.format > FORMAT:
        raise StackError(f"{source} was made by Videothek {manifest.videothek}, which is newer: restore it with that.")
    if found != manifest.files:
        raise StackError(damaged)
    return manifest


def _check_entry(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> dict[str, Any]:
    """Size and hash of an entry; ValueError for anything that a backup doesn't hold."""
    name = PurePosixPath(entry.name)
    expected = entry.name in {DATABASE, *KEYS} or entry.name.startswith(UPLOADS)
    file = tar.extractfile(entry) if entry.isreg() else None
    if file is None or not expected or name.is_absolute() or ".." in name.parts:
        raise ValueError(entry.name)
    hashing = _Hashing(file)
    while hashing.read(1 << 20):
        pass
    return {"bytes": entry.size, "sha256": hashing.hexdigest()}
