"""What the endpoints of people and studios have in common."""

from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import AliasesSerializer, DoneSerializer, PublicIdsSerializer, done
from library.api.base import ApiView
from library.api.pages import MOST_AT_ONCE, PAGE_SIZE
from library.api.rows import RowsView, find_row
from library.api.tags import edit_aliases
from library.services.merging import merge
from people import queries
from people.api.fields import (
    CardPageSerializer,
    CardSerializer,
    LinkSerializer,
)
from people.models import SocialLink

LOOK = ("library.view_video",)

CHANGE_CREATOR = ("library.view_video", "people.change_creator")

CHANGE_STUDIO = ("library.view_video", "people.change_studio")

NAME = OpenApiParameter("name", str, required=True)


class CardsQuerySerializer(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, allow_blank=True, max_length=200)
    sort = serializers.ChoiceField(list(queries.ORDERS), default="name")
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST_AT_ONCE)


class CardsView(RowsView):
    """GET is a list of cards by its own places, POST makes a row."""

    is_list = False
    read: Callable[..., queries.CardPage]

    def cards(self, request: Request) -> Response:
        asked = self.query(CardsQuerySerializer)
        limit, text = asked.get("limit", PAGE_SIZE), asked.get("q", "").strip()
        page = type(self).read(order=asked["sort"], text=text, after=asked.get("cursor", ""), limit=limit)
        following = None
        if page.next_place:
            parts = {"q": text, "sort": asked["sort"], "limit": limit, "cursor": page.next_place}
            following = f"{request.path}?{urlencode({name: value for name, value in parts.items() if value})}"
        body = {"results": page.cards, "next": following, "next_cursor": page.next_place}
        return Response(CardPageSerializer(body).data)


class RelatedSerializer(serializers.Serializer[Any]):
    """Who works with whom."""

    people = CardSerializer(many=True, help_text="The count is of videos together.")
    studios = CardSerializer(many=True)


class SimilarNamedSerializer(serializers.Serializer[Any]):
    """One that may be meant."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="__str__")


class LinksEditSerializer(serializers.Serializer[Any]):
    """Links to add, and ids of links to remove."""

    add = LinkSerializer(many=True, required=False)
    remove = serializers.ListField(child=serializers.IntegerField(), max_length=100, required=False)


class NamedView(ApiView):
    """An endpoint below one person or studio. `kind` is what services call it, `rows` is with all that the serializer
    reads; which of both it is, a class beside says."""

    kind: Literal["creator", "studio"]
    noun: str
    serializer_class: type[serializers.ModelSerializer[Any]]

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def find(self, public_id: UUID, *, is_locking: bool = False) -> Any:
        """Raises NotFound."""
        rows = self.rows().model.objects.in_use()
        return find_row(rows, public_id, lookup="public_id", noun=self.noun, is_locking=is_locking)

    def show(self, row: Any) -> Response:
        """It as it is now."""
        return Response(self.serializer_class(self.rows().get(pk=row.pk)).data)


class SimilarView(NamedView):
    """GET: who may be meant by a name."""

    similar: Callable[[str], Any]

    @extend_schema(parameters=[NAME], responses=SimilarNamedSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Those who may be meant by `name`: case, accents, spaces or a letter or two differ."""
        name = request.query_params.get("name", "")[:200].replace("\0", "")
        return Response(SimilarNamedSerializer(type(self).similar(name), many=True).data)


class AliasesView(NamedView):
    """POST: other names come and go."""

    def post(self, request: Request, public_id: UUID) -> Response:
        """Gives other names, and takes some away."""
        values = self.body(AliasesSerializer)
        with self.changing() as batch:
            row = self.find(public_id, is_locking=True)
            batch.summary = f"Changed the other names of {row}"
            edit_aliases(row.aliases, values, **{self.kind: row})
        return self.show(row)


class MergeView(NamedView):
    """POST: others become this one."""

    @extend_schema(request=PublicIdsSerializer, responses=DoneSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Merges others into this one, with everything that hangs on them."""
        keep = self.find(public_id)
        others = [self.find(one) for one in dict.fromkeys(self.body(PublicIdsSerializer)["ids"][:100])]
        with self.changing() as batch:
            merge(self.kind, keep=keep, others=others, user=self.account)
        return Response(done(len(others), batch.summary, batch))


class LinksView(NamedView):
    """POST: links come and go."""

    def post(self, request: Request, public_id: UUID) -> Response:
        """Adds links, and removes some."""
        row = self.find(public_id)
        values = self.body(LinksEditSerializer)
        with self.changing(f"Changed the links of {row}"):
            SocialLink.objects.filter(**{self.kind: row}, pk__in=values.get("remove", [])).delete()
            for one in values.get("add", [])[:100]:
                link = SocialLink(**{self.kind: row}, **one)
                link.full_clean()
                link.save()
        return self.show(row)
