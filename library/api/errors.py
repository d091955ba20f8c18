"""How errors are said."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from library.exceptions import LibraryError


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
        body = error.message_dict if hasattr(error, "error_dict") else {"detail": " ".join(error.messages)}
        return Response(body, status=HTTPStatus.BAD_REQUEST)
    if isinstance(error, LibraryError):
        return Response({"detail": str(error)}, status=HTTPStatus.BAD_REQUEST)
    from_drf: Response | None = exception_handler(error, context)
    return from_drf
