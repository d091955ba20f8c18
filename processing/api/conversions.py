"""Conversions: asking for them, how far they are, what is worth it, and presets."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import DoneSerializer, IdsSerializer, done
from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import RowsView, RowView, VersionedSerializer, find_row
from processing.models import Conversion, JobStatus, Preset
from processing.queries.conversions import conversion_totals
from processing.services.conversions import (
    cancel_conversions,
    delete_outputs,
    forecast,
    request_conversions,
    retry_conversions,
)
from processing.services.conversions.suggestions import suggest_conversions

CONVERT = ("library.view_video", "processing.convert_video")
VIEW = ("processing.view_conversion",)


class ConversionSerializer(serializers.Serializer[Any]):
    """One file made into another by a preset: what was asked for, how far it is, what came of it. Bytes, seconds."""

    id = serializers.IntegerField(source="pk")
    video = serializers.IntegerField(source="video_id", allow_null=True)
    title = serializers.CharField()
    preset = serializers.CharField(source="preset_key")
    preset_name = serializers.CharField()
    status = serializers.ChoiceField(JobStatus.choices)
    percent = serializers.IntegerField()
    speed = serializers.FloatField(allow_null=True)
    left_seconds = serializers.FloatField(allow_null=True)
    error = serializers.CharField()
    is_replacing = serializers.BooleanField()
    has_replaced = serializers.BooleanField()
    source_file = serializers.IntegerField(source="source_file_id", allow_null=True)
    source_path = serializers.CharField(source="shown_source")
    source_bytes = serializers.IntegerField()
    output_file = serializers.IntegerField(source="output_file_id", allow_null=True)
    output_path = serializers.CharField(source="shown_output")
    output_bytes = serializers.IntegerField(allow_null=True)
    saved_bytes = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ConversionDetailSerializer(ConversionSerializer):
    """A conversion with how it was done."""

    target_resolution = serializers.CharField()
    encoder = serializers.CharField()
    losses = serializers.ListField(child=serializers.JSONField())
    notes = serializers.ListField(child=serializers.JSONField())
    attempts = serializers.ListField(child=serializers.JSONField())
    requested_by = serializers.CharField(source="requested_by.username", default=None, allow_null=True)
    change = serializers.UUIDField(source="change_id", allow_null=True, help_text="Undo it to get the original back.")


class ConversionFilterSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(JobStatus.choices, required=False)
    video = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class ConvertSerializer(serializers.Serializer[Any]):
    """Videos to convert, by which preset, and whether the output takes the original's place. With `is_preview` nothing
    is asked for, and the answer says what it would save."""

    ids = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=10_000)
    preset = serializers.SlugRelatedField(queryset=Preset.objects.all(), slug_field="key")
    is_replacing = serializers.BooleanField(default=False)
    is_preview = serializers.BooleanField(default=False)


class RefusalSerializer(serializers.Serializer[Any]):
    """A video that can't be converted, and why."""

    title = serializers.CharField()
    sentence = serializers.CharField()


class ConvertedSerializer(serializers.Serializer[Any]):
    """What waits now, or would wait. `problem` says why nothing can be written anywhere."""

    conversions = serializers.ListField(child=serializers.IntegerField(), help_text="Ids; none in a preview.")
    count = serializers.IntegerField()
    refusals = RefusalSerializer(many=True)
    bytes_before = serializers.IntegerField(allow_null=True)
    bytes_after = serializers.IntegerField(allow_null=True, help_text="By guess.")
    problem = serializers.CharField()


class Conversions(ApiView):
    required_permissions = {"GET": VIEW, "POST": CONVERT}

    @extend_schema(parameters=[ConversionFilterSerializer], responses=paged(ConversionSerializer))
    def get(self, request: Request) -> Response:
        """Conversions, the latest first."""
        rows = Conversion.objects.defer("command", "ffmpeg_output").filter(**self.query(ConversionFilterSerializer))
        return self.page(rows, ConversionSerializer)

    @extend_schema(request=ConvertSerializer, responses={200: ConvertedSerializer, 202: ConvertedSerializer})
    def post(self, request: Request) -> Response:
        """Asks for conversions (202), or says what they would save (200)."""
        values = self.body(ConvertSerializer)
        wish = {"preset": values["preset"], "video_ids": values["ids"], "is_replacing": values["is_replacing"]}
        if values["is_replacing"] and not self.account.has_perm("library.trash_video"):
            raise PermissionDenied("Replacing puts the originals into the trash; your role does not allow that.")
        if values["is_preview"]:
            guess = forecast(**wish)
            body = {
                "conversions": [],
                "count": len(guess.candidates),
                "refusals": guess.refusals,
                "bytes_before": guess.bytes_before,
                "bytes_after": guess.bytes_after,
                "problem": guess.problem,
            }
            return Response(ConvertedSerializer(body).data)
        asked = request_conversions(**wish, user=self.account)
        ids = asked.conversion_ids
        body = {"conversions": ids, "count": len(ids), "refusals": asked.refusals, "problem": ""}
        answer = ConvertedSerializer({**body, "bytes_before": None, "bytes_after": None})
        return Response(answer.data, status=HTTPStatus.ACCEPTED)


class ConversionDetail(ApiView):
    required_permissions = VIEW

    @extend_schema(responses=ConversionDetailSerializer)
    def get(self, request: Request, conversion_id: int) -> Response:
        """One conversion."""
        row = find_row(Conversion.objects.select_related("requested_by"), conversion_id, noun="conversion")
        return Response(ConversionDetailSerializer(row).data)


class ConversionsCancel(ApiView):
    required_permissions = {"POST": CONVERT}

    @extend_schema(request=IdsSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Takes out conversions that wait or run."""
        count = cancel_conversions(conversion_ids=self.body(IdsSerializer)["ids"], user=self.account)
        return Response(done(count, f"{count:,} {'conversion was' if count == 1 else 'conversions were'} cancelled."))


class ConversionsRetry(ApiView):
    required_permissions = {"POST": CONVERT}

    @extend_schema(request=IdsSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Submits anew what failed or was cancelled."""
        count = retry_conversions(conversion_ids=self.body(IdsSerializer)["ids"], user=self.account)
        return Response(done(count, f"{count:,} wait for another attempt."))


class ConversionsDiscard(ApiView):
    required_permissions = {"POST": (*CONVERT, "library.trash_video")}

    @extend_schema(request=IdsSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Puts the files that conversions made into the trash."""
        with self.changing() as batch:
            put = delete_outputs(conversion_ids=self.body(IdsSerializer)["ids"], user=self.account)
        return Response(done(put.count, f"{put.count:,} files are in the trash.", batch))


class TotalsSerializer(serializers.Serializer[Any]):
    """Over all conversions."""

    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    waiting = serializers.IntegerField()
    running = serializers.IntegerField()
    bytes_before = serializers.IntegerField()
    bytes_after = serializers.IntegerField()
    saved_bytes = serializers.IntegerField()


class ConversionTotals(ApiView):
    required_permissions = VIEW

    @extend_schema(responses=TotalsSerializer)
    def get(self, request: Request) -> Response:
        """What conversions saved, all in all."""
        return Response(TotalsSerializer(conversion_totals()).data)


class SuggestionScoreSerializer(serializers.Serializer[Any]):
    """Points, and why in a few words each."""

    technical = serializers.IntegerField()
    usage = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())


class ConversionSuggestionSerializer(serializers.Serializer[Any]):
    """A video that is worth converting, by which preset, and what that would save by guess."""

    video = serializers.IntegerField(source="video_id")
    title = serializers.CharField()
    size_bytes = serializers.IntegerField()
    codec = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    preset = serializers.CharField(source="preset.key")
    saved_bytes = serializers.IntegerField()
    score = SuggestionScoreSerializer()


class ConversionSuggestions(ApiView):
    required_permissions = CONVERT

    @extend_schema(
        parameters=[OpenApiParameter("limit", int, description="1 to 200, by itself 50.")],
        responses=ConversionSuggestionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """What is worth converting, the best first."""
        asked = request.query_params.get("limit", "50")
        limit = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 50
        found = suggest_conversions(limit=max(1, min(limit, 200)))
        return Response(ConversionSuggestionSerializer(found, many=True).data)


class PresetSerializer(VersionedSerializer):
    """Codec, size and quality under a name. Built-in ones never change."""

    class Meta:
        model = Preset
        fields = [
            "id", "version", "key", "name", "codec", "target_width", "qp", "max_bit_rate", "container", "audio", "hdr",
            "effort", "is_built_in",
        ]  # fmt: skip
        read_only_fields = ["is_built_in"]


class Presets(RowsView):
    """What conversions make."""

    required_permissions = {"GET": CONVERT, "POST": ("processing.add_preset",)}
    serializer_class = PresetSerializer
    noun = "preset"
    ordering = ("-is_built_in", "pk")

    def rows(self) -> QuerySet[Any]:
        return Preset.objects.all()


class PresetDetail(RowView):
    """One preset."""

    required_permissions = {
        "GET": CONVERT,
        "PATCH": ("processing.change_preset",),
        "DELETE": ("processing.delete_preset",),
    }
    serializer_class = PresetSerializer
    noun = "preset"

    def rows(self) -> QuerySet[Any]:
        return Preset.objects.all()

    def find(self, key: Any, *, is_locking: bool = False) -> Any:
        row = super().find(key, is_locking=is_locking)
        if is_locking and row.is_built_in:
            raise PermissionDenied("The presets that come along never change; make one of your own.")
        return row
