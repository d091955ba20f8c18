"""What videos can be filtered by, suggestions, and the searches that people keep."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import ChoiceSerializer
from library.api.base import ApiView
from library.api.pages import MOST_AT_ONCE, PAGE_SIZE
from library.api.rows import RowsView, find_row
from library.api.versions import check_version, version_of
from library.api.videos import VideoPageSerializer, search
from library.filters import FilterError, Kind, all_facets, get_facet, parse_filter
from library.filters.chips import in_words
from library.filters.registry import Facet
from library.filters.spelling import suggest_words
from library.models import SavedSearch
from library.services.saved_searches import change_search, delete_search, save_search
from library.sorting import sort_of

LOOK = ("library.view_video",)
_OFFERED = 20
_SUGGESTED = 5
_COLUMNS = ("name", "filter", "sort", "is_shared")


class OperatorSerializer(serializers.Serializer[Any]):
    """What a facet can be asked, and how that is said."""

    key = serializers.CharField()
    words = serializers.CharField()


class FacetSerializer(serializers.Serializer[Any]):
    """Something that videos are filtered by. A condition is {"facet": key, "op": operator, "value": ...}."""

    key = serializers.CharField()
    label = serializers.CharField()
    group = serializers.CharField()
    kind = serializers.ChoiceField([kind.value for kind in Kind])
    operators = OperatorSerializer(many=True)
    choices = ChoiceSerializer(many=True, help_text="Of the kind choice: all there are.")
    has_names = serializers.BooleanField(help_text="Of the kind rows: /facets/{key}/names/ finds values.")
    unit = serializers.CharField()
    hint = serializers.CharField()


class Facets(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=FacetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Everything that videos can be filtered by, with operators and choices."""
        return Response(FacetSerializer([_facet(facet) for facet in all_facets()], many=True).data)


def _facet(facet: Facet) -> dict[str, Any]:
    return {
        "key": facet.key,
        "label": facet.label,
        "group": facet.group,
        "kind": facet.kind.value,
        "operators": [{"key": key, "words": words} for key, words in facet.operator_words().items()],
        "choices": facet.choices() if facet.choices else [],
        "has_names": facet.find is not None,
        "unit": facet.unit,
        "hint": facet.hint,
    }


class FacetNames(ApiView):
    required_permissions = LOOK

    @extend_schema(parameters=[OpenApiParameter("q", str)], responses=ChoiceSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Values of a facet whose names begin with `q`."""
        try:
            facet = get_facet(key)
        except FilterError as error:
            raise NotFound(str(error)) from None
        if facet.find is None:
            raise NotFound("That facet has no names.")
        text = request.query_params.get("q", "")[:100].replace("\0", "")
        return Response(ChoiceSerializer(facet.find(text, _OFFERED), many=True).data)


class SuggestionSerializer(serializers.Serializer[Any]):
    """A tag, a person or a studio whose name begins with what was typed: `facet` and `value` filter by it."""

    facet = serializers.CharField()
    label = serializers.CharField()
    value = serializers.JSONField()
    name = serializers.CharField()
    count = serializers.IntegerField(allow_null=True)


class SuggestionsSerializer(serializers.Serializer[Any]):
    """What may be meant by what was typed so far. `meant` is another spelling, empty where none comes near."""

    suggestions = SuggestionSerializer(many=True)
    meant = serializers.CharField()


class Suggestions(ApiView):
    required_permissions = LOOK

    @extend_schema(parameters=[OpenApiParameter("q", str)], responses=SuggestionsSerializer)
    def get(self, request: Request) -> Response:
        """People, studios and tags as one types. With `spelling=1`, words that some video has in place of those."""
        text = request.query_params.get("q", "")[:200].strip().replace("\0", "")
        found = []
        for facet in all_facets():
            if facet.is_suggested and facet.find and len(text) > 1:
                for choice in facet.find(text, _SUGGESTED):
                    value = {"value": choice.value, "name": choice.label, "count": choice.count}
                    found.append({"facet": facet.key, "label": facet.label, **value})
        wants_spelling = "spelling" in request.query_params and bool(text)
        meant = suggest_words(text) if wants_spelling else ""
        return Response(SuggestionsSerializer({"suggestions": found, "meant": meant}).data)


class SavedSearchSerializer(serializers.ModelSerializer[SavedSearch]):
    """A filter with its order under a name. `words` says it, or why it can't be read any more."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    name = serializers.CharField(max_length=100)
    filter = serializers.JSONField(required=False)
    version = serializers.SerializerMethodField(help_text="The ETag: send it as If-Match with a change.")
    words = serializers.SerializerMethodField()
    owner = serializers.CharField(source="user.username", read_only=True)
    is_own = serializers.SerializerMethodField()

    class Meta:
        model = SavedSearch
        fields = ["id", "version", "name", "filter", "sort", "is_shared", "words", "owner", "is_own", "updated_at"]

    def get_version(self, row: SavedSearch) -> str:
        return version_of(row, _COLUMNS)

    def get_words(self, row: SavedSearch) -> str:
        # In lists the names of what is filtered by would be a query for each facet and row.
        if not self.context.get("is_single"):
            return ""
        try:
            return in_words(parse_filter(row.filter)) or "Every video"
        except FilterError as error:
            return str(error)

    def get_is_own(self, row: SavedSearch) -> bool:
        view: ApiView = self.context["view"]
        return row.user_id == view.account.pk

    def validate_filter(self, value: Any) -> Any:
        return parse_filter(value).as_json()

    def validate_sort(self, value: str) -> str:
        if value and sort_of(value).key != value:
            raise serializers.ValidationError("There is no such order.")
        return value


def searches_of(view: ApiView) -> QuerySet[SavedSearch]:
    """One's own searches and those that others share."""
    return SavedSearch.objects.filter(Q(user=view.account) | Q(is_shared=True)).select_related("user")


class SavedSearches(RowsView):
    """One's own searches, and those that others share; `words` stay empty in the list."""

    required_permissions = LOOK
    serializer_class = SavedSearchSerializer
    noun = "search"
    ordering = ("name", "pk")

    def rows(self) -> QuerySet[Any]:
        return searches_of(self)

    def make(self, values: dict[str, Any]) -> SavedSearch:
        chosen = parse_filter(values.get("filter"))
        row = save_search(user=self.account, name=values["name"], filter=chosen, sort=values.get("sort", ""))
        if values.get("is_shared"):
            change_search(row, user=self.account, is_shared=True)
        return row


class SavedSearchDetail(ApiView):
    """A search; only its owner changes it."""

    required_permissions = LOOK
    has_version = True

    @extend_schema(responses=SavedSearchSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """One search, said in words."""
        return self._show(self._find(public_id))

    @extend_schema(request=SavedSearchSerializer, responses=SavedSearchSerializer)
    def patch(self, request: Request, public_id: UUID) -> Response:
        """Renames, shares or changes one's own search."""
        with self.changing():
            row = self._find(public_id, is_locking=True)
            check_version(request, row, _COLUMNS)
            change_search(row, user=self.account, **self.body(SavedSearchSerializer, partial=True, row=row))
        return self._show(row)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: UUID) -> Response:
        """Deletes one's own search."""
        with self.changing():
            row = self._find(public_id, is_locking=True)
            check_version(request, row, _COLUMNS, is_needed=False)
            delete_search(row, user=self.account)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _find(self, public_id: UUID, *, is_locking: bool = False) -> SavedSearch:
        row: SavedSearch = find_row(
            searches_of(self), public_id, lookup="public_id", noun="search", is_locking=is_locking
        )
        return row

    def _show(self, row: SavedSearch) -> Response:
        fresh = searches_of(self).get(pk=row.pk)
        data = SavedSearchSerializer(fresh, context={"view": self, "is_single": True}).data
        return Response(data, headers={"ETag": data["version"]})


class RunSerializer(serializers.Serializer[Any]):
    """From where on, how many, and another order than the search's own."""

    sort = serializers.CharField(required=False, allow_blank=True, max_length=30)
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST_AT_ONCE)


class SavedSearchVideos(ApiView):
    required_permissions = LOOK

    @extend_schema(
        parameters=[
            OpenApiParameter("sort", str),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int, description=f"1 to {MOST_AT_ONCE}, by itself {PAGE_SIZE}."),
        ],
        responses=VideoPageSerializer,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        """What a search finds now, in its order or another."""
        row = find_row(searches_of(self), public_id, lookup="public_id", noun="search")
        asked: Mapping[str, Any] = self.query(RunSerializer)
        page = search(
            {**asked, "filter": row.filter, "sort": asked.get("sort") or row.sort}, self.account, request.path
        )
        if page["next"]:
            # It goes on with this search, not with a copy of its filter.
            parts = {"sort": page["sort"], "cursor": page["next_cursor"], "limit": asked.get("limit", PAGE_SIZE)}
            page["next"] = f"{request.path}?{urlencode(parts)}"
        return Response(VideoPageSerializer(page).data)
