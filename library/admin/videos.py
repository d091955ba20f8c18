"""Videos in the admin."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Prefetch, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from importers.queries.origin import origins_of
from library.access import current_user, may
from library.admin.base import CuratedAdmin
from library.admin.bulk_pages import bulk_view
from library.admin.columns import NOTHING, badge, duration, file_size, resolution, stars, strip, two_lines, when
from library.admin.cover_page import cover_view
from library.admin.files import LIST_DEFERRED, state_badge
from library.admin.filters import FilteredVideosMixin
from library.admin.inlines import ExternalIdsInline
from library.admin.neighbours import FILTERS, MOST_COUNTED, OneColumnList, neighbours_of
from library.admin.picking import KINDS, suggest_view
from library.admin.video_cells import EDIT, SAVED, cell_view, links_cell, links_of, title_cell
from library.admin.video_filters import (
    VIEWS,
    FileStateFilter,
    LengthFilter,
    PersonFilter,
    SizeFilter,
    StudioFilter,
    TagFilter,
    ViewFilter,
)
from library.admin.video_form import LINKS, CreditsInline, FilesInline, NotesInline, VideoForm
from library.conditions import is_any_of
from library.exceptions import LibraryError
from library.models import DuplicatePair, Video, VideoFile, VideoTag
from library.services.bulk_edit import MOST_VIDEOS, begin_bulk_edit
from library.services.changes import current_batch
from library.services.trash import trash
from people.models import Credit, VideoStudio
from people.services.credits import edit_studios
from playback.models import Rating
from processing.exceptions import ProcessingError
from processing.services.conversions.batches import begin_batch
from processing.services.conversions.request import MOST_AT_ONCE as MOST_CONVERTED
from processing.services.enriching import facts_of, has_enrichers

KEYS = (
    ("J K", "to the next row, to the one before"),
    ("X", "choose the row"),
    ("Enter", "open the video"),
    ("E", "edit its tags"),
    ("P", "edit its people"),
    ("S", "edit its studios"),
    ("R", "rename it"),
    ("B", "edit all chosen ones"),
    ("T", "move the chosen ones to the trash"),
    ("U", "undo what was just done"),
    ("/", "search"),
    ("?", "this list"),
)


class VideoList(OneColumnList):
    """Where words or filters leave few videos these are named by their ids: neither the page nor the number beside it
    looks for them again."""

    uncounted = frozenset({"untagged", "nobody", "no-studio"})
    queryset: QuerySet[Video]

    def get_results(self, request: HttpRequest) -> None:
        is_counted = self.params.get("view", "") not in self.uncounted
        if is_counted and (self.query or self.has_active_filters):
            ids = list(self.queryset.order_by().values_list("pk", flat=True)[: MOST_COUNTED + 1])
            self.found = len(ids)
            if len(ids) <= MOST_COUNTED:
                order = self.queryset.query.order_by
                self.queryset = self.root_queryset.filter(is_any_of(ids)).order_by(*order)
        super().get_results(request)


@admin.register(Video)
class VideoAdmin(FilteredVideosMixin, CuratedAdmin):
    form = VideoForm
    change_form_outer_before_template = "admin/library/video/panel.html"
    list_before_template = "admin/library/video/views.html"

    list_display = ["film", "titles", "who_and_what", "length", "size", "state", "added"]
    list_display_links = None
    sortable_by = ["titles", "length", "size", "added"]
    ordering = ["-created_at", "-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 24
    list_fullwidth = True
    empty_sentence = "Videos appear here by themselves once a folder has been added and scanned."
    empty_next = "admin:library_folder_changelist"
    list_filter = [
        ViewFilter, FileStateFilter, SizeFilter, LengthFilter, "is_hdr", "type", "origin", TagFilter, PersonFilter,
        StudioFilter,
    ]  # fmt: skip
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        (None, {"fields": ["title", "description", "tags", "people", "studios", "primary_studio"]}),
        ("What it is", {"fields": ["type", "origin", "release_date", "recorded_at", "cover"]}),
        (
            "Facts",
            {
                "fields": ["length", "pixels", "hdr", "codecs", "file_name", "file_dated", "views", "added", "changed"],
                "classes": ["collapse"],
            },
        ),
    ]
    readonly_fields = ["length", "pixels", "hdr", "codecs", "file_name", "file_dated", "views", "added", "changed"]
    inlines = [CreditsInline, FilesInline, NotesInline, ExternalIdsInline]
    actions = ["edit_many", "convert", "trash"]
    # The page itself has a button to watch.
    view_on_site = False

    class Media:
        js = ["videothek/js/curation.js", "videothek/js/pick.js"]
        css = {"all": ["videothek/css/curation.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Video]:
        rows: QuerySet[Video] = super().get_queryset(request)
        match = request.resolver_match
        if match is None or match.url_name != "library_video_changelist":
            return rows
        files = VideoFile.objects.filter(is_primary=True).defer(*LIST_DEFERRED)
        may_edit = Value(self.has_change_permission(request))
        return (
            rows.defer("description")
            .annotate(may_edit=may_edit)
            .prefetch_related(
                Prefetch("files", files.select_related("thumbnail", "storyboard", "folder"), to_attr="primary_files"),
                Prefetch(
                    "video_tags", VideoTag.objects.select_related("tag").order_by("tag__name"), to_attr="shown_tags"
                ),
                Prefetch(
                    "credits",
                    Credit.objects.select_related("creator").order_by("creator__name"),
                    to_attr="shown_people",
                ),
                Prefetch(
                    "video_studios",
                    VideoStudio.objects.select_related("studio").order_by("-is_primary", "studio__name"),
                    to_attr="shown_studios",
                ),
                Prefetch("ratings", Rating.objects.filter(user=request.user.pk), to_attr="my_ratings"),
            )
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[VideoList]:
        return VideoList

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Videos come from files, and files from scans.
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # They go by way of the trash.
        return False

    def has_trash_permission(self, request: HttpRequest) -> bool:
        """Whether the user may put videos into the trash: library.trash_video."""
        return may(request, "library.trash_video")

    def has_convert_permission(self, request: HttpRequest) -> bool:
        """Whether the user may ask for conversions: processing.convert_video."""
        return may(request, "processing.convert_video")

    def has_curate_permission(self, request: HttpRequest) -> bool:
        """Whether there is anything that the user may do to many videos."""
        return any(may(request, f"library.{right}_video") for right in ("change", "trash", "reprocess"))

    # ---- columns ----------------------------------------------------------------------------------------------------
    @admin.display(description="Picture")
    def film(self, video: Any) -> SafeString:
        file = _primary(video)
        thumbnail = getattr(file, "thumbnail", None)
        if video.cover:
            image = format_html('<img class="v-picture" src="{}" alt="" loading="lazy">', video.cover.url)
        elif thumbnail is not None:
            image = format_html('<img class="v-picture" src="{}" alt="" loading="lazy">', thumbnail.small.url)
        else:
            image = format_html('<span class="v-picture {}"></span>', "v-empty")
        return format_html(
            '<a class="v-film" href="{}" tabindex="-1" aria-hidden="true"><span class="v-screen">{}</span>{}</a>',
            _change(video),
            image,
            strip(getattr(file, "storyboard", None)),
        )

    @admin.display(description="Title", ordering="title_key")
    def titles(self, video: Any) -> SafeString:
        file = _primary(video)
        where = f"{file.folder.name} / {file.shown_path}" if file else "no file"
        cell = title_cell(video, may_edit=video.may_edit)
        return format_html('<span class="v-two">{}<small title="{}">{}</small></span>', cell, where, where)

    @admin.display(description="Tags, people, studios")
    def who_and_what(self, video: Any) -> SafeString:
        cells = [links_cell(video.pk, part, links_of(video, part), may_edit=video.may_edit) for part in EDIT]
        return format_html('<span class="v-cells">{}{}{}</span>', *cells)

    @admin.display(description="Length", ordering="duration_seconds")
    def length(self, video: Video) -> str:
        return duration(video.duration_seconds)

    @admin.display(description="Size and picture", ordering="size_bytes")
    def size(self, video: Video) -> SafeString:
        shown = NOTHING if video.size_bytes is None else file_size(video.size_bytes)
        about = [resolution(video.width, video.height), _codecs(video), "HDR" if video.is_hdr else ""]
        return two_lines(shown, " · ".join(filter(None, about)))

    @admin.display(description="State")
    def state(self, video: Any) -> SafeString:
        file = _primary(video)
        shown = state_badge(file) if file else badge("No file", "warn")
        mine = stars(video.my_ratings[0].stars) if video.my_ratings else ""
        return format_html('<span class="v-state">{}{}</span>', shown, mine)

    @admin.display(description="Added", ordering="created_at")
    def added(self, video: Video) -> SafeString | str:
        return when(video.created_at)

    # ---- fields -----------------------------------------------------------------------------------------------------
    @admin.display(description="Picture size")
    def pixels(self, video: Video) -> str:
        return resolution(video.width, video.height)

    @admin.display(description="Codecs")
    def codecs(self, video: Video) -> str:
        return _codecs(video) or NOTHING

    @admin.display(description="Changed")
    def changed(self, video: Video) -> SafeString | str:
        return when(video.updated_at)

    @admin.display(description="HDR")
    def hdr(self, video: Video) -> str:
        return "Yes" if video.is_hdr else "No"

    @admin.display(description="Name of the file when first seen")
    def file_name(self, video: Video) -> str:
        return video.original_file_name or NOTHING

    @admin.display(description="Date of the file")
    def file_dated(self, video: Video) -> SafeString | str:
        return when(video.file_date)

    @admin.display(description="Views")
    def views(self, video: Video) -> str:
        return f"{video.view_count:,}"

    # ---- actions ----------------------------------------------------------------------------------------------------
    @admin.action(description="Edit …", permissions=["curate"])
    def edit_many(self, request: HttpRequest, queryset: QuerySet[Video]) -> HttpResponse | None:
        ids = list(queryset.order_by().values_list("pk", flat=True)[: MOST_VIDEOS + 1])
        try:
            edit = begin_bulk_edit(user=current_user(request), video_ids=ids)
        except LibraryError as error:
            messages.error(request, str(error))
            return None
        query = request.GET.urlencode()
        address = reverse("admin:library_bulkedit_change", args=(edit.pk,))
        return HttpResponseRedirect(f"{address}?{_filters(query)}" if query else address)

    @admin.action(description="Convert …", permissions=["convert"])
    def convert(self, request: HttpRequest, queryset: QuerySet[Video]) -> HttpResponse | None:
        ids = list(queryset.order_by().values_list("pk", flat=True)[: MOST_CONVERTED + 1])
        try:
            batch = begin_batch(video_ids=ids, user=current_user(request))
        except ProcessingError as error:
            messages.error(request, str(error))
            return None
        return HttpResponseRedirect(reverse("admin:processing_conversion_batch", args=(batch.pk,)))

    @admin.action(description="Move to the trash", permissions=["trash"])
    def trash(self, request: HttpRequest, queryset: QuerySet[Video]) -> None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_VIDEOS + 1])
        result = trash(kind="video", ids=ids, user=request.user)
        self.message_user(request, f"{result.batch.summary}.", messages.SUCCESS)

    # ---- saving -----------------------------------------------------------------------------------------------------
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for part in LINKS:
            if part in form.changed_data:
                add, remove = form.cleaned_data[part].difference(KINDS[part], request.user)
                EDIT[part](video_ids=[form.instance.pk], add=add, remove=remove, user=request.user)
        primary = form.cleaned_data.get("primary_studio") if "primary_studio" in form.changed_data else None
        # One that was taken off in the same form isn't put back.
        if primary and VideoStudio.objects.filter(video=form.instance, studio=primary).exists():
            edit_studios(video_ids=[form.instance.pk], primary=primary, user=current_user(request))

    def response_change(self, request: HttpRequest, obj: Video) -> HttpResponse:
        if "_savenext" in request.POST:
            places = neighbours_of(self, request, obj)
            return HttpResponseRedirect(places.after or places.back)
        response: HttpResponse = super().response_change(request, obj)
        return response

    # ---- pages ------------------------------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("suggest/<slug:key>/", wrap(suggest_view), name="library_video_suggest"),
            path("told/", wrap(self.told_view), name="library_video_told"),
            path("many/<int:edit_id>/", wrap(self.bulk_view), name="library_bulkedit_change"),
            path("<int:video_id>/cover/", wrap(self.cover_view), name="library_video_cover"),
            path("<int:video_id>/cell/<slug:part>/", wrap(self.cell_view), name="library_video_cell"),
        ]
        return [*own, *super().get_urls()]

    def told_view(self, request: HttpRequest) -> HttpResponse:
        """GET: the messages that wait for the next page, for a page that stays."""
        return render(request, "admin/library/video/told.html")

    def bulk_view(self, request: HttpRequest, edit_id: int) -> HttpResponse:
        """One edit of many videos."""
        if not self.has_curate_permission(request):
            raise PermissionDenied
        return bulk_view(self, request, edit_id)

    def cover_view(self, request: HttpRequest, video_id: int) -> HttpResponse:
        """Choosing what a video is shown by."""
        return cover_view(self, request, video_id)

    def cell_view(self, request: HttpRequest, video_id: int, part: str) -> HttpResponse:
        """A cell of the list, edited in its row."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        response = cell_view(request, video_id, part)
        batch = current_batch()
        if SAVED in response and batch is not None:
            self.message_user(request, f"{batch.summary}.", messages.SUCCESS)
        return response

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        current = request.GET.get("view", "")
        address = reverse("admin:library_video_changelist")
        views = [(title, f"{address}?view={key}" if key else address, key == current) for key, title, _ in VIEWS]
        context = {"title": "Videos", "views": views, "keys": KEYS}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"show_save_and_add_another": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)  # type: ignore[no-any-return]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        video = context.get("original")
        if isinstance(video, Video):
            files = VideoFile.objects.select_related("thumbnail", "storyboard", "folder", "video")
            files = files.defer(*LIST_DEFERRED)
            context |= {
                "file": files.filter(video=video, is_primary=True).first(),
                "watch": watch_address(video.pk),
                "places": neighbours_of(self, request, video),
                "duplicates": _duplicates(request, video),
                "facts": _facts(request, video),
                "may_take": self.has_change_permission(request),
                "may_ask_plugins": may(request, "library.reprocess_video") and has_enrichers(),
                "origins": origins_of("library.video", video.pk),
                "may_see_imports": may(request, "importers.run_imports"),
            }
        return super().render_change_form(request, context, *args, **options)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        # A class made for this request: what may be made by a new name depends on who asks.
        form.user = request.user
        return form


def watch_address(video_id: int) -> str:
    """Where the video is watched."""
    return reverse("watch", args=(video_id,))


def _duplicates(request: HttpRequest, video: Video) -> str:
    """The comparison with a video that may be the same; empty when there is none, or no right to see it."""
    pair = None
    if may(request, "library.view_duplicatepair"):
        pair = DuplicatePair.objects.filter(Q(first=video) | Q(second=video)).order_by("pk").values_list("pk").first()
    return f"{reverse('admin:library_duplicatepair_compare')}?pair={pair[0]}" if pair else ""


def _facts(request: HttpRequest, video: Video) -> list[Any]:
    """What plugins found out about it; one query."""
    return list(facts_of(video.pk)) if may(request, "processing.view_pluginmetadata") else []


def _filters(query: str) -> str:
    return urlencode({FILTERS: query})


def _codecs(video: Video) -> str:
    return " + ".join(filter(None, [video.video_codec, video.audio_codec]))


def _change(video: Video) -> str:
    return reverse("admin:library_video_change", args=(video.pk,))


def _primary(video: Any) -> VideoFile | None:
    return video.primary_files[0] if video.primary_files else None
