"""Pairs that may be one person: reading them, and answering."""

from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from faces.api.cards import (
    GROUP,
    LOOK,
    ClusterSerializer,
    FacePersonSerializer,
    ThumbSerializer,
    find_person,
)
from faces.api.clusters import find_row
from faces.queries import pairs
from faces.services.answering import reject_cluster
from faces.services.clustering import merge_clusters, say_different
from faces.services.naming import name_cluster
from library.api.answers import DoneSerializer, done
from library.api.base import ApiView


class FacePairSerializer(serializers.Serializer[Any]):
    """Is `cluster` the same person as `other`, or as `person` (with `known` faces)? One of the two is null."""

    cluster = ClusterSerializer()
    other = ClusterSerializer(allow_null=True)
    person = FacePersonSerializer(allow_null=True)
    known = ThumbSerializer(many=True)
    likeness = serializers.FloatField()


class FacePairPageSerializer(serializers.Serializer[Any]):
    """A page of pairs; it may be empty and yet have a next one."""

    results = FacePairSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)


class FacePairQuerySerializer(serializers.Serializer[Any]):
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=pairs.MOST_AT_ONCE, default=pairs.PAGE_SIZE)


class FacePairs(ApiView):
    required_permissions = LOOK

    @extend_schema(parameters=[FacePairQuerySerializer], responses=FacePairPageSerializer)
    def get(self, request: Request) -> Response:
        """Pairs that nobody has answered: about those in the most videos first."""
        asked = self.query(FacePairQuerySerializer)
        page = pairs.list_pairs(after=asked.get("cursor", ""), limit=asked["limit"])
        following = None
        if page.next_cursor:
            following = f"{request.path}?{urlencode({'limit': asked['limit'], 'cursor': page.next_cursor})}"
        body = {"results": page.pairs, "next": following, "next_cursor": page.next_cursor}
        return Response(FacePairPageSerializer(body).data)


class FacePairAnswerSerializer(serializers.Serializer[Any]):
    """Of `cluster`, and of `other` (an unknown person) or `person` (a known one). yes makes them one or names them;
    no is remembered."""

    cluster = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    other = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    person = serializers.UUIDField(required=False)
    answer = serializers.ChoiceField(["yes", "no"])


class FacePairAnswers(ApiView):
    required_permissions = {"POST": GROUP}

    @extend_schema(request=FacePairAnswerSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Answers a pair, as one change that can be undone."""
        values = self.body(FacePairAnswerSerializer)
        if ("other" in values) == ("person" in values):
            raise serializers.ValidationError({"other": ["Give the other unknown person, or a known one."]})
        if values.get("other") == values["cluster"]:
            raise serializers.ValidationError({"other": ["Those are the same already."]})
        cluster = find_row(values["cluster"])
        is_same = values["answer"] == "yes"
        with self.changing() as batch:
            if "person" in values:
                creator = find_person(values["person"])
                if is_same:
                    name_cluster(cluster=cluster, creator=creator, user=self.account)
                else:
                    reject_cluster(cluster=cluster, creator=creator, user=self.account)
            else:
                other = find_row(values["other"])
                if is_same:
                    merge_clusters(cluster_ids=[cluster.pk, other.pk], user=self.account)
                else:
                    say_different(first=cluster, second=other, user=self.account)
        said = f"{batch.summary}." if batch.change_count else "That was said before."
        return Response(done(1 if batch.change_count else 0, said, batch))
