"""Uploads, by the tus protocol 1.0 (tus.io: core, creation, checksum, expiration, termination): any tus client works.

A piece's bytes go from the network to the disk; nothing here reads the body by way of a parser.
"""

import base64
import binascii
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.access import may
from library.api.base import ApiView
from library.api.pages import Pages
from library.exceptions import (
    NoSpaceError,
    UploadBusyError,
    UploadChecksumError,
    UploadError,
    UploadGoneError,
    UploadOffsetError,
)
from library.models import LibrarySettings, Upload
from library.models.upload import UNFINISHED, UploadStatus
from library.paths import display_path
from library.services.receiving import (
    accept_duplicate,
    begin_upload,
    cancel_upload,
    find_known,
    offset_of,
    receive_piece,
)
from library.services.receiving.begin import MOST_BYTES
from processing.media.heads import refusal_of
from processing.services.uploads import finish_upload

VERSION = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"
ALL = "library.view_upload"
_CHECKSUM_MISMATCH = 460
# So many pieces arrive in this process at once.
_receiving = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 3))
_CROWDED = "Many files are being sent right now; this one goes on in a few seconds."
_TUS = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}
_STATUSES: dict[type[UploadError], int] = {
    UploadOffsetError: HTTPStatus.CONFLICT,
    UploadBusyError: HTTPStatus.LOCKED,
    UploadChecksumError: _CHECKSUM_MISMATCH,
    UploadGoneError: HTTPStatus.GONE,
    NoSpaceError: HTTPStatus.INSUFFICIENT_STORAGE,
}


class UploadSerializer(serializers.Serializer[Any]):
    """An upload. `video` is the one that it became, or that the library has already (`duplicate`), null until then."""

    id = serializers.UUIDField(source="public_id")
    address = serializers.CharField()
    name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    received_bytes = serializers.IntegerField()
    status = serializers.ChoiceField(choices=UploadStatus.choices)
    error = serializers.CharField()
    key = serializers.CharField(source="content_key")
    folder = serializers.CharField()
    user = serializers.CharField()
    video = serializers.IntegerField(allow_null=True)
    video_title = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    last_received_at = serializers.DateTimeField()


class TusError(APIException):
    """An error of the protocol, with its own status and headers."""

    def __init__(self, status: int, words: str, **headers: str) -> None:
        super().__init__(words)
        self.status_code = status
        self.headers = headers


class KnownError(TusError):
    """409 for what the library has; the body names the video."""

    def __init__(self, words: str, video_id: int | None) -> None:
        super().__init__(HTTPStatus.CONFLICT, words)
        self.video_id = video_id


class TusView(ApiView):
    """What the endpoints of uploads have in common: the version, and errors with the protocol's statuses."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        asked = request.headers.get("Tus-Resumable")
        if request.method != "OPTIONS" and asked not in (None, VERSION):
            raise TusError(HTTPStatus.PRECONDITION_FAILED, "Only tus 1.0.0 is spoken here.", **{"Tus-Version": VERSION})

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, UploadError):
            headers = {"Upload-Offset": str(exc.offset)} if isinstance(exc, UploadOffsetError) else {}
            exc = TusError(_STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST), str(exc), **headers)
        response: Response = super().handle_exception(exc)
        for name, value in (exc.headers if isinstance(exc, TusError) else {}).items():
            response[name] = value
        if isinstance(exc, KnownError):
            response.data["video"] = exc.video_id
        return response

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in _TUS.items():
            answer.setdefault(name, value)
        return answer


class Uploads(TusView):
    """`/api/v1/uploads/`: one's own unfinished and latest uploads; a POST begins one, or finds it again."""

    required_permissions = {"GET": ("library.upload_video",), "POST": ("library.upload_video",)}
    ordering = ("-pk",)

    @extend_schema(
        parameters=[
            OpenApiParameter("unfinished", bool, description="Only those that still have bytes to bring."),
            OpenApiParameter("all", bool, description="Everybody's, for those who may see them."),
        ],
        responses=UploadSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        rows = Upload.objects.select_related("folder", "user", "file__video")
        if not (request.query_params.get("all") in ("1", "true") and may(request._request, ALL)):
            rows = rows.filter(user=self.account)
        if request.query_params.get("unfinished") in ("1", "true"):
            rows = rows.filter(status__in=UNFINISHED)
        pages = Pages()
        found = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([_told(upload) for upload in found])

    @extend_schema(
        request=None,
        parameters=[
            OpenApiParameter("Upload-Length", int, OpenApiParameter.HEADER, required=True, description="Bytes."),
            OpenApiParameter(
                "Upload-Metadata",
                str,
                OpenApiParameter.HEADER,
                required=True,
                description=(
                    "Pairs of a name and a base64 value, parted by commas. `filename`; also `key`, by which the same "
                    "file goes on where it was; `modified` in milliseconds since 1970; `oshash`, so that what is in "
                    "the library already is told (409) before it is sent; `duplicate` = 1 sends it in any case."
                ),
            ),
        ],
        responses={201: UploadSerializer, 200: UploadSerializer},
    )
    def post(self, request: Request) -> Response:
        size = _number(request, "Upload-Length")
        facts = _metadata(request.headers.get("Upload-Metadata", ""))
        wants_duplicate = facts.get("duplicate") == "1"
        if not wants_duplicate:
            _refuse_known(size, facts.get("oshash", ""))
        upload, is_new = begin_upload(
            user=self.account,
            name=facts.get("filename") or facts.get("name", ""),
            size_bytes=size,
            content_key=facts.get("key", ""),
            modified_at=_moment(facts.get("modified", "")),
            is_duplicate_accepted=wants_duplicate,
        )
        upload.received_bytes = offset_of(upload)
        headers = {
            "Location": request.build_absolute_uri(_address(upload)),
            "Upload-Offset": str(upload.received_bytes),
            **_expiry(upload),
        }
        return Response(_told(upload), status=HTTPStatus.CREATED if is_new else HTTPStatus.OK, headers=headers)

    @extend_schema(exclude=True)
    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        headers = {
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,checksum,expiration,termination",
            "Tus-Max-Size": str(MOST_BYTES),
            "Tus-Checksum-Algorithm": "sha256",
        }
        return Response(status=HTTPStatus.NO_CONTENT, headers=headers)


class OneUpload(TusView):
    """`/api/v1/uploads/<id>/`: how far it is (GET, HEAD), its next piece (PATCH), its end (DELETE)."""

    required_permissions = dict.fromkeys(("GET", "PATCH", "DELETE"), ("library.upload_video",))

    @extend_schema(responses=UploadSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        upload = self._find(public_id)
        upload.received_bytes = offset_of(upload)
        headers = {
            "Upload-Offset": str(upload.received_bytes),
            "Upload-Length": str(upload.size_bytes),
            **_expiry(upload),
        }
        is_over = upload.status in (UploadStatus.CANCELLED, UploadStatus.REFUSED)
        if request.method == "HEAD":
            # For a client of the protocol, an upload that is over isn't there.
            return Response(status=HTTPStatus.GONE if is_over else HTTPStatus.OK, headers={} if is_over else headers)
        return Response(_told(upload), headers=headers)

    head = get

    @extend_schema(
        request={PIECE_TYPE: OpenApiTypes.BINARY},
        parameters=[
            OpenApiParameter("Upload-Offset", int, OpenApiParameter.HEADER, required=True),
            OpenApiParameter(
                "Upload-Checksum", str, OpenApiParameter.HEADER, description="“sha256 ” and the digest in base64."
            ),
        ],
        responses={204: None},
    )
    def patch(self, request: Request, public_id: UUID) -> Response:
        if request.content_type.partition(";")[0].strip() != PIECE_TYPE:
            raise TusError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A piece is sent as {PIECE_TYPE}.")
        if "Content-Length" not in request.headers:
            raise TusError(HTTPStatus.LENGTH_REQUIRED, "Say how long the piece is (Content-Length).")
        upload = self._find(public_id)
        # A piece keeps its thread as long as it takes to arrive; the others go on serving pages.
        if not _receiving.acquire(blocking=False):
            raise TusError(HTTPStatus.SERVICE_UNAVAILABLE, _CROWDED, **{"Retry-After": "5"})
        try:
            upload = receive_piece(
                upload=upload,
                offset=_number(request, "Upload-Offset"),
                length=_number(request, "Content-Length"),
                read=_reader(request._request),
                sha256=_checksum(request.headers.get("Upload-Checksum", "")),
                judge=refusal_of,
            )
        finally:
            _receiving.release()
        offset = upload.received_bytes
        if upload.status == UploadStatus.RECEIVED:
            upload = finish_upload(upload=upload)
            offset = offset_of(upload)
        headers = {"Upload-Offset": str(offset), "Upload-Status": str(upload.status), **_expiry(upload)}
        return Response(status=HTTPStatus.NO_CONTENT, headers=headers)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: UUID) -> Response:
        if not cancel_upload(upload=self._find(public_id)):
            raise TusError(HTTPStatus.GONE, "This upload had ended before.")
        return Response(status=HTTPStatus.NO_CONTENT)

    def _find(self, public_id: UUID) -> Upload:
        rows = Upload.objects.select_related("folder", "user", "file__video").filter(public_id=public_id)
        upload = rows.filter(user=self.account).first()
        if upload is None:
            raise NotFound("You have no such upload.")
        return upload


class KeepUpload(TusView):
    """`/api/v1/uploads/<id>/keep/`: takes in what the library has already, as another file of the same video."""

    required_permissions = {"POST": ("library.upload_video",)}

    @extend_schema(request=None, responses=UploadSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        upload = Upload.objects.select_related("folder", "user").filter(public_id=public_id, user=self.account).first()
        if upload is None:
            raise NotFound("You have no such upload.")
        if not accept_duplicate(upload=upload):
            raise TusError(HTTPStatus.CONFLICT, "This upload doesn't wait for that answer.")
        return Response(_told(finish_upload(upload=upload)))


def _told(upload: Upload) -> dict[str, Any]:
    video = upload.file.video if upload.file is not None else None
    names = ("public_id", "size_bytes", "received_bytes", "status", "error", "content_key", "created_at",
             "last_received_at")  # fmt: skip
    facts = {name: getattr(upload, name) for name in names}
    facts |= {
        "address": _address(upload),
        "name": display_path(upload.name),
        "folder": upload.folder.name,
        "user": upload.user.username,
        "video": video.pk if video is not None else None,
        "video_title": video.title if video is not None else None,
    }
    return dict(UploadSerializer(facts).data)


def _address(upload: Upload) -> str:
    return reverse("api_upload", args=[upload.public_id])


def _expiry(upload: Upload) -> dict[str, str]:
    if upload.status != UploadStatus.RECEIVING:
        return {}
    until = upload.last_received_at + timedelta(days=LibrarySettings.load().upload_days)
    return {"Upload-Expires": until.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")}


def _refuse_known(size: int, oshash: str) -> None:
    known = find_known(size_bytes=size, oshash=oshash.lower()[:16])
    if known is None or known.video is None:
        return
    where = "in the trash of the library" if known.video.trashed_at else "in the library already"
    raise KnownError(f"It is {where}: {known.video.title}.", known.video_id)


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise TusError(HTTPStatus.BAD_REQUEST, f"{header} is a number of bytes.")
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    facts: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        name, _, value = pair.partition(" ")
        try:
            facts[name] = base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise TusError(HTTPStatus.BAD_REQUEST, f"The value of {name[:40]} is not base64.") from None
    return facts


def _moment(milliseconds: str) -> datetime | None:
    if not (milliseconds.isascii() and milliseconds.isdigit() and len(milliseconds) < 15):
        return None
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _checksum(header: str) -> bytes | None:
    if not header:
        return None
    algorithm, _, value = header.partition(" ")
    try:
        digest = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if algorithm != "sha256" or len(digest) != 32:
        raise TusError(HTTPStatus.BAD_REQUEST, "A checksum is “sha256 ” and the digest in base64.")
    return digest


def _reader(request: HttpRequest) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        try:
            data: bytes = request.read(most)
        except UnreadablePostError:
            # The connection broke: what arrived counts.
            return b""
        return data

    return read
