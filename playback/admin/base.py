"""What the lists about users and videos have in common."""

from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import smart_split, unescape_string_literal
from unfold.paginator import InfinitePaginator

from library.access import current_user
from library.admin.base import CuratedAdmin, ReadOnlyAdmin
from library.admin.columns import NOTHING, link_to, two_lines
from library.conditions import is_any_of
from library.models import User, Video

# Rows of more videos than these are soon found by going through the newest.
_FEW_VIDEOS = 1_000


def target_of(row: Any) -> Any:
    """The video, person or studio that a row is about. Reads what the list has loaded."""
    return row.video or getattr(row, "creator", None) or getattr(row, "studio", None)


def address_of(target: Any) -> str:
    """Its page in the admin."""
    meta = target._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=(target.pk,))


class OfUserMixin:
    """A list of rows that belong to a user and are about something, the newest first."""

    list_filter: Any = ["user"]
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-pk"]
    sortable_by: Any = []
    search_fields: Any = ["video__title", "user__username"]
    search_help_text = "Part of a title or of a user's name"
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 30
    list_fullwidth = True
    list_display_links: Any = None
    related: tuple[str, ...] = ("user", "video")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.related)  # type: ignore[misc,no-any-return]

    @admin.display(description="About")
    def about(self, row: Any) -> SafeString:
        meta = row._meta
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=(row.pk,))
        return two_lines(str(target_of(row)), row.user.username, address)

    @admin.display(description="About")
    def target_link(self, row: Any) -> SafeString | str:
        target = target_of(row)
        return link_to(address_of(target), str(target)) if target else NOTHING


class OwnedAdmin(OfUserMixin, CuratedAdmin):
    """Rows that only their user makes; curators look at them and take away what is wrong."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class MachineAdmin(OfUserMixin, ReadOnlyAdmin):
    """Rows that players write: only one's own. What others watched is theirs, whatever somebody may do here; who is
    watching right now has a list of its own."""

    list_filter: Any = []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(user=request.user)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Looks through the titles first: each of many thousand sittings would be asked for the title of its video.

        All rows have one user's name, so a word of it is in all of them. Two queries.
        """
        words = _words_of(search_term)
        if not words:
            return queryset, False
        named = User.objects.filter(pk=current_user(request).pk).values_list(
            *(ExpressionWrapper(Q(username__icontains=word), BooleanField()) for word in words)
        )
        titles = [word for word, is_named in zip(words, named.get(), strict=True) if not is_named]
        if not titles:
            return queryset, False
        videos = Video.objects.filter(*(Q(title__icontains=word) for word in titles)).order_by()
        ids = list(videos.values_list("pk", flat=True)[: _FEW_VIDEOS + 1])
        if len(ids) > _FEW_VIDEOS:
            return queryset.filter(*(Q(video__title__icontains=word) for word in titles)), False
        return queryset.filter(is_any_of(ids, "video")), False


def _words_of(term: str) -> list[str]:
    """The words of a search in the admin, as ModelAdmin takes them: in quotes they are one."""
    words = []
    for word in smart_split(term):
        is_quoted = word.startswith(('"', "'")) and word[0] == word[-1]
        words.append(unescape_string_literal(word) if is_quoted else word)
    return words
