"""Whatever is done to files between two scans, content that is still there keeps its row."""

import random
from pathlib import Path

import pytest

from library.hashing import oshash
from library.models import Folder
from library.services import scan as scan_module
from tests.library.factories import make_folder, write_file
from tests.library.scanning import scan

pytestmark = pytest.mark.django_db


class Owner:
    """Someone who renames, swaps, replaces, deletes, restores and adds files; no two have the same content."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.chance = root, random.Random(seed)
        self.bin: list[bytes] = []

    def files(self) -> list[Path]:
        return sorted(self.root.rglob("*.mp4"))

    def do_something(self) -> None:
        path = self.root / self.chance.choice("xyz") / f"{self.chance.randrange(8)}.mp4"
        files = self.files()
        others = [file for file in files if file != path]
        action = self.chance.choice(["add", "move", "move", "swap", "delete", "restore"])
        if action == "add" and not path.exists():
            write_file(path)
        elif action == "restore" and self.bin and not path.exists():
            write_file(path, content=self.bin.pop())
        elif action == "move" and others:
            self._throw_away(path)
            path.parent.mkdir(exist_ok=True)
            self.chance.choice(others).replace(path)
        elif action == "swap" and len(files) > 1:
            one, other = self.chance.sample(files, 2)
            one.rename(self.root / "aside")
            other.rename(one)
            (self.root / "aside").rename(other)
        elif action == "delete" and files:
            self._throw_away(files[0])
            files[0].unlink()

    def _throw_away(self, path: Path) -> None:
        if path.exists():
            self.bin.append(path.read_bytes())


def rows_by_content(folder: Folder) -> dict[str, int]:
    return {file.oshash: file.pk for file in folder.files.filter(missing_since=None)}


def rows_by_path(folder: Folder) -> dict[str, str]:
    return {file.relative_path: file.oshash for file in folder.files.filter(missing_since=None)}


@pytest.mark.parametrize("seed", range(8))
def test_content_that_is_still_there_keeps_its_row(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(scan_module, "BATCH", 1 + seed % 3)
    owner, folder = Owner(tmp_path, seed), make_folder(path=tmp_path)
    known: dict[str, int] = {}

    for _ in range(12):
        for _ in range(6):
            owner.do_something()
        found = scan(folder, accept_missing=True)
        now = rows_by_content(folder)

        on_disk = {str(path.relative_to(tmp_path)): oshash(str(path)) for path in owner.files()}
        assert rows_by_path(folder) == on_disk
        assert {content: pk for content, pk in known.items() if content in now}.items() <= now.items()
        assert found.get("seen", 0) == len(on_disk)
        assert found.get("missing", 0) <= len(known)
        known = now
