"""How a video plays in the browser that asks."""

from http import HTTPStatus
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from library import queries
from library.access import may
from library.api.base import ApiView
from playback.exceptions import CannotPlayError, WishError
from playback.languages import accepted_languages
from playback.services.playing import playback_answer
from playback.views.addresses import PageUrls

_LARGEST_ID = 2**63 - 1


class PlayableVideoSerializer(serializers.Serializer[Any]):
    """A kind of picture that the browser shows."""

    codec = serializers.CharField(help_text="h264, hevc, av1, vp9, vp8, ...")
    max_height = serializers.IntegerField(allow_null=True, required=False)
    ten_bit = serializers.BooleanField(required=False)
    max_level = serializers.IntegerField(allow_null=True, required=False, help_text="As the codec counts it.")
    in_mp4 = serializers.BooleanField(required=False, help_text="Also in fragmented MP4, for HLS.")


class PlayableAudioSerializer(serializers.Serializer[Any]):
    """A kind of sound that the browser plays."""

    codec = serializers.CharField(help_text="aac, mp3, opus, flac, ac3, ...")
    channels = serializers.IntegerField(allow_null=True, required=False)
    in_mp4 = serializers.BooleanField(required=False, help_text="Also in fragmented MP4, for HLS.")


class CapabilitiesSerializer(serializers.Serializer[Any]):
    """What the browser plays; whatever is left out is what every browser can do."""

    containers = serializers.ListField(child=serializers.CharField(), required=False)
    video = PlayableVideoSerializer(many=True, required=False)
    audio = PlayableAudioSerializer(many=True, required=False)
    hls = serializers.BooleanField(required=False)
    hdr = serializers.BooleanField(required=False, help_text="Whether the screen shows HDR.")
    max_height = serializers.IntegerField(allow_null=True, required=False)
    max_bit_rate = serializers.IntegerField(allow_null=True, required=False, help_text="bit/s altogether.")


class PlaybackRequestSerializer(serializers.Serializer[Any]):
    """The browser, and what the viewer wants."""

    capabilities = CapabilitiesSerializer(required=False)
    audio = serializers.IntegerField(allow_null=True, required=False, help_text="Index of a sound track.")
    subtitle = serializers.CharField(allow_null=True, required=False, help_text="Id of subtitles, or “off”.")
    quality = serializers.CharField(required=False, help_text="auto, original, or a height such as 720p.")
    file = serializers.IntegerField(allow_null=True, required=False, help_text="Id of one of the video's files.")
    failed = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Methods that the browser could not play after all: direct, remux.",
    )


class ReasonSerializer(serializers.Serializer[Any]):
    """Why something isn't sent as it is."""

    code = serializers.CharField()
    track = serializers.ChoiceField(choices=["container", "video", "audio", "subtitle"])
    sentence = serializers.CharField()


class TrackOutcomeSerializer(serializers.Serializer[Any]):
    """What happens to picture or sound."""

    action = serializers.ChoiceField(choices=["copy", "encode"])
    sentence = serializers.CharField()


class PlaybackChoiceSerializer(serializers.Serializer[Any]):
    """An entry of the quality menu."""

    id = serializers.CharField()
    label = serializers.CharField()
    is_chosen = serializers.BooleanField()


class FileChoiceSerializer(serializers.Serializer[Any]):
    """One of the video's files."""

    id = serializers.IntegerField()
    label = serializers.CharField()
    is_chosen = serializers.BooleanField()


class AudioTrackSerializer(serializers.Serializer[Any]):
    """A sound track."""

    index = serializers.IntegerField()
    label = serializers.CharField()
    language = serializers.CharField(allow_blank=True)
    is_default = serializers.BooleanField()
    is_chosen = serializers.BooleanField()


class SubtitleTrackSerializer(serializers.Serializer[Any]):
    """Subtitles; those without an address are drawn into the picture when chosen."""

    id = serializers.CharField()
    label = serializers.CharField()
    language = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=["text", "bitmap"])
    url = serializers.CharField(allow_null=True)
    is_default = serializers.BooleanField()
    is_forced = serializers.BooleanField()
    is_chosen = serializers.BooleanField()


class PlaybackAnswerSerializer(serializers.Serializer[Any]):
    """How the video plays, and what can be chosen."""

    method = serializers.ChoiceField(choices=["direct", "remux", "transcode"])
    url = serializers.CharField()
    mime = serializers.CharField(allow_blank=True)
    rendition = serializers.CharField(allow_null=True)
    sentence = serializers.CharField()
    reasons = ReasonSerializer(many=True)
    video = TrackOutcomeSerializer(allow_null=True)
    audio = TrackOutcomeSerializer(allow_null=True)
    qualities = PlaybackChoiceSerializer(many=True)
    audio_tracks = AudioTrackSerializer(many=True)
    subtitles = SubtitleTrackSerializer(many=True)
    duration = serializers.FloatField(allow_null=True)
    file = serializers.IntegerField()
    files = FileChoiceSerializer(many=True)


class HelpSerializer(serializers.Serializer[Any]):
    """Something that helps; a `post` is sent with the CSRF token."""

    label = serializers.CharField()
    url = serializers.CharField()
    method = serializers.CharField(help_text="get or post")


class CannotPlaySerializer(serializers.Serializer[Any]):
    """Why nothing plays, and what helps."""

    detail = serializers.CharField()
    code = serializers.ChoiceField(choices=["missing", "unreadable", "unsupported"])
    files = FileChoiceSerializer(many=True)
    helps = HelpSerializer(many=True)


class Playback(ApiView):
    """`/api/v1/videos/<id>/playback/`: how a video plays in the browser that asks."""

    required_permissions = ("library.view_video",)
    # It only says how; tokens that may only look play too.
    reading_methods = ("POST",)

    @extend_schema(
        request=PlaybackRequestSerializer,
        responses={HTTPStatus.OK: PlaybackAnswerSerializer, HTTPStatus.CONFLICT: CannotPlaySerializer},
    )
    def post(self, request: Request, video_id: int) -> Response:
        """How the video plays here: as it is, in another container, or converted, and why. 409 when nothing plays."""
        file = queries.find_video(video_id) if video_id <= _LARGEST_ID else None
        if file is None:
            raise NotFound("There is no such video, or its folder is switched off.")
        if not isinstance(request.data, dict):
            raise ParseError("The request is an object with “capabilities” and what the viewer wants.")
        languages = accepted_languages(request.headers.get("Accept-Language", ""))
        try:
            answer = playback_answer(file=file, body=request.data, urls=PageUrls(), languages=languages)
        except WishError as error:
            raise ParseError(str(error)) from None
        except CannotPlayError as error:
            body = {
                "detail": str(error),
                "code": error.code,
                "files": error.files,
                "helps": _helps(request, video_id, error),
            }
            return Response(CannotPlaySerializer(body).data, status=HTTPStatus.CONFLICT)
        return Response(PlaybackAnswerSerializer(answer).data)


def _helps(request: Request, video_id: int, error: CannotPlayError) -> list[dict[str, str]]:
    """What this account can do about it."""
    if error.code == "missing":
        return []
    primary = "" if error.file_id is None else f"?file={error.file_id}"
    helps = [{"label": "Download the file", "url": f"{reverse('stream', args=[video_id])}{primary}", "method": "get"}]
    if error.code == "unsupported" and may(request, "processing.convert_video", "library.open_admin"):
        convert = {"label": "Convert it …", "url": reverse("convert_video", args=[video_id]), "method": "post"}
        helps.insert(0, convert)
    return helps
