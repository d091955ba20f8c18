"""What the endpoints of people and studios have in common."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from library.api.pages import MOST_AT_ONCE, PAGE_SIZE
from library.api.rows import RowsView
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


def asked_name(request: Request) -> str:
    return request.query_params.get("name", "")[:200].replace("\0", "")


class LinksEditSerializer(serializers.Serializer[Any]):
    """Links to add, and ids of links to remove."""

    add = LinkSerializer(many=True, required=False)
    remove = serializers.ListField(child=serializers.IntegerField(), max_length=100, required=False)


def edit_named_links(view: ApiView, row: Any, owner: str) -> None:
    values = view.body(LinksEditSerializer)
    with view.changing(f"Changed the links of {row}"):
        SocialLink.objects.filter(**{owner: row}, pk__in=values.get("remove", [])).delete()
        for one in values.get("add", [])[:100]:
            link = SocialLink(**{owner: row}, **one)
            link.full_clean()
            link.save()
