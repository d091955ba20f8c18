"""Suggestions: what is proposed for videos, and the answers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import IdsSerializer
from library.api.base import ApiView
from library.api.pages import Pages, paged
from library.models.suggestion import THING_KINDS, SuggestedKind
from library.queries.suggestions import Chip, chips_of, count_precision, reason_of, waiting
from library.services.suggesting.targets import get_target
from library.services.suggesting.values import name_proposals
from library.services.suggestions import accept_suggestions, reject_suggestions

LOOK = ("library.view_video", "library.change_video")
RULES = ("library.view_rule",)
RENAME = ("library.rename_files",)
SHOWN = 100


class AnsweredSerializer(serializers.Serializer[Any]):
    """What an answer did. `batch` takes it back; null where nothing changed. `gone` were answered already."""

    batch = serializers.UUIDField(allow_null=True)
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    gone = serializers.IntegerField()


class ChipSerializer(serializers.Serializer[Any]):
    """Something suggested for a video, joined over all who suggest it. `object` is what the API calls it elsewhere:
    the number of a tag, the public id of a person or studio; empty for a title or a date, which `label` tells. Answer
    it by `id`."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(SuggestedKind.choices)
    object = serializers.CharField()
    label = serializers.CharField()
    confidence = serializers.FloatField()
    provider = serializers.CharField()
    reason = serializers.CharField()


class SuggestionRowSerializer(serializers.Serializer[Any]):
    """One suggestion of one provider."""

    id = serializers.IntegerField(source="pk")
    video = serializers.IntegerField(source="video_id")
    kind = serializers.ChoiceField(SuggestedKind.choices)
    object = serializers.CharField()
    label = serializers.CharField()
    confidence = serializers.FloatField()
    provider = serializers.CharField()
    reason = serializers.CharField()


class InboxFilterSerializer(serializers.Serializer[Any]):
    provider = serializers.SlugField(required=False)
    kind = serializers.ChoiceField(SuggestedKind.choices, required=False)


class SuggestionInbox(ApiView):
    required_permissions = LOOK
    ordering = ("-confidence", "pk")

    @extend_schema(parameters=[InboxFilterSerializer], responses=paged(SuggestionRowSerializer))
    def get(self, request: Request) -> Response:
        """What waits for an answer, the surest first."""
        rows = waiting().filter(video__trashed_at=None, **self.query(InboxFilterSerializer))
        pages = Pages()
        found: list[Any] = list(pages.paginate_queryset(rows, request, view=self) or ())
        labels = name_proposals(found)
        addresses = _addresses([(row.kind, row.object_id) for row in found])
        for row in found:
            key = (row.kind, row.object_id)
            row.label, row.object, row.reason = labels.get(key, ""), addresses.get(key, ""), reason_of(row)
        return pages.get_paginated_response(SuggestionRowSerializer(found, many=True).data)


def _addresses(pairs: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for kind, pk in pairs:
        wanted.setdefault(kind, set()).add(pk)
    return {
        (kind, pk): text
        for kind, ids in wanted.items()
        if kind in THING_KINDS
        for pk, text in get_target(kind).addresses(ids).items()
    }


class VideoSuggestions(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=ChipSerializer(many=True))
    def get(self, request: Request, video_id: int) -> Response:
        """What is suggested for a video, the surest first."""
        chips: list[Chip] = chips_of([video_id])[video_id]
        addresses = _addresses([(chip.kind, chip.object_id) for chip in chips])
        found = [
            {
                "id": chip.id,
                "kind": chip.kind,
                "object": addresses.get((chip.kind, chip.object_id), ""),
                "label": chip.label,
                "confidence": chip.confidence,
                "provider": chip.provider,
                "reason": chip.reason,
            }
            for chip in chips
        ]
        return Response(ChipSerializer(found, many=True).data)


def answered(view: ApiView, answered: Any) -> Response:
    view.tell_batch(answered.batch)
    facts = {
        "batch": answered.batch.pk if answered.batch is not None else None,
        "accepted": answered.accepted,
        "rejected": answered.rejected,
        "gone": answered.gone,
    }
    return Response(AnsweredSerializer(facts).data)


class SuggestionsAccept(ApiView):
    required_permissions = LOOK

    @extend_schema(request=IdsSerializer, responses=AnsweredSerializer)
    def post(self, request: Request) -> Response:
        """They are right: what is suggested is put on the videos."""
        ids = self.body(IdsSerializer)["ids"]
        return answered(self, accept_suggestions(suggestion_ids=ids, user=self.account))


class SuggestionsReject(ApiView):
    required_permissions = LOOK

    @extend_schema(request=IdsSerializer, responses=AnsweredSerializer)
    def post(self, request: Request) -> Response:
        """They are wrong: never suggested for those videos again."""
        ids = self.body(IdsSerializer)["ids"]
        return answered(self, reject_suggestions(suggestion_ids=ids, user=self.account))


class ProviderSerializer(serializers.Serializer[Any]):
    """How often one of those who suggest was right. `at_least` is proved with 95 % certainty."""

    provider = serializers.CharField()
    label = serializers.CharField()
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    waiting = serializers.IntegerField()
    ratio = serializers.FloatField(allow_null=True)
    at_least = serializers.FloatField()


class SuggestionProviders(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=ProviderSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Who suggests, and how right each is."""
        return Response(ProviderSerializer(list(count_precision().values()), many=True).data)
