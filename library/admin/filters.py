"""The library's filters, words and saved searches in an admin list of videos.

A list of videos takes them by inheriting `FilteredVideosMixin` before ModelAdmin; nothing else is needed:

* `?f=<code>` narrows the list by a filter (`library.filters.encode_filter`), `FilterOfVideos` shows it above the other
  filters with links to change it in the library; a code that can't be read shows nothing at all, never everything, so
  that no bulk edit reaches further than was meant;
* the search box asks the full text search, as the library page does;
* the user's saved searches are tabs above the list.

`filtered_videos(code, text, user)` is the same selection for bulk edits of a whole list.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from library.access import current_user
from library.facets import has_words
from library.filters import Ask, FilterError, Group, apply_filter, decode_filter, encode_filter, parse_filter
from library.filters.chips import chips_of, in_words
from library.filters.words import text_query
from library.models import User, Video
from library.services.saved_searches import list_searches, split_words

PARAMETER = "f"


def filtered_videos(code: str, text: str, user: User, rows: QuerySet[Video] | None = None) -> QuerySet[Video]:
    """The videos that an admin list shows for `?f=code&q=text`. Raises FilterError on a code that can't be read."""
    rows = Video.objects.all() if rows is None else rows
    rows = apply_filter(rows, decode_filter(code), user)
    return rows.filter(has_words(Ask("has", text, user))) if text_query(text) else rows


class FilterOfVideos(admin.ListFilter):
    """The filter of the address as one of the list's filters: chips that can be taken off, and a link to change it."""

    title = "filter"
    template = "admin/library/filter.html"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Video], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.user = current_user(request)
        self.code = str((params.pop(PARAMETER, None) or [""])[-1])
        self.whole: Group | None = None
        try:
            self.whole = decode_filter(self.code)
        except FilterError as error:
            messages.error(request, f"{error} So that nothing is changed by mistake, no video is shown.")
        if self.code:
            self.used_parameters[PARAMETER] = self.code

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [PARAMETER]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Video]) -> QuerySet[Video]:
        return queryset.none() if self.whole is None else apply_filter(queryset, self.whole, self.user)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """One dictionary: what the template shows."""
        whole = self.whole or Group()
        parts = {"q": str(changelist.query), PARAMETER: self.code, "panel": "1"}
        yield {
            "chips": [
                {"text": in_words(Group("all", (part,))), "without": _query(changelist, chip.without)}
                for part, chip in zip(whole.parts, chips_of(whole), strict=True)
            ],
            "mode": whole.mode,
            "library": f"{reverse('library')}?{urlencode(parts)}",
            "clear": _query(changelist, "") if self.code else "",
        }


def _query(changelist: ChangeList, code: str) -> str:
    kept: str = changelist.get_query_string({PARAMETER: code} if code else {}, [PARAMETER, "p"])
    return kept


class FilteredVideosMixin:
    """See the module. `list_filter` keeps its own entries behind the filter."""

    list_before_template = "admin/library/saved_searches.html"
    search_fields = ("title",)  # makes Django show the box; `get_search_results` does not look at it
    search_help_text = "Words in titles, names, tags and files"

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [FilterOfVideos, *super().get_list_filter(request)]  # type: ignore[misc]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Video], search_term: str
    ) -> tuple[QuerySet[Video], bool]:
        if not text_query(search_term):
            return queryset, False
        return queryset.filter(has_words(Ask("has", search_term, current_user(request)))), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        searches = saved_tabs(request) if request.method == "GET" else []
        return super().changelist_view(request, {"saved_searches": searches, **(extra_context or {})})  # type: ignore[misc,no-any-return]


def saved_tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The user's saved searches as links of the list; those that name facets that are gone are left out."""
    tabs = []
    for search in list_searches(current_user(request)):
        try:
            text, whole = split_words(parse_filter(search.filter))
        except FilterError:
            continue
        wanted = {"q": text, PARAMETER: encode_filter(whole)}
        shown = {name: request.GET.get(name, "") for name in wanted}
        query = urlencode({name: value for name, value in wanted.items() if value})
        owner = "" if search.user_id == request.user.pk else str(search.user)
        tabs.append({"name": search.name, "owner": owner, "query": query, "is_shown": shown == wanted and bool(query)})
    return tabs
