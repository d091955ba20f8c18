"""A small client of Videothek's API, in Python's standard library alone. Copy it and change what you like.

    python videothek_client.py http://127.0.0.1:8000 search "beach 2024"

The token comes from the variable VIDEOTHEK_TOKEN: make one on the page of your account, or by
`manage.py api_token NAME --name "my script"`. docs/api.md tells the rest.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

MOST_WAITS = 3


class ApiError(Exception):
    """The server refused: `status` is HTTP's, the text its sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Client:
    """One server and one token. `last_change` is the id of the last change made, for `undo`."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address.rstrip("/") + "/"
        self.token = token
        self.last_change: str | None = None

    def call(self, method: str, path: str, body: Any = None, *, version: str = "") -> Any:
        """The answer's JSON, None where it has none. Waits and asks again when the server says there were too many
        requests. Raises ApiError."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if version:
            headers["If-Match"] = version
        data = None if body is None else json.dumps(body).encode()
        content = self._send(method, urljoin(self.address + "api/v1/", path), data, headers)
        return json.loads(content) if content else None

    def fetch(self, path: str) -> bytes:
        """The bytes of a picture or clip that an answer names."""
        return self._send("GET", urljoin(self.address, path), None, {})

    def _send(self, method: str, address: str, data: bytes | None, headers: dict[str, str]) -> bytes:
        request = Request(address, data, {**headers, "Authorization": f"Bearer {self.token}"}, method=method)
        for left in reversed(range(MOST_WAITS)):
            try:
                with urlopen(request, timeout=60) as answer:
                    self.last_change = answer.headers.get("Change-Batch") or self.last_change
                    return bytes(answer.read())
            except HTTPError as error:
                if error.code == 429 and left:
                    time.sleep(int(error.headers.get("Retry-After", "1")))
                    continue
                raise ApiError(error.code, _sentence(error)) from None
        raise AssertionError("The last try returns or raises.")

    def videos(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """All videos that match, page by page: `q` words, `filter` a dict, `sort`."""
        wanted = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in asked.items()}
        path: str | None = f"videos/?{urlencode(wanted)}"
        while path:
            page = self.call("GET", path)
            yield from page["results"]
            path = page["next"]

    def change_video(self, video_id: int, **values: Any) -> dict[str, Any]:
        """Changes a video as it was read just now; ApiError 409 when somebody else was quicker."""
        video = self.call("GET", f"videos/{video_id}/")
        changed: dict[str, Any] = self.call("PATCH", f"videos/{video_id}/", values, version=video["version"])
        return changed

    def tag(self, video_id: int, name: str) -> dict[str, Any]:
        """Puts a tag on a video; one that isn't there is made."""
        tagged: dict[str, Any] = self.call("POST", f"videos/{video_id}/tags/", {"add_names": [name]})
        return tagged

    def undo(self) -> dict[str, Any] | None:
        """Takes the last change of this client back; None without one."""
        if self.last_change is None:
            return None
        undone: dict[str, Any] = self.call("POST", f"changes/{self.last_change}/undo/")
        return undone

    def save_cover(self, video: dict[str, Any], place: Path) -> Path | None:
        """Writes what a video is shown by into a folder; None while there is no picture."""
        address = video["pictures"]["cover"]
        if address is None:
            return None
        target = place / f"{video['id']}.webp"
        target.write_bytes(self.fetch(address))
        return target


def _sentence(error: HTTPError) -> str:
    try:
        said = json.loads(error.read())
    except ValueError:
        return str(error)
    return str(said.get("detail") or "; ".join(f"{name}: {' '.join(map(str, why))}" for name, why in said.items()))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    commands = parser.add_subparsers(dest="command", required=True)
    search = commands.add_parser("search", help="list videos by words")
    search.add_argument("words", nargs="?", default="")
    tag = commands.add_parser("tag", help="put a tag on a video")
    tag.add_argument("video", type=int)
    tag.add_argument("name")
    rename = commands.add_parser("rename", help="give a video another title")
    rename.add_argument("video", type=int)
    rename.add_argument("title")
    cover = commands.add_parser("cover", help="save the picture of a video")
    cover.add_argument("video", type=int)
    cover.add_argument("folder", type=Path)
    asked = parser.parse_args(arguments)
    client = Client(asked.address, os.environ.get("VIDEOTHEK_TOKEN", ""))
    try:
        if asked.command == "search":
            for video in client.videos(q=asked.words, sort="newest"):
                print(f"{video['id']}\t{video['title']}")  # noqa: T201
        elif asked.command == "tag":
            print(", ".join(one["name"] for one in client.tag(asked.video, asked.name)["tags"]))  # noqa: T201
        elif asked.command == "rename":
            print(client.change_video(asked.video, title=asked.title)["title"])  # noqa: T201
        else:
            print(client.save_cover(client.call("GET", f"videos/{asked.video}/"), asked.folder) or "No picture yet.")  # noqa: T201
    except ApiError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
