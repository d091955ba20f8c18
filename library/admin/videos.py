"""Videos in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, F, Model, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.paginator import InfinitePaginator

from library.admin.columns import NOTHING, badge, duration, file_size, picture, resolution, two_lines, when
from library.admin.files import state_badge
from library.models import Video, VideoFile
from library.models.file import FileState

# Longest side in pixels, from which on a picture is called so.
SIZES = {"8k": (7680, None), "4k": (3840, 7680), "1080p": (1920, 3840), "720p": (1280, 1920), "less": (0, 1280)}
HEAVY = ("streams", "chapters", "notes", "embedded_title", "content_hash")


class FileStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*FileState.choices, ("missing", "Missing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Video]) -> QuerySet[Video]:
        if self.value() == "missing":
            condition = Q(missing_since__isnull=False)
        elif self.value() in FileState.values:
            condition = Q(state=self.value(), missing_since=None)
        else:
            return queryset
        return queryset.filter(Exists(VideoFile.objects.filter(condition, video=OuterRef("pk"), is_primary=True)))


class SizeFilter(admin.SimpleListFilter):
    title = "size of the picture"
    parameter_name = "size"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("8k", "8K"), ("4k", "4K"), ("1080p", "1080p"), ("720p", "720p"), ("less", "Smaller")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Video]) -> QuerySet[Video]:
        if self.value() not in SIZES:
            return queryset
        lowest, below = SIZES[str(self.value())]
        rows = queryset.alias(longest_px=Greatest(F("width"), F("height"))).filter(longest_px__gte=lowest)
        return rows.filter(longest_px__lt=below) if below else rows


class LengthFilter(admin.SimpleListFilter):
    title = "length"
    parameter_name = "length"
    minutes = {"short": (0, 5), "medium": (5, 30), "long": (30, 90), "film": (90, None)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("short", "Under 5 min"), ("medium", "5 to 30 min"), ("long", "30 to 90 min"), ("film", "Over 90 min")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Video]) -> QuerySet[Video]:
        if self.value() not in self.minutes:
            return queryset
        lowest, below = self.minutes[str(self.value())]
        rows = queryset.filter(duration_seconds__gte=lowest * 60)
        return rows.filter(duration_seconds__lt=below * 60) if below else rows


class FilesInline(TabularInline):
    """The files that hold the video, to look at."""

    model = VideoFile
    verbose_name_plural = "Files"
    fields = ["path", "state_now", "size", "pixels", "codecs", "primary"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    hide_title = True
    ordering = ["-is_primary", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[VideoFile]:
        return super().get_queryset(request).select_related("folder").defer(*HEAVY)  # type: ignore[no-any-return]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="File")
    def path(self, file: VideoFile) -> SafeString:
        address = reverse("admin:library_videofile_change", args=(file.pk,))
        return two_lines(file.shown_name, f"{file.folder.name} / {file.shown_path}", address)

    @admin.display(description="State")
    def state_now(self, file: VideoFile) -> SafeString:
        return state_badge(file)

    @admin.display(description="Size")
    def size(self, file: VideoFile) -> str:
        return file_size(file.size_bytes)

    @admin.display(description="Picture")
    def pixels(self, file: VideoFile) -> str:
        return resolution(file.width, file.height)

    @admin.display(description="Codecs")
    def codecs(self, file: VideoFile) -> str:
        return " + ".join(filter(None, [file.video_codec, file.audio_codec])) or NOTHING

    @admin.display(description="Played", boolean=True)
    def primary(self, file: VideoFile) -> bool:
        return file.is_primary


class VideoForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Video
        fields = ["title", "recorded_at"]


@admin.register(Video)
class VideoAdmin(ModelAdmin):
    form = VideoForm
    change_form_outer_before_template = "admin/library/video/pictures.html"

    list_display = ["still", "titles", "length", "pixels", "codecs", "state", "added"]
    list_display_links = None
    sortable_by = ["titles", "length", "added"]
    ordering = ["-created_at", "-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    search_fields = ["title"]
    search_help_text = "Part of a title"
    empty_sentence = "Videos appear here by themselves once a folder has been added and scanned."
    list_filter = [FileStateFilter, SizeFilter, LengthFilter, "is_hdr"]
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        (None, {"fields": ["title", "recorded_at"]}),
        ("Facts of the file that is played", {"fields": ["length", "pixels", "hdr", "added", "changed"]}),
    ]
    readonly_fields = ["length", "pixels", "hdr", "added", "changed"]
    inlines = [FilesInline]
    # The page itself has a button to watch.
    view_on_site = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Video]:
        primary = VideoFile.objects.filter(is_primary=True).select_related("thumbnail", "folder").defer(*HEAVY)
        rows: QuerySet[Video] = super().get_queryset(request)
        return rows.prefetch_related(Prefetch("files", primary, to_attr="primary_files"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Videos come from files, and files from scans.
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="Picture")
    def still(self, video: Any) -> SafeString:
        thumbnail = getattr(video.primary_files[0], "thumbnail", None) if video.primary_files else None
        return picture(thumbnail, _change(video))

    @admin.display(description="Title", ordering="title")
    def titles(self, video: Any) -> SafeString:
        where = " / ".join((f.folder.name, f.shown_path)) if (f := _primary(video)) else "no file"
        return two_lines(video.title, where, _change(video))

    @admin.display(description="Length", ordering="duration_seconds")
    def length(self, video: Video) -> str:
        return duration(video.duration_seconds)

    @admin.display(description="Picture size")
    def pixels(self, video: Video) -> str:
        return resolution(video.width, video.height)

    @admin.display(description="Codecs")
    def codecs(self, video: Any) -> SafeString | str:
        file = _primary(video)
        if file is None:
            return NOTHING
        codecs = " + ".join(filter(None, [file.video_codec, file.audio_codec])) or NOTHING
        return two_lines(codecs, " · ".join(filter(None, [file.container, "HDR" if video.is_hdr else ""])))

    @admin.display(description="State")
    def state(self, video: Any) -> SafeString:
        file = _primary(video)
        return state_badge(file) if file else badge("No file", "warn")

    @admin.display(description="Added", ordering="created_at")
    def added(self, video: Video) -> SafeString | str:
        return when(video.created_at)

    @admin.display(description="Changed")
    def changed(self, video: Video) -> SafeString | str:
        return when(video.updated_at)

    @admin.display(description="HDR")
    def hdr(self, video: Video) -> str:
        return "Yes" if video.is_hdr else "No"

    def save_model(self, request: HttpRequest, obj: Video, form: "forms.ModelForm[Video]", change: bool) -> None:
        # Only what was typed: a scan may have written the other columns meanwhile.
        if form.changed_data:
            obj.save(update_fields=form.changed_data)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"show_save_and_add_another": False}
        if object_id.isdecimal():
            files = VideoFile.objects.select_related("thumbnail", "storyboard", "folder").defer(*HEAVY)
            file = files.filter(video=int(object_id), is_primary=True).first()
            context |= {"file": file, "watch": watch_address(int(object_id))}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[no-any-return]


def watch_address(video_id: int) -> str:
    """Where the video is watched."""
    return reverse("watch", args=(video_id,))


def _change(video: Video) -> str:
    return reverse("admin:library_video_change", args=(video.pk,))


def _primary(video: Any) -> VideoFile | None:
    return video.primary_files[0] if video.primary_files else None
