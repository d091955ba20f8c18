"""People whom nobody has named: looking at them, naming, merging, splitting, hiding."""

from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from faces.api.cards import (
    ANSWER,
    GROUP,
    LOOK,
    ClusterSerializer,
    FaceCardSerializer,
    FacePersonSerializer,
    WhoSerializer,
    asked_person,
    ids_field,
)
from faces.models import FaceCluster
from faces.queries import clusters
from faces.services.clustering import hide_clusters, merge_clusters, split_cluster
from faces.services.naming import name_cluster
from library.api.answers import DoneSerializer, done
from library.api.base import ApiView


class ClusterPageSerializer(serializers.Serializer[Any]):
    """A page of unknown people."""

    results = ClusterSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)


class ClusterQuerySerializer(serializers.Serializer[Any]):
    hidden = serializers.BooleanField(required=False, default=False)
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=clusters.MOST_AT_ONCE, default=clusters.PAGE_SIZE
    )


def find_row(cluster_id: int) -> FaceCluster:
    """Raises NotFound with a sentence that says what may have happened."""
    row = FaceCluster.objects.filter(pk=cluster_id).defer("center").first()
    if row is None:
        raise NotFound("This unknown person isn't there any more: somebody named them, or joined them with another.")
    return row


class FaceClusters(ApiView):
    required_permissions = LOOK

    @extend_schema(parameters=[ClusterQuerySerializer], responses=ClusterPageSerializer)
    def get(self, request: Request) -> Response:
        """Unknown people, those in the most videos first; with `hidden` the passers-by that somebody hid."""
        asked = self.query(ClusterQuerySerializer)
        page = clusters.list_clusters(hidden=asked["hidden"], after=asked.get("cursor", ""), limit=asked["limit"])
        following = None
        if page.next_cursor:
            kept = {"hidden": asked["hidden"], "limit": asked["limit"], "cursor": page.next_cursor}
            following = f"{request.path}?{urlencode(kept)}"
        body = {"results": page.clusters, "next": following, "next_cursor": page.next_cursor}
        return Response(ClusterPageSerializer(body).data)


class ClusterHintSerializer(serializers.Serializer[Any]):
    """Somebody known whom they look like; `likeness` is the cosine to the likest reference."""

    person = FacePersonSerializer()
    likeness = serializers.FloatField()


class ClusterDetailSerializer(ClusterSerializer):
    """An unknown person, and whom they look like."""

    looks_like = ClusterHintSerializer(many=True)


class FaceClusterDetail(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=ClusterDetailSerializer)
    def get(self, request: Request, cluster_id: int) -> Response:
        """One unknown person."""
        row = find_row(cluster_id)
        found = clusters.find_cluster(cluster_id)
        faces = found.faces if found else ()
        body = {"row": row, "faces": faces, "looks_like": clusters.looks_like(row)}
        return Response(ClusterDetailSerializer(body).data)


class ClusterMemberSerializer(serializers.Serializer[Any]):
    """A face of an unknown person; `likeness` is the cosine to the middle of all of theirs."""

    face = FaceCardSerializer()
    likeness = serializers.FloatField()
    is_doubtful = serializers.BooleanField()


class ClusterMemberPageSerializer(serializers.Serializer[Any]):
    """A page of an unknown person's faces, by video and time."""

    results = ClusterMemberSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)


class FaceClusterFaces(ApiView):
    required_permissions = LOOK

    @extend_schema(
        parameters=[OpenApiParameter("cursor", str, description="From `next_cursor` of the page before.")],
        responses=ClusterMemberPageSerializer,
    )
    def get(self, request: Request, cluster_id: int) -> Response:
        """All faces of an unknown person, by video and time."""
        page = clusters.list_members(find_row(cluster_id), after=request.query_params.get("cursor", ""))
        following = f"{request.path}?{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else None
        body = {"results": page.members, "next": following, "next_cursor": page.next_cursor}
        return Response(ClusterMemberPageSerializer(body).data)


class FaceClusterName(ApiView):
    required_permissions = {"POST": ANSWER}

    @extend_schema(request=WhoSerializer, responses=DoneSerializer)
    def post(self, request: Request, cluster_id: int) -> Response:
        """Names an unknown person once: all their videos are credited, as one change."""
        values = self.body(WhoSerializer)
        row = find_row(cluster_id)
        with self.changing() as batch:
            creator = asked_person(self, values)
            named = name_cluster(cluster=row, creator=creator, user=self.account)
        said = f"{batch.summary}." if named.tracks else "All their faces have been named meanwhile."
        return Response(done(named.tracks, said, batch))


class ClusterSplitSerializer(serializers.Serializer[Any]):
    """Appearances that are somebody else, by the ids of their tracks."""

    tracks = ids_field


class ClusterSplitDoneSerializer(DoneSerializer):
    """`cluster` is the unknown person that these faces are now."""

    cluster = serializers.IntegerField()


class FaceClusterSplit(ApiView):
    required_permissions = {"POST": GROUP}

    @extend_schema(request=ClusterSplitSerializer, responses=ClusterSplitDoneSerializer)
    def post(self, request: Request, cluster_id: int) -> Response:
        """Takes faces out that are somebody else: they become an unknown person of their own and stay apart."""
        values = self.body(ClusterSplitSerializer)
        with self.changing() as batch:
            made = split_cluster(cluster=find_row(cluster_id), track_ids=values["tracks"], user=self.account)
        return Response({**done(len(values["tracks"]), f"{batch.summary}.", batch), "cluster": made.pk})


class ClusterIdsSerializer(serializers.Serializer[Any]):
    """Unknown people."""

    ids = ids_field


class ClusterMergedSerializer(DoneSerializer):
    """`cluster` is the one that they all are now."""

    cluster = serializers.IntegerField()


class FaceClusterMerge(ApiView):
    required_permissions = {"POST": GROUP}

    @extend_schema(request=ClusterIdsSerializer, responses=ClusterMergedSerializer)
    def post(self, request: Request) -> Response:
        """Makes several unknown people one; the undo parts them exactly."""
        ids = list(dict.fromkeys(self.body(ClusterIdsSerializer)["ids"]))
        if len(ids) < 2:
            raise serializers.ValidationError({"ids": ["Choose two or more."]})
        for one in ids[:50]:
            find_row(one)
        with self.changing() as batch:
            kept = merge_clusters(cluster_ids=ids[:50], user=self.account)
        return Response({**done(len(ids[:50]), f"{batch.summary}.", batch), "cluster": kept.pk})


class ClusterHideSerializer(ClusterIdsSerializer):
    """`hidden` false shows them again."""

    hidden = serializers.BooleanField(default=True)


class FaceClusterHide(ApiView):
    required_permissions = {"POST": GROUP}

    @extend_schema(request=ClusterHideSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Hides passers-by, or shows them again."""
        values = self.body(ClusterHideSerializer)
        with self.changing() as batch:
            hide_clusters(cluster_ids=values["ids"], hidden=values["hidden"], user=self.account)
        said = f"{batch.summary}." if batch.change_count else "Nothing was left to change."
        return Response(done(len(values["ids"]) if batch.change_count else 0, said, batch))
