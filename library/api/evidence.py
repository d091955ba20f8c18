"""Batches by evidence: many videos of a folder, answered at once."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from library.api.suggesting import LOOK, SHOWN, AnsweredSerializer, answered
from library.exceptions import LibraryError
from library.models.suggestion import THING_KINDS
from library.services.suggesting.evidence import (
    apply_evidence,
    decline_evidence,
    evidence_batches,
    load_evidence,
    say_evidence,
)


class EvidenceSerializer(serializers.Serializer[Any]):
    """Videos of a folder for most of which the same is suggested."""

    key = serializers.CharField()
    what = serializers.CharField()
    kind = serializers.ChoiceField([(kind.value, kind.label) for kind in THING_KINDS])
    videos = serializers.IntegerField()
    hinted = serializers.IntegerField()
    has = serializers.IntegerField()
    hints = serializers.ListField(child=serializers.CharField())


class EvidenceList(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=EvidenceSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Batches that can be answered at once, the largest first."""
        found = [
            {"key": one.key, "what": what, "kind": one.kind, "videos": one.videos, "hinted": one.hinted,
             "has": one.has, "hints": hints}
            for one, what, _, hints in say_evidence((evidence_batches() or [])[:SHOWN])
        ]  # fmt: skip
        return Response(EvidenceSerializer(found, many=True).data)


class EvidenceVideosSerializer(serializers.Serializer[Any]):
    exceptions = serializers.ListField(child=serializers.IntegerField(), help_text="Not suggested for these.")
    hinted = serializers.ListField(child=serializers.IntegerField())


class EvidenceDetailView(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=EvidenceVideosSerializer)
    def get(self, request: Request, key: str) -> Response:
        """The videos of a batch. `key` is what stands behind the colon."""
        try:
            detail = load_evidence(f"evidence:{key}")
        except LibraryError as error:
            raise NotFound(str(error)) from None
        return Response(EvidenceVideosSerializer(detail).data)


class EvidenceAnswerSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=64)
    videos = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        required=False,
        max_length=50_000,
        help_text="Those that get it; of the others it is remembered that they don't. Empty declines the batch.",
    )


class EvidenceAnswer(ApiView):
    required_permissions = LOOK

    @extend_schema(request=EvidenceAnswerSerializer, responses=AnsweredSerializer)
    def post(self, request: Request) -> Response:
        """Puts it on these of the batch's videos, or never offers the batch again."""
        given = self.body(EvidenceAnswerSerializer)
        try:
            if given.get("videos"):
                return answered(self, apply_evidence(key=given["key"], video_ids=given["videos"], user=self.account))
            return answered(self, decline_evidence(key=given["key"], user=self.account))
        except LibraryError as error:
            raise NotFound(str(error)) from None
