"""Links that others may watch by: for those who make them, and for programs that were given one."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import (
    APIException,
    NotFound,
    ParseError,
    PermissionDenied,
    Throttled,
    ValidationError,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from library.access import may
from library.addresses import client_address
from library.api.base import ApiView
from library.api.errors import GoneError
from library.api.pages import Pages
from library.exceptions import LoginThrottledError
from library.models import Video
from playback.exceptions import ShareRefusedError, WrongSharePasswordError
from playback.models import Marker, PlaybackSettings, Playlist, ShareLink
from playback.models.share import ShareAccess, ShareTarget
from playback.queries import Names, names_of
from playback.services.sharing import LIFETIMES, create_link, note_view, revoke_link
from playback.services.sharing.content import Standing, contents_of
from playback.services.sharing.links import title_of
from playback.services.sharing.passwords import prove_password
from playback.services.sharing.tokens import PROOF_SECONDS
from playback.views.shared.doors import GONE, PROOF_HEADER, WORDS, open_door, remember_password
from playback.views.shared.media import title_of as shown_title
from playback.views.shared.pages import is_view
from playback.views.sharing import absolute, address_of, find_revocable, links_for

_RELATED = ("owner", "video", "marker", "marker__video", "playlist")


class ShareLinkSerializer(serializers.Serializer[Any]):
    """A link. `url` is what to send, null where its secret isn't known here; `address` is its own in this API."""

    id = serializers.UUIDField(source="public_id")
    address = serializers.CharField()
    url = serializers.CharField(allow_null=True)
    target = serializers.ChoiceField(choices=ShareTarget.choices)
    title = serializers.CharField()
    video = serializers.IntegerField(source="video_id", allow_null=True)
    marker = serializers.IntegerField(source="marker_id", allow_null=True)
    playlist = serializers.UUIDField(allow_null=True)
    access = serializers.ChoiceField(choices=ShareAccess.choices)
    has_password = serializers.BooleanField()
    owner = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    is_live = serializers.BooleanField()
    view_count = serializers.IntegerField()
    last_viewed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewShareLinkSerializer(serializers.Serializer[Any]):
    """One of `video`, `marker` (with an end: a clip) and `playlist`."""

    video = serializers.IntegerField(required=False)
    marker = serializers.IntegerField(required=False)
    playlist = serializers.UUIDField(required=False)
    access = serializers.ChoiceField(choices=ShareAccess.choices, default=ShareAccess.AUTH_REQUIRED)
    expires_in = serializers.ChoiceField(choices=list(LIFETIMES), default="7d")
    password = serializers.CharField(
        required=False, allow_blank=True, max_length=200, trim_whitespace=False, default=""
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len({"video", "marker", "playlist"} & set(attrs)) != 1:
            raise serializers.ValidationError("Name one thing to share: video, marker or playlist.")
        return attrs


class ShareLinks(ApiView):
    """`/api/v1/share-links/`: one's own links, the newest first; a POST makes one."""

    required_permissions = {"GET": (), "POST": ("playback.add_sharelink",)}
    ordering = ("-pk",)

    @extend_schema(
        parameters=[
            OpenApiParameter("video", int, description="Only links to this video and to clips of it."),
            OpenApiParameter("playlist", UUID, description="Only links to this playlist."),
            OpenApiParameter("live", bool, description="Only those that can be opened."),
            OpenApiParameter("all", bool, description="Everybody's, for those who may see them."),
        ],
        responses=ShareLinkSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        rows = links_for(request._request, is_of_all=asked.get("all") in ("1", "true"))
        if "video" in asked:
            video_id = _number(asked["video"])
            rows = rows.filter(video=video_id) | rows.filter(marker__video=video_id)
        if "playlist" in asked:
            rows = rows.filter(playlist__public_id=_uuid(asked["playlist"]))
        if asked.get("live") in ("1", "true"):
            rows = rows.filter(pk__in=ShareLink.objects.live())
        pages = Pages()
        found = pages.paginate_queryset(rows, request, view=self) or []
        rules = PlaybackSettings.load()
        return pages.get_paginated_response([ShareLinkSerializer(_told(request, link, rules)).data for link in found])

    @extend_schema(request=NewShareLinkSerializer, responses={201: ShareLinkSerializer})
    def post(self, request: Request) -> Response:
        given = NewShareLinkSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        if asked["access"] == ShareAccess.PUBLIC and not may(request._request, "playback.add_public_sharelink"):
            raise PermissionDenied("Your role may share with people who have an account, not with everybody.")
        if ("playlist" not in asked) and not may(request._request, "library.view_video"):
            raise PermissionDenied
        try:
            link = create_link(
                owner=self.account,
                thing=_thing(asked),
                access=asked["access"],
                expires_in=asked["expires_in"],
                password=asked["password"],
                address=client_address(request._request),
            )
        except ShareRefusedError as error:
            raise ValidationError({"detail": str(error)}) from None
        body = _told(request, ShareLink.objects.select_related(*_RELATED).get(pk=link.pk), PlaybackSettings.load())
        return Response(ShareLinkSerializer(body).data, status=HTTPStatus.CREATED)


class OneShareLink(ApiView):
    """`/api/v1/share-links/<id>/`: one link of one's own, or with the right anybody's; DELETE takes it back."""

    required_permissions = {"GET": (), "DELETE": ()}

    @extend_schema(responses=ShareLinkSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        link = links_for(request._request, is_of_all=True).filter(public_id=public_id).first()
        if link is None:
            raise NotFound("You have no such link.")
        return Response(ShareLinkSerializer(_told(request, link, PlaybackSettings.load())).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: UUID) -> Response:
        try:
            link = find_revocable(request._request, public_id)
        except Http404:
            raise NotFound("You have no such link.") from None
        revoke_link(link=link, by=self.account, address=client_address(request._request))
        return Response(status=HTTPStatus.NO_CONTENT)


class SharedItemSerializer(serializers.Serializer[Any]):
    """A video of a shared playlist."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    duration_seconds = serializers.FloatField(allow_null=True)
    stream = serializers.CharField()
    is_missing = serializers.BooleanField()


class SharedSerializer(serializers.Serializer[Any]):
    """What a link shows. `stream` is null while a clip's film is being made, or the disk isn't there."""

    target = serializers.ChoiceField(choices=ShareTarget.choices)
    title = serializers.CharField()
    description = serializers.CharField()
    duration_seconds = serializers.FloatField(allow_null=True)
    people = serializers.ListField(child=serializers.CharField())
    studios = serializers.ListField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField())
    date = serializers.DateField(allow_null=True)
    stream = serializers.CharField(allow_null=True)
    poster = serializers.CharField()
    items = SharedItemSerializer(many=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class SharePasswordSerializer(serializers.Serializer[Any]):
    """The password of a link."""

    password = serializers.CharField(max_length=200, trim_whitespace=False)


class ShareProofSerializer(serializers.Serializer[Any]):
    """What a program sends as `X-Share-Proof` with everything that it asks of the link from now on."""

    proof = serializers.CharField()
    expires_at = serializers.DateTimeField()


class RefusedError(APIException):
    """401: a login or a password is asked for."""

    status_code = HTTPStatus.UNAUTHORIZED


class SharedThing(APIView):
    """`/api/v1/shared/<token>/`: what a link shows, for programs; asking counts as a view, as opening its page does.

    404 for an unknown link and one that was taken back, 410 for one that is over, 401 where a login or a password is
    asked for. A password is sent once, by POST; the proof that comes back is the header `X-Share-Proof` of everything
    that is asked then, also of the films and pictures that the answer names.
    """

    permission_classes = ()

    @extend_schema(
        responses=SharedSerializer,
        auth=[],
        parameters=[OpenApiParameter(PROOF_HEADER, str, OpenApiParameter.HEADER, description="Of a password's link.")],
    )
    def get(self, request: Request, token: str) -> Response:
        link, standing = open_door(request._request, token)
        if link is None or standing is not Standing.OPEN:
            raise _refusal(standing)
        contents = contents_of(link)
        shared = contents.shared
        if shared is None:
            raise GoneError(GONE)
        if shared.is_playable and is_view(request._request, link):
            note_view(link=link)
        rules = PlaybackSettings.load()
        base = reverse("shared", args=[token])
        of = f"{base}{next((i.number for i in contents.items if i.video.pk == shared.video.pk), 1)}/"
        one = of if contents.items else base
        names = Names() if shared.marker is not None else names_of([shared.video.pk])[shared.video.pk]
        text = shared.marker.description if shared.marker is not None else shared.video.description
        body = {
            "target": link.target,
            "title": link.playlist.name if link.playlist is not None else shown_title(shared),
            "description": link.playlist.description if link.playlist is not None else text,
            "duration_seconds": shared.duration_seconds,
            "people": [str(person) for person in names.people],
            "studios": [str(studio) for studio in names.studios],
            "tags": [str(tag) for tag in names.tags],
            "date": shared.video.release_date,
            "stream": absolute(request._request, f"{one}stream", rules) if shared.is_playable else None,
            "poster": absolute(request._request, f"{one}poster", rules),
            "items": [
                {
                    "number": item.number,
                    "title": item.video.title,
                    "duration_seconds": item.video.duration_seconds,
                    "stream": absolute(request._request, f"{base}{item.number}/stream", rules),
                    "is_missing": item.is_missing,
                }
                for item in contents.items
            ],
            "expires_at": link.expires_at,
        }
        return Response(SharedSerializer(body).data, headers={"Cache-Control": "private, no-store"})

    @extend_schema(request=SharePasswordSerializer, responses=ShareProofSerializer, auth=[])
    def post(self, request: Request, token: str) -> Response:
        """Gives the link's password: 403 for a wrong one, 429 after too many. Good for twelve hours."""
        link, standing = open_door(request._request, token)
        if link is None or standing not in (Standing.OPEN, Standing.PASSWORD):
            raise _refusal(standing)
        if not link.password:
            raise ParseError("This link has no password: it just opens.")
        given = SharePasswordSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        address = client_address(request._request)
        try:
            proof = prove_password(link=link, password=given.validated_data["password"], address=address)
        except WrongSharePasswordError as error:
            raise PermissionDenied(str(error)) from None
        except LoginThrottledError as error:
            raise Throttled(error.seconds_left, "Too many wrong passwords.") from None
        body = {"proof": proof, "expires_at": timezone.now() + timedelta(seconds=PROOF_SECONDS)}
        response = Response(ShareProofSerializer(body).data, headers={"Cache-Control": "private, no-store"})
        remember_password(request._request, response, link, proof, reverse("shared", args=[token]))
        return response


def _refusal(standing: Standing) -> APIException:
    words = WORDS[standing][1]
    if standing is Standing.UNKNOWN:
        return NotFound(words)
    return GoneError(words) if standing is Standing.EXPIRED else RefusedError(words)


def _told(request: Request, link: ShareLink, rules: PlaybackSettings) -> dict[str, Any]:
    columns = (
        "public_id", "target", "video_id", "marker_id", "access", "expires_at", "revoked_at", "is_live", "view_count",
        "last_viewed_at", "created_at",
    )  # fmt: skip
    is_own = link.owner_id == request.user.pk
    return {
        **{name: getattr(link, name) for name in columns},
        "address": reverse("api_share_link", args=[link.public_id]),
        # Only the owner is given it again: an admin sees what there is, and takes it back.
        "url": (address_of(request._request, link, rules) or None) if is_own and link.is_live else None,
        "title": title_of(link),
        "playlist": link.playlist.public_id if link.playlist is not None else None,
        "has_password": bool(link.password),
        "owner": link.owner.username,
    }


def _thing(asked: dict[str, Any]) -> Video | Marker | Playlist:
    found: Video | Marker | Playlist | None
    if "video" in asked:
        found = Video.objects.filter(pk=asked["video"]).first() if asked["video"] < 2**63 else None
    elif "marker" in asked:
        marks = Marker.objects.select_related("video")
        found = marks.filter(pk=asked["marker"]).first() if asked["marker"] < 2**63 else None
    else:
        found = Playlist.objects.filter(public_id=asked["playlist"]).first()
    if found is None:
        raise NotFound("There is no such thing to share.")
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**63:
        raise ValidationError({"video": ["Give the number of a video."]})
    return int(text)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValidationError({"playlist": ["Give the id of a playlist."]}) from None
