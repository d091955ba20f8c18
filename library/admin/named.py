"""The base of the admin pages of tags, people and studios: what is found by its names, merged and trashed."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from library.access import may
from library.admin.base import HTTPS, CuratedAdmin
from library.admin.merge_pages import merge_view
from library.admin.neighbours import OneColumnList
from library.admin.picking import KINDS, Kind, matching_ids
from library.counting import count_of
from library.folding import fold
from library.services.merging import Kind as MergeKind
from library.services.merging import MergeReport
from library.services.trash import trash

_SEARCHED_WORDS = 8


class NamedAdmin(CuratedAdmin):
    """A subclass names `kind_key` (of `library.admin.picking`), `merge_kind`, and the address parameter of the list of
    videos that shows its videos. Rows in the trash are on a page of their own."""

    kind_key = ""
    merge_kind: MergeKind = "tag"
    video_filter = ""
    # Whether each row of the list comes with its `video_count`; else the list's own class adds it.
    counts_in_rows = True

    list_display_links = None
    list_fullwidth = True
    list_per_page = 30
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["name"]
    search_help_text = "Part of a name, or of another name"
    change_form_outer_before_template = "admin/library/named_panel.html"
    actions = ["merge_rows", "trash_rows"]
    formfield_overrides = HTTPS
    view_on_site = False

    class Media:
        js = ["videothek/js/curation.js", "videothek/js/pick.js"]
        css = {"all": ["videothek/css/curation.css"]}

    @property
    def kind(self) -> Kind:
        return KINDS[self.kind_key]

    def picture_of(self, row: Any) -> str:
        """Address of a picture of a row whose relations are loaded; empty without one."""
        return ""

    def similar(self, row: Any) -> list[Any]:
        """Rows that may be the same, by their name."""
        raise NotImplementedError

    # ---- rows -------------------------------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).filter(trashed_at=None)
        if not self.counts_in_rows or not _is_list(request):
            return rows
        counted: QuerySet[Any] = rows.annotate(video_count=count_of(self.kind.link, self.kind.column))
        return counted

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OneColumnList]:
        return OneColumnList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Each word in the name or in one other name. Fields that suggest ask for beginnings only."""
        if request.path.endswith("/autocomplete/"):
            return queryset.filter(pk__in=matching_ids(self.kind, search_term)), False
        for word in fold(search_term).split()[:_SEARCHED_WORDS]:
            aliases = self.kind.alias.objects.filter(name_folded__contains=word, **{self.kind.column: OuterRef("pk")})
            queryset = queryset.filter(Q(name_folded__contains=word) | Exists(aliases))
        return queryset, False

    # ---- rights -----------------------------------------------------------------------------------------------------
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # They go by way of the trash.
        return False

    def has_trash_permission(self, request: HttpRequest) -> bool:
        """Whether the user may put rows into the trash: the right to delete them."""
        return may(request, self.kind.permission.replace(".view_", ".delete_"))

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Whether the user may merge: the right to change, since a merge loses nothing and can be undone."""
        return bool(self.has_change_permission(request))

    # ---- columns ----------------------------------------------------------------------------------------------------
    @admin.display(description="Videos", ordering="video_count")
    def videos(self, row: Any) -> SafeString | str:
        if not row.video_count:
            return "0"
        address = f"{reverse('admin:library_video_changelist')}?{self.video_filter}={row.pk}"
        return format_html('<a class="v-link" href="{}">{}</a>', address, f"{row.video_count:,}")

    # ---- actions ----------------------------------------------------------------------------------------------------
    @admin.action(description="Merge …", permissions=["merge"])
    def merge_rows(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        ids = list(queryset.order_by("name", "pk").values_list("pk", flat=True)[:10])
        return HttpResponseRedirect(f"{self._address('merge')}?{urlencode({'id': ids}, doseq=True)}")

    @admin.action(description="Move to the trash", permissions=["trash"])
    def trash_rows(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        result = trash(kind=self.merge_kind, ids=queryset.values_list("pk", flat=True), user=request.user)
        self.message_user(request, f"{result.batch.summary}.", messages.SUCCESS)

    def tell_merged(self, request: HttpRequest, report: MergeReport) -> None:
        """Says what a merge did, with its undo button."""
        self.message_user(request, f"{report.batch.summary if report.batch else 'Merged'}.", messages.SUCCESS)

    # ---- pages ------------------------------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path("merge/", wrap(self.merge_view), name=f"{name}_merge"),
            path("<int:object_id>/trash/", wrap(require_POST(self.trash_view)), name=f"{name}_trash"),
        ]
        return [*own, *super().get_urls()]

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Side by side, and which one stays."""
        return merge_view(self, request)

    def trash_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """POST: one row into the trash."""
        if not self.has_trash_permission(request):
            raise PermissionDenied
        result = trash(kind=self.merge_kind, ids=[object_id], user=request.user)
        self.message_user(request, f"{result.batch.summary}.", messages.SUCCESS)
        return HttpResponseRedirect(self._address("changelist"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"title": self.kind.many.capitalize(), **(extra_context or {})}
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": f"Add a {self.kind.one}", **(extra_context or {})}
        return super().add_view(request, form_url, context)  # type: ignore[no-any-return]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        row = context.get("original")
        if row is not None:
            merge = self._address("merge")
            context |= {
                "row": row,
                "picture": self.picture_of(row),
                "same": [
                    (one, f"{merge}?{urlencode({'id': [row.pk, one.pk]}, doseq=True)}") for one in self._same(row)
                ],
                "merge": f"{merge}?id={row.pk}" if self.has_merge_permission(request) else "",
                "to_trash": self._address("trash", row.pk) if self.has_trash_permission(request) else "",
                "its_videos": f"{reverse('admin:library_video_changelist')}?{self.video_filter}={row.pk}",
                "video_total": self.kind.link._default_manager.filter(**{self.kind.column: row}).count(),
                "kind": self.kind,
            }
        return super().render_change_form(request, context, *args, **options)

    def _same(self, row: Any) -> list[Any]:
        return [one for one in self.similar(row) if one.pk != row.pk and one.trashed_at is None][:5]

    def _address(self, page: str, *args: int) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)


def _is_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and str(match.url_name).endswith("_changelist")
