"""Two writers of one thing: whoever comes second is told, and overwrites nothing without knowing.

A version is a digest of the values that can be set, so that views counted or files read meanwhile don't make a writer
come second.
"""

import hashlib
import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from library.api.errors import ConflictError

_ANY = "*"


class VersionMissingError(APIException):
    """A change that doesn't say what it is a change of."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = (
        "Send If-Match with the ETag that you read, so that nobody's change is lost; * overwrites whatever is there."
    )
    default_code = "version_missing"


def version_of(row: Any, fields: Iterable[str]) -> str:
    """The version of the row's columns `fields`: an ETag, quotes and all."""
    values = {name: _plain(getattr(row, _column(row, name))) for name in sorted(fields)}
    raw = json.dumps(values, cls=DjangoJSONEncoder, sort_keys=True)
    return f'"{hashlib.blake2b(raw.encode(errors="surrogatepass"), digest_size=12).hexdigest()}"'


def check_version(request: Request, row: Any, fields: Iterable[str], *, is_needed: bool = True) -> None:
    """Raises ConflictError when the row isn't the one that was read (If-Match), VersionMissingError without a word
    where one `is_needed`: what goes into the trash or the history loses nobody's work.

    The caller holds the row's lock.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given:
        if is_needed:
            raise VersionMissingError
        return
    if given != _ANY and version_of(row, fields) not in [one.strip().removeprefix("W/") for one in given.split(",")]:
        raise ConflictError


def _column(row: Any, name: str) -> str:
    field = row._meta.get_field(name)
    return str(field.attname)


def _plain(value: Any) -> Any:
    return str(value or "") if hasattr(value, "storage") else value
