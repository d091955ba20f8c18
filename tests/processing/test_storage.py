import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile, File

from processing.storage import DerivedStorage


class _Breaking(ContentFile):
    """Half of a file, then the disk is full."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"half"
        raise OSError(28, "No space left on device")


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def storage(tmp_path: Path) -> DerivedStorage:
    return DerivedStorage(location=tmp_path, base_url="/derived/")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_file_is_stored_under_exactly_its_name(storage: DerivedStorage, tmp_path: Path) -> None:
    name = storage.save("a/b.webp", ContentFile(b"new"))

    assert name == "a/b.webp"
    assert (tmp_path / "a/b.webp").read_bytes() == b"new"
    assert _files(tmp_path) == ["a/b.webp"]


def test_saving_again_replaces_the_file(storage: DerivedStorage, tmp_path: Path) -> None:
    storage.save("a.webp", ContentFile(b"old"))

    storage.save("a.webp", ContentFile(b"new"))

    assert (tmp_path / "a.webp").read_bytes() == b"new"


def test_a_reader_keeps_the_old_file_while_a_new_one_is_written(storage: DerivedStorage) -> None:
    storage.save("a.webp", ContentFile(b"old"))

    with storage.open("a.webp") as reader:
        storage.save("a.webp", ContentFile(b"new"))
        seen = reader.read()

    assert seen == b"old"


def test_a_write_that_breaks_off_leaves_what_was_there(storage: DerivedStorage, tmp_path: Path) -> None:
    storage.save("a.webp", ContentFile(b"old"))

    with pytest.raises(OSError, match="No space left"):
        storage.save("a.webp", _Breaking(b""))

    assert (tmp_path / "a.webp").read_bytes() == b"old"
    assert _files(tmp_path) == ["a.webp"]


def test_a_full_disk_leaves_no_half_file(tiny_disk: Path) -> None:
    storage = DerivedStorage(location=tiny_disk)

    with pytest.raises(OSError, match="No space left"):
        storage.save("a.webp", File(ContentFile(b"x" * 200_000)))

    assert _files(tiny_disk) == []


def test_deleting_the_last_file_removes_its_folder(storage: DerivedStorage, tmp_path: Path) -> None:
    storage.save("file/key/a.webp", ContentFile(b"1"))
    storage.save("file/key/b.webp", ContentFile(b"2"))

    storage.delete("file/key/a.webp")
    kept = (tmp_path / "file/key").is_dir()
    storage.delete("file/key/b.webp")

    assert (kept, (tmp_path / "file/key").exists()) == (True, False)


def test_deleting_what_is_not_there_is_no_error(storage: DerivedStorage) -> None:
    storage.delete("nowhere/a.webp")

    assert not storage.exists("nowhere/a.webp")
