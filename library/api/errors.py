"""How errors are said."""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from library.exceptions import LibraryError, ScanInProgressError
from library.sorting import CursorError
from people.exceptions import PeopleError
from people.queries import PlaceError
from playback.exceptions import PlaybackError
from processing.exceptions import ProcessingError

logger = logging.getLogger(__name__)

_OURS = (LibraryError, PeopleError, ProcessingError, PlaybackError)
_WRONG_PLACE = "That page of the list does not exist: take the cursor from `next`."
_COLLIDES = "Something like that exists already, or what it belongs to is gone; look again."


class ConflictError(APIException):
    """Something else stands in the way: somebody changed it meanwhile, or it exists already."""

    status_code = HTTPStatus.CONFLICT
    default_detail = "Somebody changed this meanwhile; look again."
    default_code = "conflict"


class GoneError(APIException):
    """It was there and is not any more: an expired link."""

    status_code = HTTPStatus.GONE
    default_detail = "This is over."
    default_code = "gone"


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's answers, and 400 with their sentence for our own errors: {"detail": "..."} or {"field": ["..."]}."""
    if isinstance(error, ValidationError):
        body: dict[str, Any] = (
            error.message_dict if hasattr(error, "error_dict") else {"detail": " ".join(error.messages)}
        )
        if "__all__" in body:
            body["detail"] = " ".join(body.pop("__all__"))
        return Response(body, status=HTTPStatus.BAD_REQUEST)
    if isinstance(error, ScanInProgressError):
        return Response({"detail": str(error)}, status=HTTPStatus.CONFLICT)
    if isinstance(error, _OURS):
        return Response({"detail": str(error)}, status=HTTPStatus.BAD_REQUEST)
    if isinstance(error, CursorError | PlaceError):
        return Response({"detail": _WRONG_PLACE}, status=HTTPStatus.BAD_REQUEST)
    if isinstance(error, IntegrityError):
        logger.warning("The database refused a change asked for by the API: %s", error)
        return Response({"detail": _COLLIDES}, status=HTTPStatus.CONFLICT)
    from_drf: Response | None = exception_handler(error, context)
    return from_drf
