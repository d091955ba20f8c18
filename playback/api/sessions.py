"""Players telling where they are, and who watches now."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.addresses import client_address
from library.api.base import ApiView
from library.devices import read_device
from playback.exceptions import PositionError, SessionError, VideoGoneError
from playback.models.session import PlayState
from playback.queries_watching import active_sessions
from playback.services.sessions import Heartbeat, ask_to_stop, record_heartbeat

_MOST_SHOWN = 200


class HeartbeatSerializer(serializers.Serializer[Any]):
    """A player's message. `watched_seconds` are the seconds really played in this session so far, so that a message
    that is lost or comes twice harms nothing. `sequence` numbers the messages of a session from 1, where given."""

    video = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    file = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False, allow_null=True)
    state = serializers.ChoiceField(choices=PlayState.values)
    position_seconds = serializers.FloatField(min_value=0)
    watched_seconds = serializers.FloatField(min_value=0)
    duration_seconds = serializers.FloatField(required=False, allow_null=True)
    method = serializers.CharField(required=False, allow_blank=True, max_length=20, default="")
    rendition = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=100, default="")
    sequence = serializers.IntegerField(min_value=1, max_value=2**62, required=False, allow_null=True)


class HeardSerializer(serializers.Serializer[Any]):
    """Whether the video is watched to its end; whether this message made it count as played and as viewed; whether the
    player is to stop because somebody ended it."""

    is_completed = serializers.BooleanField()
    play_counted = serializers.BooleanField()
    view_counted = serializers.BooleanField()
    stop = serializers.BooleanField()


class PlaybackSession(ApiView):
    """`/api/v1/playback-sessions/<uuid>/`: sent every ten seconds while playing, at pause, seek and end."""

    required_permissions = ("library.view_video",)
    # Of one's own watching; tokens that may only look play too.
    reading_methods = ("PUT",)

    @extend_schema(
        request=HeartbeatSerializer,
        responses={200: HeardSerializer, 404: OpenApiResponse(description="No such video or session of yours.")},
    )
    def put(self, request: Request, public_id: UUID) -> Response:
        given = HeartbeatSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        told = given.validated_data
        heartbeat = Heartbeat(
            video_id=told["video"],
            file_id=told.get("file"),
            state=told["state"],
            position_seconds=told["position_seconds"],
            watched_seconds=told["watched_seconds"],
            duration_seconds=told.get("duration_seconds"),
            method=told["method"],
            rendition=told["rendition"] or "",
            sequence=told.get("sequence"),
        )
        try:
            heard = record_heartbeat(
                user=self.account,
                public_id=public_id,
                heartbeat=heartbeat,
                device=read_device(request.META.get("HTTP_USER_AGENT", "")),
                address=client_address(request._request),
            )
        except PositionError as error:
            raise ValidationError(str(error)) from None
        except (SessionError, VideoGoneError) as error:
            raise NotFound(str(error)) from None
        return Response(HeardSerializer(heard).data)


class ActiveSessionSerializer(serializers.Serializer[Any]):
    """Somebody who watches or has paused now."""

    id = serializers.UUIDField(source="public_id")
    user = serializers.CharField(source="user.username")
    video = serializers.IntegerField(source="video_id")
    title = serializers.CharField(source="video.title")
    state = serializers.CharField()
    device = serializers.CharField()
    address = serializers.CharField(allow_null=True)
    method = serializers.CharField()
    rendition = serializers.CharField()
    position_seconds = serializers.FloatField()
    duration_seconds = serializers.FloatField(allow_null=True)
    watched_seconds = serializers.FloatField()
    started_at = serializers.DateTimeField()
    last_activity_at = serializers.DateTimeField()


class PlaybackSessions(ApiView):
    """`/api/v1/playback-sessions/`: who watches now, at most 200, for those who may see it."""

    required_permissions = ("playback.view_playbacksession",)

    @extend_schema(responses=ActiveSessionSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(ActiveSessionSerializer(active_sessions()[:_MOST_SHOWN], many=True).data)


class StopSession(ApiView):
    """`/api/v1/playback-sessions/<uuid>/stop/`: the player is told with the answer to its next message."""

    required_permissions = ("playback.stop_playbacksession",)

    @extend_schema(request=None, responses={204: None, 404: OpenApiResponse(description="Nobody plays that now.")})
    def post(self, request: Request, public_id: UUID) -> Response:
        if not ask_to_stop(public_id=public_id):
            raise NotFound("Nobody plays that now.")
        return Response(status=204)
