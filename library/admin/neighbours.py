"""Lists that are ordered by one indexed column, and the rows before and after one in such a list."""

import copy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from unfold.views import ChangeList

FILTERS = "_changelist_filters"
# The number beside the list stops here.
MOST_COUNTED = 1000


class OneColumnList(ChangeList):
    """Orders by one column and, in the same direction, the key: what the indexes of big tables serve."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        wanted = super().get_ordering(request, queryset)
        if not wanted or not isinstance(wanted[0], str):
            return list(wanted)
        sign = "-" if wanted[0].startswith("-") else ""
        return [wanted[0]] if wanted[0].lstrip("-") in ("pk", "id") else [wanted[0], f"{sign}pk"]

    # Tabs whose rows are those without something: counting them reads a whole table of links.
    uncounted: frozenset[str] = frozenset()
    # How many rows there are, up to one more than are counted, where that is known.
    found: int | None = None

    def bounded_count(self) -> str:
        """ "312", or "1,000+" when counting stopped; empty where even that would take long. One query at most."""
        if self.params.get("view", "") in self.uncounted:
            shown = len(self.result_list)
            return f"{shown:,}" if self.page_num == 1 and shown < self.list_per_page else ""
        count = self.found
        if count is None:
            count = self.queryset.order_by().values("pk")[: MOST_COUNTED + 1].count()
        return f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else f"{count:,}"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Addresses of the pages of the rows before and after, empty at the ends, and of the list itself."""

    before: str
    after: str
    back: str


def neighbours_of(model_admin: Any, request: HttpRequest, row: Model) -> Neighbours:
    """Four short queries. The list's filters and order are read from `_changelist_filters`, as its links write them."""
    query = request.GET.get(FILTERS, "")
    listing = copy.copy(request)
    listing.GET = QueryDict(query)
    changelist = model_admin.get_changelist_instance(listing)
    order = str(changelist.get_ordering(listing, changelist.root_queryset)[0])
    column, is_ascending = order.lstrip("-"), not order.startswith("-")
    meta = model_admin.opts
    name = f"admin:{meta.app_label}_{meta.model_name}"
    back = reverse(f"{name}_changelist")
    suffix = f"?{urlencode({FILTERS: query})}" if query else ""

    def address(is_forwards: bool) -> str:
        pk = _next(changelist.queryset, row, column, is_ascending=is_ascending == is_forwards)
        return f"{reverse(f'{name}_change', args=(pk,))}{suffix}" if pk else ""

    return Neighbours(address(False), address(True), f"{back}?{query}" if query else back)


def _next(rows: QuerySet[Any], row: Model, column: str, *, is_ascending: bool) -> int | None:
    """The key of the row that follows in an order by column and key. PostgreSQL sorts NULL as the greatest value."""
    try:
        attribute = "pk" if column == "pk" else row._meta.get_field(column).name
    except FieldDoesNotExist:
        return None
    # As stored: of a row that was just saved, a generated column on the instance is the old one.
    value = row.pk if attribute == "pk" else _stored(row, attribute)
    sign, beyond = ("", "gt") if is_ascending else ("-", "lt")
    same = Q(**{f"pk__{beyond}": row.pk})
    if attribute == "pk":
        where = same
    elif value is None:
        where = Q(**{f"{attribute}__isnull": True}) & same
        if not is_ascending:
            where |= Q(**{f"{attribute}__isnull": False})
    else:
        # The first bound is redundant: it is the one that an index can start from.
        where = Q(**{f"{attribute}__{beyond}e": value})
        where &= Q(**{f"{attribute}__{beyond}": value}) | (Q(**{attribute: value}) & same)
        if is_ascending and rows.model._meta.get_field(attribute).null:
            where |= Q(**{f"{attribute}__isnull": True})
    found = rows.filter(where).order_by(f"{sign}{attribute}", f"{sign}pk").values_list("pk", flat=True)
    return found.first()


def _stored(row: Model, attribute: str) -> Any:
    return type(row)._base_manager.filter(pk=row.pk).values_list(attribute, flat=True).first()
