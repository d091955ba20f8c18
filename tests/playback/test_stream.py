"""The bytes of a file over HTTP, with real files."""

import os
import random
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils.http import http_date

from library.models import Folder, Video, VideoFile
from library.ranges import LARGEST_PIECE_BYTES, SENDS_ASIDE
from tests.library.factories import LONG_AGO_NS, make_file, make_folder, make_user, write_file

pytestmark = pytest.mark.django_db

SIZE = LARGEST_PIECE_BYTES + 300_000
CONTENT = random.Random(7).randbytes(SIZE)
MODIFIED = http_date(LONG_AGO_NS // 10**9)


@pytest.fixture(autouse=True)
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing a response ends its request, which would close the connection that the test's transaction lives in."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture
def file(tmp_path: Path) -> VideoFile:
    path = write_file(tmp_path / "film.mp4", content=CONTENT)
    os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))
    return make_file(path=path)


def address(file: VideoFile) -> str:
    return f"/videos/{file.video_id}/stream"


def body(response) -> bytes:
    """What was sent; the response is closed as a server closes it."""
    sent = b"".join(response) if response.streaming else response.content
    response.close()
    return sent


def test_without_a_range_the_whole_file_is_sent(viewer: Client, file: VideoFile) -> None:
    response = viewer.get(address(file))

    assert response.status_code == 200
    assert response["Content-Length"] == str(SIZE)
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Type"] == "video/mp4"
    assert response["Last-Modified"] == MODIFIED
    assert response["Content-Disposition"] == 'inline; filename="film.mp4"'
    assert "Content-Range" not in response
    assert body(response) == CONTENT


def test_a_player_that_asks_for_everything_gets_two_mebibytes(viewer: Client, file: VideoFile) -> None:
    response = viewer.get(address(file), headers={"range": "bytes=0-"})

    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes 0-2097151/{SIZE}"
    assert response["Content-Length"] == str(LARGEST_PIECE_BYTES)
    assert body(response) == CONTENT[:LARGEST_PIECE_BYTES]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=1000-1999", 1000, 1999),
        (f"bytes={SIZE - 5}-", SIZE - 5, SIZE - 1),
        ("bytes=-100", SIZE - 100, SIZE - 1),
        ("bytes=5-9,100-200", 5, 9),
    ],
)
def test_a_range_gets_exactly_its_bytes(viewer: Client, file: VideoFile, asked: str, first: int, last: int) -> None:
    response = viewer.get(address(file), headers={"range": asked})

    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response["Content-Length"] == str(last - first + 1)
    assert body(response) == CONTENT[first : last + 1]


def test_pieces_asked_for_one_after_the_other_make_the_file(viewer: Client, file: VideoFile) -> None:
    received = b""

    while len(received) < SIZE:
        received += body(viewer.get(address(file), headers={"range": f"bytes={len(received)}-"}))

    assert received == CONTENT


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 10}-{SIZE + 20}", "bytes=-0"])
def test_a_range_behind_the_end_is_416_with_the_length(viewer: Client, file: VideoFile, asked: str) -> None:
    response = viewer.get(address(file), headers={"range": asked})

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("asked", ["bytes=9-5", "lines=1-2", "bytes=x-"])
def test_a_broken_range_is_ignored(viewer: Client, file: VideoFile, asked: str) -> None:
    response = viewer.get(address(file), headers={"range": asked})

    assert response.status_code == 200
    assert body(response) == CONTENT


def test_head_has_the_headers_and_no_body(viewer: Client, file: VideoFile) -> None:
    response = viewer.head(address(file))

    assert response.status_code == 200
    assert response["Content-Length"] == str(SIZE)
    assert response["Accept-Ranges"] == "bytes"
    assert response["ETag"]
    assert body(response) == b""


def test_the_etag_is_strong_and_changes_with_the_file(viewer: Client, file: VideoFile) -> None:
    before = viewer.head(address(file))["ETag"]
    same = viewer.head(address(file))["ETag"]
    os.utime(file.fs_path, ns=(LONG_AGO_NS + 1, LONG_AGO_NS + 1))

    after = viewer.head(address(file))["ETag"]

    assert before == same
    assert before.startswith('"')
    assert before != after


def test_an_unchanged_file_is_304(viewer: Client, file: VideoFile) -> None:
    etag = viewer.head(address(file))["ETag"]

    by_etag = viewer.get(address(file), headers={"if-none-match": etag, "range": "bytes=0-5"})
    by_date = viewer.get(address(file), headers={"if-modified-since": MODIFIED})

    assert (by_etag.status_code, by_date.status_code) == (304, 304)
    assert by_etag["ETag"] == etag
    assert body(by_etag) == body(by_date) == b""


def test_a_changed_file_is_sent_to_who_has_the_old_one(viewer: Client, file: VideoFile) -> None:
    by_etag = viewer.get(address(file), headers={"if-none-match": '"old"'})
    by_date = viewer.get(address(file), headers={"if-modified-since": http_date(LONG_AGO_NS // 10**9 - 10)})

    assert (by_etag.status_code, by_date.status_code) == (200, 200)
    by_etag.close()
    by_date.close()


def test_if_match_of_another_file_fails(viewer: Client, file: VideoFile) -> None:
    response = viewer.get(address(file), headers={"if-match": '"other"', "range": "bytes=0-5"})

    assert response.status_code == 412


@pytest.mark.parametrize("condition", ["etag", "date"])
def test_if_range_that_still_holds_gets_the_piece(viewer: Client, file: VideoFile, condition: str) -> None:
    value = viewer.head(address(file))["ETag"] if condition == "etag" else MODIFIED

    response = viewer.get(address(file), headers={"range": "bytes=5-9", "if-range": value})

    assert response.status_code == 206
    assert body(response) == CONTENT[5:10]


@pytest.mark.parametrize("value", ['"other"', "W/{etag}", http_date(LONG_AGO_NS // 10**9 + 10), "yesterday"])
def test_if_range_that_no_longer_holds_gets_the_whole_file(viewer: Client, file: VideoFile, value: str) -> None:
    value = value.format(etag=viewer.head(address(file))["ETag"])

    response = viewer.get(address(file), headers={"range": "bytes=5-9", "if-range": value})

    assert response.status_code == 200
    assert body(response) == CONTENT


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.mkv", "video/x-matroska"),
        ("a.M4V", "video/mp4"),
        ("a.ts", "video/mp2t"),
        ("a.m2ts", "video/mp2t"),
        ("a.wmv", "video/x-ms-wmv"),
        ("a.flv", "video/x-flv"),
        ("a.webm", "video/webm"),
        ("a.mov", "video/quicktime"),
        ("a.avi", "video/x-msvideo"),
    ],
)
def test_the_type_comes_from_the_librarys_own_table(
    viewer: Client, tmp_path: Path, name: str, content_type: str
) -> None:
    file = make_file(path=write_file(tmp_path / name))

    assert viewer.head(address(file))["Content-Type"] == content_type


def test_a_name_that_is_not_ascii_or_not_utf8_is_offered_for_saving(viewer: Client, tmp_path: Path) -> None:
    accented = make_file(path=write_file(tmp_path / "Café 雪.mp4"))
    broken = make_file(path=write_file(tmp_path / os.fsdecode(b"bad\xff\nname.mp4")), folder=accented.folder)

    responses = [viewer.head(address(file)) for file in (accented, broken)]

    assert responses[0]["Content-Disposition"] == "inline; filename*=utf-8''Caf%C3%A9%20%E9%9B%AA.mp4"
    assert [response.status_code for response in responses] == [200, 200]
    assert "\n" not in responses[1]["Content-Disposition"]


def test_an_empty_file_is_sent_as_nothing(viewer: Client, tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    file = make_file(path=path)

    response = viewer.get(address(file))

    assert response.status_code == 200
    assert body(response) == b""
    assert viewer.get(address(file), headers={"range": "bytes=0-"}).status_code == 416


def test_a_file_that_is_gone_is_404(viewer: Client, file: VideoFile) -> None:
    os.unlink(file.fs_path)

    assert viewer.get(address(file)).status_code == 404


def test_a_folder_in_the_files_place_is_404(viewer: Client, file: VideoFile) -> None:
    os.unlink(file.fs_path)
    Path(file.fs_path).mkdir()

    assert viewer.get(address(file)).status_code == 404


def test_a_pipe_in_the_files_place_is_404_and_is_not_waited_for(viewer: Client, file: VideoFile) -> None:
    os.unlink(file.fs_path)
    os.mkfifo(file.fs_path)

    assert viewer.get(address(file)).status_code == 404


@pytest.mark.parametrize("path", ["../secret.mp4", "a/../../secret.mp4", "/etc/passwd", ""])
def test_a_path_that_leaves_its_folder_is_404(viewer: Client, tmp_path: Path, path: str) -> None:
    write_file(tmp_path / "secret.mp4")
    (tmp_path / "inside" / "a").mkdir(parents=True)
    file = make_file(folder=make_folder(path=tmp_path / "inside"), relative_path=path)

    assert viewer.get(address(file)).status_code == 404


def test_a_link_that_the_scan_indexed_is_followed(viewer: Client, tmp_path: Path) -> None:
    write_file(tmp_path / "elsewhere" / "real.mp4", content=b"real")
    folder = make_folder(path=tmp_path / "inside")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "link.mp4").symlink_to(tmp_path / "elsewhere" / "real.mp4")
    file = make_file(folder=folder, path=tmp_path / "inside" / "link.mp4")

    assert body(viewer.get(address(file))) == b"real"


def test_a_file_of_a_folder_that_is_switched_off_is_404(viewer: Client, file: VideoFile) -> None:
    Folder.objects.update(is_active=False)

    assert viewer.get(address(file)).status_code == 404
    assert viewer.get(f"/videos/{file.video_id}/").status_code == 404


def test_a_file_that_may_not_be_read_is_404_and_the_log_says_why(
    viewer: Client, file: VideoFile, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("playback.services.watching.os.open", refuse)

    assert viewer.get(address(file)).status_code == 404
    assert "film.mp4 may not be read; give Videothek's user the right to read it." in caplog.text


@pytest.mark.parametrize("video_id", [0, 999_999_999, 10**30])
def test_a_video_that_does_not_exist_is_404(viewer: Client, video_id: int) -> None:
    assert viewer.get(f"/videos/{video_id}/stream").status_code == 404


def test_a_video_whose_file_is_forgotten_is_404(viewer: Client) -> None:
    video = Video.objects.create(title="Forgotten")

    assert viewer.get(f"/videos/{video.pk}/stream").status_code == 404


def test_who_is_not_logged_in_gets_no_byte(client: Client, file: VideoFile) -> None:
    response = client.get(address(file), headers={"range": "bytes=0-"})

    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


def test_a_stream_that_ends_early_closes_its_file(viewer: Client, file: VideoFile) -> None:
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(5):
        viewer.get(address(file), headers={"range": "bytes=0-"}).close()
        viewer.get(address(file), headers={"range": f"bytes={SIZE}-"}).close()
        viewer.head(address(file)).close()

    assert len(os.listdir("/proc/self/fd")) == before


def test_another_file_of_the_video_is_sent_by_its_number(viewer: Client, file: VideoFile, tmp_path: Path) -> None:
    path = write_file(tmp_path / "other.webm", content=b"another encode")
    other = make_file(path=path, folder=file.folder, video=file.video, is_primary=False)
    strange = make_file()

    assert body(viewer.get(f"{address(file)}?file={other.pk}")) == b"another encode"
    for wrong in (strange.pk, "x", "-1", "9" * 40):
        assert viewer.get(f"{address(file)}?file={wrong}").status_code == 404


def test_a_server_that_needs_no_thread_for_it_is_given_larger_pieces(viewer: Client, file: VideoFile) -> None:
    response = viewer.get(address(file), headers={"range": "bytes=0-"}, **{SENDS_ASIDE: True})

    assert response.status_code == 206
    assert body(response) == CONTENT


def test_a_proxy_in_front_sends_the_file(viewer: Client, tmp_path: Path, settings) -> None:
    settings.SENDFILE = "caddy"
    file = make_file(path=write_file(tmp_path / "a film & more.mp4", content=CONTENT))

    response = viewer.get(address(file), headers={"range": "bytes=5-9"})

    assert response.content == b""
    assert response["X-Accel-Redirect"].endswith("/a%20film%20%26%20more.mp4")
    assert "Content-Range" not in response
