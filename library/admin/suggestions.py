"""What machines proposed about videos and what people rejected, as it lies in the tables. People answer elsewhere."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from library.admin.base import CuratedAdmin, ReadOnlyAdmin
from library.admin.columns import badge, link_to, two_lines, when
from library.models import Rejection, Suggestion, Tag
from library.models.suggestion import VALUE_KINDS, SuggestedKind, SuggestionState
from library.services.suggesting.values import name_proposals
from people.models import Creator, Studio

_TONES = {SuggestionState.OPEN: "info", SuggestionState.ACCEPTED: "ok", SuggestionState.REJECTED: "warn"}
_MODELS: dict[str, Any] = {SuggestedKind.CREATOR: Creator, SuggestedKind.STUDIO: Studio, SuggestedKind.TAG: Tag}


class _AboutVideos:
    """A list of rows about a video and what is proposed for it, the newest first."""

    # The others lead to what the row is about.
    list_display_links: Any = ["by"]
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-pk"]
    sortable_by: Any = []
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    search_fields: Any = ["video__title"]
    search_help_text = "Part of a title"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("video")  # type: ignore[misc,no-any-return]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        page = super().get_changelist_instance(request)  # type: ignore[misc]
        page.result_list = name_objects(page.result_list)
        return page

    @admin.display(description="Video")
    def film(self, row: Any) -> SafeString:
        return link_to(reverse("admin:library_video_change", args=(row.video_id,)), str(row.video))

    @admin.display(description="What")
    def what(self, row: Any) -> SafeString:
        kind = str(row.get_kind_display())
        if row.kind in VALUE_KINDS:
            return two_lines(getattr(row, "said", None) or _said([row])[row.pk], kind)
        found = getattr(row, "object", None) or _MODELS[row.kind].objects.filter(pk=row.object_id).first()
        if found is None:
            return two_lines("Gone", kind)
        meta = found._meta
        return two_lines(
            str(found), kind, reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=(found.pk,))
        )

    @admin.display(description="By")
    def by(self, row: Any) -> str:
        return row.provider or "all"


def name_objects(rows: Iterable[Any]) -> list[Any]:
    """The rows with what they are about as `object`, or as `said` for values of fields. One query for each kind."""
    listed = list(rows)
    said = _said([row for row in listed if row.kind in VALUE_KINDS])
    for row in listed:
        row.said = said.get(row.pk)
    for kind, model in _MODELS.items():
        found = model.objects.in_bulk({row.object_id for row in listed if row.kind == kind})
        for row in listed:
            if row.kind == kind:
                row.object = found.get(row.object_id)
    return listed


def _said(rows: list[Any]) -> dict[int, str]:
    """Values in words, by the row's id. A rejection knows the number of its value alone; its suggestion tells it."""
    if not rows:
        return {}
    told = Suggestion.objects.filter(video__in=[row.video_id for row in rows], kind__in=VALUE_KINDS)
    words = name_proposals(told)
    return {row.pk: words.get((row.kind, row.object_id), "Gone") for row in rows}


@admin.register(Suggestion)
class SuggestionAdmin(_AboutVideos, ReadOnlyAdmin):
    list_display = ["film", "what", "sure", "by", "state_shown", "made"]
    list_filter = ["state", "kind"]
    empty_sentence = "What is proposed about videos, by their faces for example, is listed here."
    fields = ["film", "what", "sure", "by", "subject", "state_shown", "answered", "made"]
    readonly_fields = fields

    @admin.display(description="Sure")
    def sure(self, row: Suggestion) -> str:
        return f"{row.confidence * 100:.0f} %"

    @admin.display(description="State")
    def state_shown(self, row: Suggestion) -> SafeString:
        return badge(row.get_state_display(), _TONES[SuggestionState(row.state)])

    @admin.display(description="Answered")
    def answered(self, row: Suggestion) -> SafeString | str:
        return when(row.answered_at, never="Not yet")

    @admin.display(description="Proposed")
    def made(self, row: Suggestion) -> SafeString | str:
        return when(row.created_at)


@admin.register(Rejection)
class RejectionAdmin(_AboutVideos, CuratedAdmin):
    """What is never proposed again; deleting a row lets it be proposed anew."""

    list_display = ["film", "what", "by", "who", "said"]
    list_filter = ["kind"]
    empty_sentence = "Where somebody said no to a proposal, it is listed here, so that it never comes back."
    fields = ["film", "what", "by", "subject", "who", "said"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="Said by")
    def who(self, row: Rejection) -> str:
        return str(row.user) if row.user is not None else "–"

    @admin.display(description="Said")
    def said(self, row: Rejection) -> SafeString | str:
        return when(row.created_at)
