"""Pictures of other systems: brought into our storage like uploads, or left out under a reason."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from importers.records import SourcePicture
from importers.services.pictures import Brought, bring_picture, is_same_picture, read_picture, remove_pictures
from people.models import Studio
from tests.people.factories import picture_bytes

LOGO: Any = Studio._meta.get_field("logo")
OWNER = ("viewra", "install-1", "studios", "7", "logo")


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {}}}
    settings.MEDIA_ROOT = str(tmp_path / "uploads")
    return tmp_path / "uploads"


@pytest.fixture
def old(tmp_path):
    """Where the other system's pictures lie on this machine; it knew them below /old."""
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "logo.png").write_bytes(picture_bytes(kind="PNG", size=(1000, 500)))
    return folder


def bring(
    picture: SourcePicture, old: Path, *, brought: Brought | None = None, is_dry: bool = False
) -> tuple[str, str]:
    return bring_picture(
        picture,
        column=LOGO,
        owner=OWNER,
        map_path=lambda path: path.replace("/old", str(old)),
        brought=brought if brought is not None else Brought(),
        is_dry=is_dry,
    )


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_picture_comes_through_the_path_map_and_is_encoded_like_an_upload(old, storage):
    name, reason = bring(SourcePicture(path="/old/logo.png"), old)

    assert reason == ""
    picture = Image.open(io.BytesIO((storage / name).read_bytes()))
    assert (picture.format, picture.size) == ("WEBP", (800, 400))
    assert name.startswith("studios/")


def test_bytes_come_without_a_path(old, storage):
    name, reason = bring(SourcePicture(content=picture_bytes(kind="JPEG")), old)

    assert (reason, files(storage)) == ("", [name])


def test_the_same_picture_for_the_same_row_is_stored_once(old, storage):
    brought = Brought()
    first, _ = bring(SourcePicture(path="/old/logo.png"), old, brought=brought)
    second, _ = bring(SourcePicture(path="/old/logo.png"), old, brought=brought)

    assert first == second
    assert files(storage) == [first]
    assert len(brought.new) == 1


def test_a_dry_run_writes_nothing_and_names_the_same_picture(old, storage):
    brought = Brought()
    planned, reason = bring(SourcePicture(path="/old/logo.png"), old, brought=brought, is_dry=True)

    assert (reason, brought.planned, files(storage)) == ("", 1, [])
    assert bring(SourcePicture(path="/old/logo.png"), old)[0] == planned


@pytest.mark.parametrize("path", ["", "/old/none.png", "/old", "/old/\0.png", "/old/" + "x" * 5000])
def test_a_picture_that_is_not_there_is_told(old, storage, path):
    assert bring(SourcePicture(path=path), old) == ("", "picture_missing")
    assert files(storage) == []


@pytest.mark.parametrize("content", [b"", b"no picture", b"<svg></svg>", picture_bytes()[:100]])
def test_a_picture_that_cannot_be_read_is_told(old, storage, content):
    (old / "broken.png").write_bytes(content)

    assert bring(SourcePicture(path="/old/broken.png"), old) == ("", "picture_unreadable")
    assert files(storage) == []


def test_what_no_row_will_name_is_discarded_and_what_was_there_stays(old, storage):
    kept, _ = bring(SourcePicture(path="/old/logo.png"), old)
    brought = Brought()
    bring(SourcePicture(path="/old/logo.png"), old, brought=brought)
    bring(SourcePicture(content=picture_bytes(kind="JPEG")), old, brought=brought)

    brought.discard()

    assert files(storage) == [kept]


def test_removing_takes_the_file_and_minds_none_that_is_gone(old, storage):
    name, _ = bring(SourcePicture(path="/old/logo.png"), old)

    remove_pictures(LOGO, [name, "", "studios/gone.webp"])

    assert files(storage) == []


def encoded(quality: int = 88, **options: Any) -> bytes:
    picture = Image.open(io.BytesIO(picture_bytes(kind="PNG", **options)))
    target = io.BytesIO()
    picture.convert("RGB").save(target, "WEBP", quality=quality)
    return target.getvalue()


def test_pictures_compare_by_what_they_show():
    other = io.BytesIO()
    Image.new("RGB", (64, 48), "white").save(other, "WEBP")

    assert is_same_picture(encoded(), encoded(quality=70))
    assert not is_same_picture(encoded(), other.getvalue())
    assert not is_same_picture(encoded(), encoded(size=(64, 50)))
    assert not is_same_picture(b"torn", encoded())


def test_reading_again_gives_the_bytes_that_were_stored(old, storage):
    name, _ = bring(SourcePicture(path="/old/logo.png"), old)
    expected, _ = read_picture(
        SourcePicture(path="/old/logo.png"), column=LOGO, map_path=lambda path: path.replace("/old", str(old))
    )

    assert (storage / name).read_bytes() == expected
