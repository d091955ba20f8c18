"""Serving made pictures."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client

from tests.library.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture
def derived(tmp_path: Path, settings) -> Path:
    """A derived storage of the test's own, with a secret beside it."""
    root = tmp_path / "derived"
    root.mkdir()
    (tmp_path / "secret.webp").write_bytes(b"secret")
    options = {"location": root, "base_url": "/derived/"}
    settings.STORAGES = {**settings.STORAGES, "derived": {**settings.STORAGES["derived"], "OPTIONS": options}}
    return root


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("frames/1/a.webp", "image/webp"), ("frames/1/a.vtt", "text/vtt; charset=utf-8"), ("a.jpg", "image/jpeg")],
)
def test_a_picture_may_be_kept_for_ever(viewer: Client, derived: Path, name: str, content_type: str) -> None:
    storages["derived"].save(name, ContentFile(b"picture"))

    response = viewer.get(f"/derived/{name}")

    assert b"".join(response) == b"picture"
    assert response["Content-Type"] == content_type
    assert response["Content-Length"] == "7"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"


def test_head_has_the_length_and_no_body(viewer: Client, derived: Path) -> None:
    storages["derived"].save("a.webp", ContentFile(b"picture"))

    response = viewer.head("/derived/a.webp")

    assert (response["Content-Length"], response.content) == ("7", b"")


@pytest.mark.parametrize(
    "path",
    [
        "gone.webp",
        "../secret.webp",
        "%2e%2e/secret.webp",
        "a/../../secret.webp",
        "..%2fsecret.webp",
        "/etc/passwd",
        "//etc/x.webp",
        "%00.webp",
        "folder.webp",
        "a.webp.0123.part",
        "a.py",
        "a" * 5000 + ".webp",
        "",
    ],
)
def test_nothing_outside_the_storage_and_nothing_unknown_is_served(viewer: Client, derived: Path, path: str) -> None:
    (derived / "folder.webp").mkdir()
    (derived / "a.webp.0123.part").write_bytes(b"half")
    (derived / "a.py").write_bytes(b"code")

    assert viewer.get(f"/derived/{path}").status_code == 404


def test_a_link_out_of_the_storage_is_only_what_someone_with_the_disk_made(viewer: Client, derived: Path) -> None:
    assert viewer.post("/derived/a.webp").status_code == 405


@pytest.mark.parametrize(
    ("wanted", "body", "told"),
    [("bytes=2-4", b"ctu", "bytes 2-4/7"), ("bytes=5-", b"re", "bytes 5-6/7"), ("bytes=-1", b"e", "bytes 6-6/7")],
)
def test_a_clip_is_sent_in_the_pieces_that_players_ask_for(
    viewer: Client, derived: Path, wanted: str, body: bytes, told: str
) -> None:
    storages["derived"].save("previews/1/a.mp4", ContentFile(b"picture"))

    response = viewer.get("/derived/previews/1/a.mp4", headers={"range": wanted})

    assert (response.status_code, b"".join(response), response["Content-Range"]) == (206, body, told)
    assert (response["Content-Type"], response["Content-Length"]) == ("video/mp4", str(len(body)))
    assert "immutable" in response["Cache-Control"]


def test_without_a_range_a_clip_is_whole_and_says_that_pieces_can_be_had(viewer: Client, derived: Path) -> None:
    storages["derived"].save("a.mp4", ContentFile(b"picture"))

    response = viewer.get("/derived/a.mp4", headers={"range": "lines=1-2"})

    assert (response.status_code, b"".join(response), response["Accept-Ranges"]) == (200, b"picture", "bytes")


def test_a_piece_behind_the_end_is_refused(viewer: Client, derived: Path) -> None:
    storages["derived"].save("a.mp4", ContentFile(b"picture"))

    response = viewer.get("/derived/a.mp4", headers={"range": "bytes=7-"})

    assert (response.status_code, response["Content-Range"]) == (416, "bytes */7")


def test_who_is_not_logged_in_gets_no_clip(client: Client, derived: Path) -> None:
    storages["derived"].save("a.mp4", ContentFile(b"picture"))

    assert client.get("/derived/a.mp4", headers={"range": "bytes=0-1"}).status_code == 302
