"""Likes, stars and tallies of the one who asks."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library import queries
from library.models import ChangeBatch
from library.queries import Cursor, CursorError
from library.sorting import sort_of
from people.models import Creator, Studio
from playback.api.curated import CuratedApi, found, id_of, number_in, sent
from playback.queries_opinions import favorite_people, favorite_studios, favorites_filter, opinion_of
from playback.services import opinions
from playback.services.opinions import Target


class OpinionSerializer(serializers.Serializer[Any]):
    """What you think of it. `batch` is the change that was just made, to undo it; null where nothing changed."""

    is_favorite = serializers.BooleanField()
    stars = serializers.DecimalField(2, 1, allow_null=True, coerce_to_string=False)
    comment = serializers.CharField()
    tally = serializers.IntegerField()
    batch = serializers.UUIDField(allow_null=True)


class RatingSerializer(serializers.Serializer[Any]):
    """Stars with a comment; without one the comment stays as it is."""

    stars = serializers.FloatField(min_value=0.5, max_value=5, help_text="0.5 to 5 in half steps.")
    comment = serializers.CharField(required=False, allow_blank=True, max_length=10_000)


class FavoriteSerializer(serializers.Serializer[Any]):
    """Something you like: a video by its id, a person or a studio by the public one."""

    id = serializers.CharField()
    name = serializers.CharField()


class FavoritesSerializer(serializers.Serializer[Any]):
    """A page of what you like, the latest first."""

    results = FavoriteSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="For `after` of the next page; null on the last.")


class OpinionView(CuratedApi):
    """What all endpoints about one video, person or studio share."""

    required_permissions = ("library.view_video",)
    kind = "video"

    def target(self, key: Any) -> Target:
        if self.kind == "video":
            return self.video(key)
        rows: Any = Creator.objects.in_use() if self.kind == "creator" else Studio.objects.in_use()
        target: Target = found(rows.filter(public_id=key).first(), "person" if self.kind == "creator" else "studio")
        return target

    def said(self, target: Target, batch: ChangeBatch | None = None) -> Response:
        now = opinion_of(self.account, target)
        body = {
            "is_favorite": now.is_favorite,
            "stars": now.stars,
            "comment": now.comment,
            "tally": now.tally,
            "batch": id_of(batch),
        }
        return Response(OpinionSerializer(body).data)


class OpinionOf(OpinionView):
    """`.../opinion/`"""

    @extend_schema(responses=OpinionSerializer)
    def get(self, request: Request, key: int | UUID) -> Response:
        """What you think of it."""
        return self.said(self.target(key))


class FavoriteOf(OpinionView):
    """`.../favorite/`"""

    @extend_schema(request=None, responses=OpinionSerializer)
    def put(self, request: Request, key: int | UUID) -> Response:
        """You like it."""
        target = self.target(key)
        return self.said(target, opinions.set_favorite(user=self.account, target=target, is_favorite=True))

    @extend_schema(responses=OpinionSerializer)
    def delete(self, request: Request, key: int | UUID) -> Response:
        """You don't like it any more."""
        target = self.target(key)
        return self.said(target, opinions.set_favorite(user=self.account, target=target, is_favorite=False))


class RatingOf(OpinionView):
    """`.../rating/`"""

    @extend_schema(request=RatingSerializer, responses=OpinionSerializer)
    def put(self, request: Request, key: int | UUID) -> Response:
        """Gives stars, with a comment or without."""
        target, body = self.target(key), sent(RatingSerializer, request)
        batch = opinions.rate(user=self.account, target=target, stars=body["stars"], comment=body.get("comment"))
        return self.said(target, batch)

    @extend_schema(responses=OpinionSerializer)
    def delete(self, request: Request, key: int | UUID) -> Response:
        """Takes stars and comment away."""
        target = self.target(key)
        return self.said(target, opinions.clear_rating(user=self.account, target=target))


class OpinionOfPerson(OpinionOf):
    """`/people/{key}/opinion/`"""

    kind = "creator"


class OpinionOfStudio(OpinionOf):
    """`/studios/{key}/opinion/`"""

    kind = "studio"


class FavoriteOfPerson(FavoriteOf):
    """`/people/{key}/favorite/`"""

    kind = "creator"


class FavoriteOfStudio(FavoriteOf):
    """`/studios/{key}/favorite/`"""

    kind = "studio"


class RatingOfPerson(RatingOf):
    """`/people/{key}/rating/`"""

    kind = "creator"


class RatingOfStudio(RatingOf):
    """`/studios/{key}/rating/`"""

    kind = "studio"


class TallyOf(OpinionView):
    """`/videos/{id}/tally/`"""

    @extend_schema(request=None, responses=OpinionSerializer)
    def post(self, request: Request, key: int) -> Response:
        """Counts once more. The last step is taken back by undoing its change."""
        video = self.video(key)
        _, batch = opinions.add_to_tally(user=self.account, video=video)
        return self.said(video, batch)


class Favorites(CuratedApi):
    """`/favorites/`"""

    required_permissions = ("library.view_video",)

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", str, enum=["videos", "people", "studios"], description="By itself videos."),
            OpenApiParameter("after", str, description="Where to go on: `next` of the page before."),
        ],
        responses=FavoritesSerializer,
    )
    def get(self, request: Request) -> Response:
        """What you like, the latest first."""
        kind = request.query_params.get("kind", "videos")
        if kind in ("people", "studios"):
            read = favorite_people if kind == "people" else favorite_studios
            cards, more = read(self.account, before_id=number_in(request, "after"))
            rows = [{"id": str(card.row.public_id), "name": card.row.name} for card in cards]
            return Response({"results": rows, "next": str(more) if more else None})
        after = request.query_params.get("after", "")
        try:
            place = Cursor.decoded(after) if after else None
            page = queries.list_videos(sort=sort_of("liked"), filter=favorites_filter(), user=self.account, after=place)
        except CursorError:
            return Response({"detail": "No page of this list ends there."}, status=400)
        rows = [{"id": str(file.video_id), "name": str(file.video)} for file in page.files]
        return Response({"results": rows, "next": page.next_cursor})
