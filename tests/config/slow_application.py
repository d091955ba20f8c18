"""What tests/config/test_gunicorn_worker.py serves: "/slow" answers once the test has made the file `GATE`,
"/film" with the file `film` beside it."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import django

django.setup()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/slow":
        (Path(os.environ["GATE"]).with_name(f"began-{environ['QUERY_STRING']}")).touch()
        for _ in range(6000):
            if Path(os.environ["GATE"]).exists():
                break
            time.sleep(0.01)
    if environ["PATH_INFO"] == "/film":
        film = Path(os.environ["GATE"]).with_name("film").open("rb")
        start_response("200 OK", [("Content-Type", "video/mp4"), ("Content-Length", environ["QUERY_STRING"])])
        return environ["wsgi.file_wrapper"](film)
    if environ["PATH_INFO"] == "/body":
        environ["wsgi.input"].read()
    # More than the kernel's buffers take.
    answer = b"x" * (64 * 1024 * 1024) if environ["PATH_INFO"] == "/large" else b"ok"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]
