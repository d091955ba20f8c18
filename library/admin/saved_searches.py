"""Saved searches in the admin: to look at whose there are, to rename, share and delete one's own."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from library.access import current_user
from library.admin.base import CuratedAdmin
from library.admin.columns import when
from library.filters import FilterError, parse_filter
from library.filters.chips import in_words
from library.models import SavedSearch


@admin.register(SavedSearch)
class SavedSearchAdmin(CuratedAdmin):
    list_display = ["name", "asks", "owner", "is_shared", "changed", "opens"]
    list_filter = ["is_shared"]
    search_fields = ["name"]
    list_select_related = ["user"]
    fields = ["name", "is_shared", "asks", "owner"]
    readonly_fields = ["asks", "owner"]
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    empty_sentence = "Searches are saved on the library page."

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedSearch]:
        user = current_user(request)
        rows: QuerySet[SavedSearch] = super().get_queryset(request)
        return rows if user.is_superuser else rows.filter(Q(user=user) | Q(is_shared=True))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and self._is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and self._is_own(request, obj)

    def _is_own(self, request: HttpRequest, search: SavedSearch | None) -> bool:
        user = current_user(request)
        return search is None or user.is_superuser or search.user_id == user.pk

    @display(description="Asks for")
    def asks(self, search: SavedSearch) -> str:
        try:
            return in_words(parse_filter(search.filter)) or "Every video"
        except FilterError as error:
            return str(error)

    @display(description="Of", ordering="user__username")
    def owner(self, search: SavedSearch) -> str:
        return str(search.user)

    @display(description="Changed", ordering="updated_at")
    def changed(self, search: SavedSearch) -> SafeString | str:
        return when(search.updated_at)

    @display(description="")
    def opens(self, search: SavedSearch) -> SafeString:
        return format_html('<a href="{}">Open</a>', reverse("saved_search", args=(search.public_id,)))
