"""Uploads over real HTTP, by the tus protocol: a broken connection, another window, damaged pieces, rights."""

import base64
import hashlib
import http.client
import json
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from library.hashing import oshash
from library.models import Folder, LibrarySettings, Upload, User
from library.models.upload import UploadStatus
from processing.models import Job
from tests.library.factories import make_file, make_folder, make_role, make_user, write_file

CONTENT = b"\x00\x00\x00\x18ftypmp42" + random.Random(9).randbytes(700_000)
PIECE = 300_000
TYPE = "application/offset+octet-stream"


def encoded(**facts: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items())


def checksum(data: bytes) -> str:
    return f"sha256 {base64.b64encode(hashlib.sha256(data).digest()).decode()}"


class Tus:
    """A client of the protocol that is logged in, over a real connection."""

    def __init__(self, address: str, user: User) -> None:
        client = Client()
        client.force_login(user)
        client.get("/login/")
        self.host = urlsplit(address).netloc
        token = "a" * 32
        cookies = f"sessionid={client.cookies['sessionid'].value}; csrftoken={token}"
        self.headers = {"Cookie": cookies, "X-CSRFToken": token, "Tus-Resumable": "1.0.0", "Host": self.host}

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], Any]:
        connection = http.client.HTTPConnection(self.host, timeout=20)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, {**self.headers, **given})
        answer = connection.getresponse()
        raw = answer.read()
        connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, json.loads(raw) if raw and "json" in found.get("content-type", "") else None

    def begin(self, *, name: str = "Harbour.mp4", size: int = len(CONTENT), **facts: str) -> Any:
        metadata = encoded(filename=name, **facts)
        return self.ask("POST", "/api/v1/uploads/", Upload_Length=str(size), Upload_Metadata=metadata)

    def send(self, path: str, offset: int, data: bytes, **headers: str) -> Any:
        given = {"Content_Type": TYPE, "Upload_Offset": str(offset), **headers}
        return self.ask("PATCH", path, data, **given)

    def break_off(self, path: str, offset: int, data: bytes, *, length: int) -> None:
        """Sends a part of a piece, and is gone."""
        lines = [f"PATCH {path} HTTP/1.1", f"Content-Type: {TYPE}", f"Upload-Offset: {offset}"]
        lines += [f"Content-Length: {length}", *(f"{name}: {value}" for name, value in self.headers.items())]
        host, port = self.host.split(":")
        with socket.create_connection((host, int(port)), timeout=20) as raw:
            raw.sendall("\r\n".join([*lines, "", ""]).encode() + data)
            raw.shutdown(socket.SHUT_WR)
            # Until the server has seen the end.
            while raw.recv(4096):
                pass


@pytest.fixture
def folder(transactional_db: None, tmp_path: Path) -> Iterator[Folder]:
    root = tmp_path / "films"
    root.mkdir()
    LibrarySettings.objects.create(upload_margin_gb=0)
    yield make_folder(path=root, is_default=True, name="Films")


@pytest.fixture
def tus(live_server, folder: Folder) -> Tus:
    return Tus(live_server.url, make_user(username="ana"))


def path_of(upload: Any) -> str:
    return str(upload[2]["address"])


def test_a_file_is_sent_broken_off_gone_on_with_and_taken_in(tus: Tus, folder: Folder) -> None:
    begun = tus.begin(key="k1")
    path = path_of(begun)
    first = tus.send(path, 0, CONTENT[:PIECE], Upload_Checksum=checksum(CONTENT[:PIECE]))
    tus.break_off(path, PIECE, CONTENT[PIECE : PIECE + 1000], length=PIECE)
    looked = tus.ask("HEAD", path)
    again = tus.begin(key="k1")
    at = int(looked[1]["upload-offset"])
    rest = tus.send(path, at, CONTENT[at:], Upload_Checksum=checksum(CONTENT[at:]))

    assert begun[0] == 201
    assert begun[1]["location"].endswith(path)
    assert (first[0], first[1]["upload-offset"]) == (204, str(PIECE))
    assert PIECE <= at <= PIECE + 1000
    assert looked[1]["upload-length"] == str(len(CONTENT))
    assert looked[1]["cache-control"] == "no-store"
    assert (again[0], path_of(again), again[2]["received_bytes"]) == (200, path, at)
    assert (rest[0], rest[1]["upload-offset"], rest[1]["upload-status"]) == (204, str(len(CONTENT)), "done")
    assert (Path(folder.fs_path) / "Harbour.mp4").read_bytes() == CONTENT
    assert Job.objects.filter(stage="probe").count() == 1


def test_wrong_pieces_are_answered_as_the_protocol_says(tus: Tus) -> None:
    path = path_of(tus.begin())

    answers = {
        "damaged": tus.send(path, 0, b"wrong", Upload_Checksum=checksum(b"right")),
        "elsewhere": tus.send(path, 5, b"x"),
        "type": tus.send(path, 0, b"x", Content_Type="video/mp4"),
        "version": tus.send(path, 0, b"x", Tus_Resumable="0.2.0"),
        "offset": tus.send(path, 0, b"x", Upload_Offset="-1"),
        "checksum": tus.send(path, 0, b"x", Upload_Checksum="md5 abc"),
        "too long": tus.send(path, 0, CONTENT + b"x"),
        "no video": tus.send(path, 0, b"MZ" + bytes(1000)),
        "over": tus.send(path, 0, b"x"),
        "nowhere": tus.send("/api/v1/uploads/00000000-0000-4000-8000-000000000000/", 0, b"x"),
    }

    assert {name: answer[0] for name, answer in answers.items()} == {
        "damaged": 460,
        "elsewhere": 409,
        "type": 415,
        "version": 412,
        "offset": 400,
        "checksum": 400,
        "too long": 400,
        "no video": 410,
        "over": 410,
        "nowhere": 404,
    }
    assert answers["elsewhere"][1]["upload-offset"] == "0"
    assert answers["version"][1]["tus-version"] == "1.0.0"
    assert "is not a video but a Windows program" in answers["no video"][2]["detail"]


def test_the_protocol_says_what_it_can(tus: Tus) -> None:
    status, headers, _ = tus.ask("OPTIONS", "/api/v1/uploads/")

    assert status == 204
    assert headers["tus-version"] == "1.0.0"
    assert "creation" in headers["tus-extension"]
    assert headers["tus-checksum-algorithm"] == "sha256"


@pytest.mark.parametrize(
    ("name", "stored"),
    [("../../../evil.mp4", "evil.mp4"), ("/etc/cron.d/x.mkv", "x.mkv"), ("..\\..\\a\x00b.webm", "ab.webm")],
)
def test_a_name_leads_nowhere_else(tus: Tus, folder: Folder, name: str, stored: str) -> None:
    path = path_of(tus.begin(name=name))

    tus.send(path, 0, CONTENT)

    below = [file.relative_to(folder.fs_path).as_posix() for file in Path(folder.fs_path).rglob("*") if file.is_file()]
    assert below == [stored]
    assert {file.name for file in Path(folder.fs_path).parent.iterdir()} == {"films"}


def test_what_can_not_begin_is_said(tus: Tus, folder: Folder) -> None:
    program = tus.begin(name="evil.sh")
    nothing = tus.begin(size=0)
    no_length = tus.ask("POST", "/api/v1/uploads/", Upload_Metadata=encoded(filename="a.mp4"))
    not_base64 = tus.ask("POST", "/api/v1/uploads/", Upload_Length="5", Upload_Metadata="filename a.mp4!")
    LibrarySettings.objects.update(upload_margin_gb=10000)
    full = tus.begin()
    Folder.objects.update(is_default=False)
    homeless = tus.begin()

    assert [one[0] for one in (program, nothing, no_length, not_base64, full, homeless)] == [
        400,
        400,
        400,
        400,
        507,
        400,
    ]
    assert "no video by its name" in program[2]["detail"]
    assert "not enough room" in full[2]["detail"]
    assert "owner chooses" in homeless[2]["detail"]


def test_what_the_library_has_is_told_before_a_byte_is_sent(tus: Tus, folder: Folder) -> None:
    film = write_file(Path(folder.fs_path) / "old.mp4", content=CONTENT)
    known = make_file(folder=folder, path=film)

    told = tus.begin(oshash=oshash(film))
    sent = tus.begin(oshash=oshash(film), duplicate="1")
    done = tus.send(path_of(sent), 0, CONTENT)

    assert (told[0], told[2]["video"]) == (409, known.video_id)
    assert sent[0] == 201
    assert done[1]["upload-status"] == "done"


def test_a_duplicate_is_kept_or_thrown_away(tus: Tus, folder: Folder) -> None:
    known = make_file(folder=folder, path=write_file(Path(folder.fs_path) / "old.mp4", content=CONTENT))
    kept, thrown = path_of(tus.begin(name="a.mp4")), path_of(tus.begin(name="b.mp4"))
    sent = [tus.send(path, 0, CONTENT)[1]["upload-status"] for path in (kept, thrown)]

    asked = tus.ask("GET", kept)[2]
    keep = tus.ask("POST", f"{kept}keep/")
    twice = tus.ask("POST", f"{kept}keep/")
    gone = tus.ask("DELETE", thrown)

    assert sent == ["duplicate", "duplicate"]
    assert (asked["status"], asked["video"]) == ("duplicate", known.video_id)
    assert (keep[0], keep[2]["status"]) == (200, "done")
    assert (twice[0], gone[0]) == (409, 204)
    assert {file.name for file in Path(folder.fs_path).iterdir() if file.is_file()} == {"old.mp4", "a.mp4"}


def test_others_uploads_are_not_there(tus: Tus, live_server) -> None:
    path = path_of(tus.begin())
    other = Tus(live_server.url, make_user())

    answers = [other.ask("GET", path), other.ask("HEAD", path), other.send(path, 0, b"x"), other.ask("DELETE", path)]

    assert [answer[0] for answer in answers] == [404] * 4
    assert other.ask("GET", "/api/v1/uploads/?all=1")[2]["results"] == []
    assert tus.ask("GET", "/api/v1/uploads/?unfinished=1")[2]["results"][0]["address"] == path
    assert Upload.objects.get().status == UploadStatus.RECEIVING


def test_without_the_right_or_the_token_nothing_is_taken(live_server, folder: Folder) -> None:
    watcher = make_user(role="")
    watcher.groups.add(make_role(name="watcher", permissions=["library.view_video"]))
    without = Tus(live_server.url, watcher)
    forged = Tus(live_server.url, make_user())
    forged.headers["X-CSRFToken"] = "b" * 32
    nobody = Tus(live_server.url, make_user())
    nobody.headers["Cookie"] = ""

    assert [one.begin()[0] for one in (without, forged, nobody)] == [403, 403, 401]
    assert not Upload.objects.exists()


def test_the_page_says_where_files_go_or_why_they_can_not(client: Client, folder: Folder) -> None:
    client.force_login(make_user())
    page = client.get("/upload/").content.decode()
    Folder.objects.update(is_default=False)
    without = client.get("/upload/").content.decode()
    client.force_login(make_user(role=""))

    assert "They go to Films" in page
    assert "Nothing can be uploaded right now" in without
    assert client.get("/upload/").status_code == 403
