"""Dead letters."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import DoneSerializer, done
from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import find_row
from library.paths import display_path
from processing.models import DeadLetter, LetterStatus
from processing.models.job import TargetKind
from processing.queries.engine import error_groups
from processing.services.letters import abandon_letters, retry_letters

VIEW_LETTER = ("processing.view_deadletter",)

CHANGE_LETTER = (*VIEW_LETTER, "processing.change_deadletter")


class LetterSerializer(serializers.Serializer[Any]):
    """Work that the engine has given up on, until somebody says what becomes of it."""

    id = serializers.IntegerField(source="pk")
    stage = serializers.CharField()
    target_kind = serializers.ChoiceField(TargetKind.choices)
    target_id = serializers.IntegerField()
    label = serializers.SerializerMethodField()
    status = serializers.ChoiceField(LetterStatus.choices)
    failures = serializers.IntegerField()
    attempts = serializers.IntegerField()
    error_class = serializers.CharField()
    first_error = serializers.CharField()
    error = serializers.CharField()
    failed_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()
    job = serializers.IntegerField(source="job_id", allow_null=True)

    def get_label(self, letter: DeadLetter) -> str:
        return display_path(letter.label)


class LetterFilterSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(LetterStatus.choices, required=False)
    stage = serializers.CharField(required=False, max_length=40)
    error_class = serializers.CharField(required=False, allow_blank=True, max_length=100)


class Letters(ApiView):
    required_permissions = VIEW_LETTER
    ordering = ("-failed_at", "-pk")

    @extend_schema(parameters=[LetterFilterSerializer], responses=paged(LetterSerializer))
    def get(self, request: Request) -> Response:
        """Dead letters, the latest first."""
        rows = DeadLetter.objects.filter(**self.query(LetterFilterSerializer))
        return self.page(rows, LetterSerializer)


class LetterDetail(ApiView):
    required_permissions = VIEW_LETTER

    @extend_schema(responses=LetterSerializer)
    def get(self, request: Request, letter_id: int) -> Response:
        """One dead letter."""
        return Response(LetterSerializer(find_row(DeadLetter.objects.all(), letter_id, noun="dead letter")).data)


class ErrorGroupSerializer(serializers.Serializer[Any]):
    """Open dead letters of one kind of error in one stage."""

    stage = serializers.CharField()
    error_class = serializers.CharField()
    count = serializers.IntegerField()
    error = serializers.CharField(help_text="The latest one's sentence.")
    latest_at = serializers.DateTimeField()


class LetterGroups(ApiView):
    required_permissions = VIEW_LETTER

    @extend_schema(responses=ErrorGroupSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Open dead letters by stage and kind of error, the largest groups first; twenty at most."""
        return Response(ErrorGroupSerializer(error_groups(), many=True).data)


class LettersChoiceSerializer(serializers.Serializer[Any]):
    """Letters by `ids`, or all open ones of a `stage` with an `error_class`."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=1000, required=False
    )
    stage = serializers.CharField(required=False, max_length=40)
    error_class = serializers.CharField(required=False, allow_blank=True, max_length=100)


def _letters(values: dict[str, Any]) -> QuerySet[DeadLetter]:
    is_group = {"stage", "error_class"} <= values.keys()
    if ("ids" in values) == is_group:
        raise serializers.ValidationError("Send `ids`, or `stage` and `error_class`.")
    if is_group:
        return DeadLetter.objects.open().filter(stage=values["stage"], error_class=values["error_class"])
    return DeadLetter.objects.filter(pk__in=values["ids"])


class LettersRetry(ApiView):
    required_permissions = {"POST": CHANGE_LETTER}

    @extend_schema(request=LettersChoiceSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Tries letters again, or all of one kind."""
        count = retry_letters(letters=_letters(self.body(LettersChoiceSerializer)), requested_by=self.account)
        return Response(done(count, f"{count:,} {'is' if count == 1 else 'are'} being tried again."))


class LettersAbandon(ApiView):
    required_permissions = {"POST": CHANGE_LETTER}

    @extend_schema(request=LettersChoiceSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Closes letters unsolved, or all of one kind; they can be tried again later."""
        count = abandon_letters(letters=_letters(self.body(LettersChoiceSerializer)), requested_by=self.account)
        return Response(done(count, f"{count:,} are abandoned; they can be tried again."))
