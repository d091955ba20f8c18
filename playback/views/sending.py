"""Handing a file to the proxy in front, where that is set up to send it."""

import os
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse

# The same in docs/operations.md.
_PLACE = "/_videothek_files"


def is_handed_over() -> bool:
    """Whether nginx or Caddy sends the bytes of files."""
    return str(settings.SENDFILE) != "none"


def hand_over(path: str, headers: dict[str, str]) -> HttpResponse:
    """An answer without a body that makes the proxy send the file, or the range that was asked for.

    `path` is absolute, as `os` functions take it; `headers` those of the file but its length, which the proxy knows.
    """
    response = HttpResponse(headers=headers)
    for name in ("Content-Length", "Content-Range", "Accept-Ranges"):
        response.headers.pop(name, None)
    response["X-Accel-Redirect"] = _PLACE + quote(os.fsencode(path))
    return response
