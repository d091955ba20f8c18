"""The inbox of faces: who is proposed for which face, and answering it."""

from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from faces.api.cards import (
    ANSWER,
    LOOK,
    FaceCardSerializer,
    FacePersonSerializer,
    WhoSerializer,
    asked_person,
    find_person,
    ids_field,
)
from faces.queries import inbox
from faces.services.answering import Answered, answer_suggestions
from library.api.answers import CountSerializer
from library.api.base import ApiView


class BandSerializer(serializers.Serializer[Any]):
    """Likeness in words; `key` is high, middle or low."""

    key = serializers.CharField()
    words = serializers.CharField()


class FaceQuestionSerializer(serializers.Serializer[Any]):
    """Is this face that person? `likeness` is the cosine of both."""

    id = serializers.IntegerField()
    person = FacePersonSerializer()
    likeness = serializers.FloatField()
    band = BandSerializer()
    face = FaceCardSerializer()


class WaitingSerializer(serializers.Serializer[Any]):
    """Somebody, and for how many faces they are proposed."""

    person = FacePersonSerializer()
    count = serializers.IntegerField()


class FaceQuestionPageSerializer(serializers.Serializer[Any]):
    """A page of the inbox. `waiting` has by public id how many faces wait for each of its people."""

    results = FaceQuestionSerializer(many=True)
    waiting = serializers.DictField(child=serializers.IntegerField())
    total = CountSerializer()
    next = serializers.CharField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)


class FaceQuestionsQuerySerializer(serializers.Serializer[Any]):
    """`least`: from this likeness on."""

    person = serializers.UUIDField(required=False)
    least = serializers.FloatField(required=False, min_value=0, max_value=1, default=0.0)
    sort = serializers.ChoiceField(list(inbox.SORTS), default="person")
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=inbox.MOST_AT_ONCE, default=inbox.PAGE_SIZE)


class FaceSuggestions(ApiView):
    required_permissions = LOOK

    @extend_schema(parameters=[FaceQuestionsQuerySerializer], responses=FaceQuestionPageSerializer)
    def get(self, request: Request) -> Response:
        """Faces for which somebody is proposed and nobody has said yes or no. What was rejected is never proposed
        again. Read on while answering: a face may come twice in the order by person, none is left out."""
        asked = self.query(FaceQuestionsQuerySerializer)
        creator = find_person(asked["person"]) if asked.get("person") else None
        page = inbox.list_questions(
            sort=asked["sort"],
            creator=creator,
            least=asked["least"],
            after=asked.get("cursor", ""),
            limit=asked["limit"],
        )
        following = None
        if page.next_cursor:
            kept = {name: value for name, value in asked.items() if name != "cursor"}
            following = f"{request.path}?{urlencode({**kept, 'cursor': page.next_cursor})}"
        public = {one.person.row.pk: str(one.person.row.public_id) for one in page.asked}
        body = {
            "results": page.asked,
            "waiting": {public[pk]: count for pk, count in page.waiting.items()},
            "total": page.total,
            "next": following,
            "next_cursor": page.next_cursor,
        }
        return Response(FaceQuestionPageSerializer(body).data)


class FaceSuggestionPeople(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=WaitingSerializer(many=True))
    def get(self, request: Request) -> Response:
        """People for whom faces wait, those with most first; two hundred at most."""
        return Response(WaitingSerializer(inbox.list_waiting(), many=True).data)


class FaceAnswerSerializer(WhoSerializer):
    """yes: it is who is proposed. no: it isn't, which is kept. other: it is `person`, or somebody of `name`."""

    ids = ids_field
    answer = serializers.ChoiceField(["yes", "no", "other"])


class FaceAnsweredSerializer(serializers.Serializer[Any]):
    """`gone` are questions that somebody else answered before, or whose face is named or gone. `batch` undoes it."""

    count = serializers.IntegerField()
    detail = serializers.CharField()
    gone = serializers.ListField(child=serializers.IntegerField())
    batch = serializers.UUIDField(allow_null=True)


class FaceSuggestionAnswers(ApiView):
    required_permissions = {"POST": ANSWER}

    @extend_schema(request=FaceAnswerSerializer, responses=FaceAnsweredSerializer)
    def post(self, request: Request) -> Response:
        """Answers questions of the inbox, up to a thousand at once, as one change. Naming credits the videos and
        teaches what the person looks like."""
        values = self.body(FaceAnswerSerializer)
        with self.changing() as batch:
            creator = asked_person(self, values) if values["answer"] == "other" else None
            done = answer_suggestions(
                suggestion_ids=values["ids"],
                answer="no" if values["answer"] == "no" else "yes",
                creator=creator,
                user=self.account,
            )
        body = {
            "count": done.count,
            "detail": answer_in_words(done, batch.summary),
            "gone": done.gone,
            "batch": batch.pk if batch.change_count else None,
        }
        return Response(FaceAnsweredSerializer(body).data)


def answer_in_words(done: Answered, summary: str) -> str:
    """What was done, and what somebody else was quicker with."""
    gone = len(done.gone)
    late = "" if not gone else f"{gone:,} {'was' if gone == 1 else 'were'} answered by somebody else meanwhile."
    if not done.count:
        return late or "There was nothing to answer."
    return f"{summary}. {late}".strip()
