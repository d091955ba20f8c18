"""How lists are paged."""

from functools import cache
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

PAGE_SIZE = 50
MOST_AT_ONCE = 200
PAGE_PARAMETERS = [
    OpenApiParameter("limit", int, description=f"How many: 1 to {MOST_AT_ONCE}, by itself {PAGE_SIZE}."),
    OpenApiParameter("cursor", str, description="Where to go on: from `next` of the page before."),
]


class Pages(CursorPagination):
    """Pages of a list by a cursor, so that the hundredth costs what the first does: `results`, `next`, `previous`.

    `limit` in the address is how many (1 to 200, 50 by itself). The view sets `ordering`, ending in a unique column.
    """

    page_size = PAGE_SIZE
    page_size_query_param = "limit"
    max_page_size = MOST_AT_ONCE
    ordering = ("-pk",)

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        chosen = getattr(view, "ordering", self.ordering)
        return (chosen,) if isinstance(chosen, str) else tuple(chosen)


@cache
def paged(serializer: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """How a page of these is described: `extend_schema(responses=paged(TagSerializer))`."""
    name = serializer.__name__.removesuffix("Serializer")
    columns = {
        "next": serializers.CharField(allow_null=True, help_text="Address of the next page; null on the last."),
        "previous": serializers.CharField(allow_null=True, help_text="Address of the page before."),
        "results": serializer(many=True),
        "__doc__": f"A page of {name}.",
        "is_page": True,
    }
    return type(f"Paged{name}Serializer", (serializers.Serializer,), columns)
