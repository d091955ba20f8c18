"""The list of pairs, open and answered."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from library.access import current_user
from library.admin.base import CuratedAdmin, ReadOnlyAdmin, chosen_ids, counted
from library.admin.columns import badge, file_size, picture, two_lines, when
from library.admin.duplicates.best_pages import best_view, rules_view
from library.admin.duplicates.comparison import answer_view, compare_view
from library.admin.duplicates.wasted import wasted_view
from library.models import DuplicatePair, Folder, VideoFile
from library.models.duplicate import DuplicateKind, DuplicateVerdict
from library.services.duplicates.verdicts import answer_pairs, forget_answers

TONES = {DuplicateKind.EXACT: "bad", DuplicateKind.NEAR: "warn", DuplicateKind.CONTAINED: "info"}
FOLDERS_OFFERED = 200


class VerdictFilter(admin.SimpleListFilter):
    """Open pairs unless another answer is asked for."""

    title = "answer"
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("rejected", "Not duplicates"), ("kept", "Keep both"), ("linked", "Clips that are linked")]

    def choices(self, changelist: Any) -> Any:
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Not answered"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[DuplicatePair]) -> QuerySet[DuplicatePair]:
        verdict = self.value() if self.value() in DuplicateVerdict.values else DuplicateVerdict.OPEN
        return queryset.filter(verdict=verdict)


class FolderFilter(admin.SimpleListFilter):
    """Pairs one of whose videos plays a file of that folder."""

    title = "folder"
    parameter_name = "folder"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Folder.objects.in_library().values_list("pk", "name")[:FOLDERS_OFFERED]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DuplicatePair]) -> QuerySet[DuplicatePair]:
        value = self.value() or ""
        if not value.isdecimal() or len(value) > 18:
            return queryset
        files = VideoFile.objects.filter(folder=int(value), is_primary=True)
        return queryset.filter(
            Exists(files.filter(video=OuterRef("first"))) | Exists(files.filter(video=OuterRef("second")))
        )


@admin.register(DuplicatePair)
class DuplicatePairAdmin(ReadOnlyAdmin, CuratedAdmin):
    list_before_template = "admin/library/duplicates/list.html"
    list_display = ["still", "titles", "kind_now", "sizes", "wasted", "answered"]
    list_display_links = None
    sortable_by = ["kind_now", "wasted"]
    list_filter = ["kind", VerdictFilter, FolderFilter]
    show_facets = admin.ShowFacets.NEVER
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 20
    list_fullwidth = True
    ordering = ["-confidence", "-pk"]
    empty_sentence = "New files are compared by themselves; what looks the same as something else appears here."
    actions = ["mark_rejected", "mark_kept", "preview_best", "forget"]

    class Media:
        css = {"all": ["videothek/css/duplicates.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[DuplicatePair]:
        primary = VideoFile.objects.filter(is_primary=True).select_related("thumbnail", "folder")
        primary = primary.defer("streams", "chapters", "notes", "embedded_title", "content_hash", "error")
        rows: QuerySet[DuplicatePair] = super().get_queryset(request).select_related("first", "second", "decided_by")
        rows = rows.filter(first__trashed_at=None, second__trashed_at=None)
        return rows.prefetch_related(
            Prefetch("first__files", primary, to_attr="primary_files"),
            Prefetch("second__files", primary, to_attr="primary_files"),  # type: ignore[no-redef]
        )

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the user may answer and merge: library.change_duplicatepair and library.trash_video."""
        user = current_user(request)
        return user.has_perms(("library.change_duplicatepair", "library.trash_video"))

    # ---- columns ----------------------------------------------------------------------------------------------------
    @admin.display(description="Pictures")
    def still(self, pair: Any) -> SafeString:
        address = _compare(pair)
        stills = [picture(getattr(_primary(video), "thumbnail", None), address) for video in (pair.first, pair.second)]
        return format_html('<span class="v-pair">{}{}</span>', *stills)

    @admin.display(description="Videos")
    def titles(self, pair: Any) -> SafeString:
        lines = [two_lines(video.title, _where(video), _compare(pair)) for video in (pair.first, pair.second)]
        return format_html('<span class="v-pair-titles">{}{}</span>', *lines)

    @admin.display(description="Kind", ordering="confidence")
    def kind_now(self, pair: DuplicatePair) -> SafeString:
        kind = badge(pair.get_kind_display(), TONES[DuplicateKind(pair.kind)])
        return format_html(
            '<span class="v-kind">{}<small class="v-muted">{} % sure</small></span>', kind, round(100 * pair.confidence)
        )

    @admin.display(description="Sizes")
    def sizes(self, pair: Any) -> SafeString:
        files = [_primary(video) for video in (pair.first, pair.second)]
        words = [file_size(file.size_bytes) if file else "no file" for file in files]
        missing = any(file is None or file.missing_since is not None for file in files)
        note = badge("File missing", "warn") if missing else ""
        return format_html('<span class="v-kind">{} / {} {}</span>', *words, note)

    @admin.display(description="To win", ordering="wasted_bytes")
    def wasted(self, pair: DuplicatePair) -> str:
        return file_size(pair.wasted_bytes)

    @admin.display(description="Answered")
    def answered(self, pair: DuplicatePair) -> SafeString | str:
        if pair.decided_at is None:
            return "Not yet"
        who = pair.decided_by.get_username() if pair.decided_by else "somebody"
        return format_html("{}, {}", who, when(pair.decided_at))

    # ---- actions ----------------------------------------------------------------------------------------------------
    @admin.action(description="Not duplicates", permissions=["decide"])
    def mark_rejected(self, request: HttpRequest, queryset: QuerySet[DuplicatePair]) -> None:
        self._answer(request, queryset, DuplicateVerdict.REJECTED)

    @admin.action(description="Keep both", permissions=["decide"])
    def mark_kept(self, request: HttpRequest, queryset: QuerySet[DuplicatePair]) -> None:
        self._answer(request, queryset, DuplicateVerdict.KEPT)

    @admin.action(description="Keep the best … (shows first what would happen)", permissions=["decide"])
    def preview_best(self, request: HttpRequest, queryset: QuerySet[DuplicatePair]) -> HttpResponse:
        ids = chosen_ids(request, queryset)
        request.session["duplicates_chosen"] = ids
        return HttpResponseRedirect(f"{reverse('admin:library_duplicatepair_best')}?chosen=1")

    @admin.action(description="Forget this answer", permissions=["decide"])
    def forget(self, request: HttpRequest, queryset: QuerySet[DuplicatePair]) -> None:
        count = forget_answers(pair_ids=chosen_ids(request, queryset), user=current_user(request))
        self.message_user(request, f"{counted(count, 'pair is', 'pairs are')} open again.", messages.SUCCESS)

    def _answer(self, request: HttpRequest, queryset: QuerySet[DuplicatePair], verdict: DuplicateVerdict) -> None:
        count = answer_pairs(pair_ids=chosen_ids(request, queryset), verdict=verdict, user=current_user(request))
        said = f"{counted(count, 'pair', 'pairs')} answered: {verdict.label.lower()}. No search opens them again."
        self.message_user(request, said, messages.SUCCESS)

    # ---- pages ------------------------------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        pages = {
            "compare/": (compare_view, "compare"),
            "<int:pair_id>/answer/": (answer_view, "answer"),
            "best/": (best_view, "best"),
            "rules/": (rules_view, "rules"),
            "wasted/": (wasted_view, "wasted"),
        }
        own = [
            path(route, self.admin_site.admin_view(self._page(view)), name=f"library_duplicatepair_{name}")
            for route, (view, name) in pages.items()
        ]
        return [*own, *super().get_urls()]

    def _page(self, view: Any) -> Any:
        def page(request: HttpRequest, **values: Any) -> HttpResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied
            if request.method != "GET" and not self.has_decide_permission(request):
                raise PermissionDenied
            response: HttpResponse = view(self, request, **values)
            return response

        return page

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **values: Any) -> HttpResponse:
        """A pair has no form: its page is the comparison."""
        return HttpResponseRedirect(f"{reverse('admin:library_duplicatepair_compare')}?pair={object_id}")


def _compare(pair: DuplicatePair) -> str:
    return f"{reverse('admin:library_duplicatepair_compare')}?pair={pair.pk}"


def _primary(video: Any) -> VideoFile | None:
    return video.primary_files[0] if video.primary_files else None


def _where(video: Any) -> str:
    file = _primary(video)
    return f"{file.folder.name} / {file.shown_path}" if file else "no file"
