"""Files in the admin."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.paginator import InfinitePaginator

from library.admin.base import ReadOnlyAdmin, back, chosen_ids, counted, may, say
from library.admin.columns import (
    NOTHING,
    badge,
    bit_rate,
    duration,
    exactly,
    file_size,
    link_to,
    picture,
    resolution,
    sentence,
    table,
    two_lines,
    when,
)
from library.admin.file_health import CodeFilter, ProblemFilter, VerifiedFilter, checks_told, findings_table
from library.models import VideoFile
from library.models.file import FileState
from processing.queries.ledger import stage_lines
from processing.services import rerun_files

STATE_TONES = {FileState.NEW: "calm", FileState.PROBED: "now", FileState.READY: "ok", FileState.FAILED: "bad"}
# Fixed, because asking the table for what there is would read all of it; "other" finds the rest.
CONTAINERS = ("mp4", "matroska", "webm", "avi", "mpegts", "mpeg", "asf", "flv", "ogg")
CODECS = ("h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mpeg2video", "mpeg1video", "wmv3", "vc1", "mjpeg", "prores")
STAGES = {
    "probe": "Reading the facts of",
    "frames": "Making the pictures of",
    "preview": "Making the preview clip of",
    "verify": "Comparing with the checksum:",
    "check": "Looking for damage in",
}
LIST_DEFERRED = ("streams", "chapters", "notes", "embedded_title", "content_hash")


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return FileState.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[VideoFile]) -> QuerySet[VideoFile]:
        return queryset.filter(state=self.value()) if self.value() in FileState.values else queryset


class MissingFilter(admin.SimpleListFilter):
    title = "missing"
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Missing"), ("no", "There")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[VideoFile]) -> QuerySet[VideoFile]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(missing_since__isnull=self.value() == "no")


class KnownValueFilter(admin.SimpleListFilter):
    """One of the usual values of a column, or any other."""

    column = ""
    known: tuple[str, ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((value, value) for value in self.known), ("other", "Other")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[VideoFile]) -> QuerySet[VideoFile]:
        if self.value() == "other":
            return queryset.exclude(Q(**{f"{self.column}__in": self.known}) | Q(**{self.column: ""}))
        return queryset.filter(**{self.column: self.value()}) if self.value() in self.known else queryset


class ContainerFilter(KnownValueFilter):
    title = "container"
    parameter_name = column = "container"
    known = CONTAINERS


class CodecFilter(KnownValueFilter):
    title = "video codec"
    parameter_name = "codec"
    column = "video_codec"
    known = CODECS


@admin.register(VideoFile)
class VideoFileAdmin(ReadOnlyAdmin):
    change_form_outer_before_template = "admin/library/videofile/panel.html"

    list_display = ["still", "names", "state_now", "measures", "codecs", "size", "error_sentence"]
    list_display_links = None
    sortable_by: list[str] = []
    ordering = ["-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 30
    list_fullwidth = True
    list_disable_select_all = True
    search_fields = ["relative_path"]
    search_help_text = "Part of a path or name"
    empty_sentence = "Files appear here by themselves once a folder has been added and scanned."
    empty_next = "admin:library_folder_changelist"
    list_filter = [
        StateFilter, ProblemFilter, CodeFilter, VerifiedFilter, MissingFilter, "folder", ContainerFilter, CodecFilter,
        "is_hdr",
    ]  # fmt: skip
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        (
            "File",
            {
                "fields": [
                    "in_folder",
                    "path_below",
                    "video_link",
                    "is_primary",
                    "size",
                    "modified",
                    "missing",
                    "oshash",
                    "content_hash",
                ]
            },
        ),
        ("State", {"fields": ["state_now", "error", "notes_list", "probed", "spent"]}),
        ("Health", {"fields": ["problems", "checks"]}),
        (
            "Facts",
            {
                "fields": [
                    "container",
                    "length",
                    "pixels",
                    "rotated",
                    "frames_per_second",
                    "rate",
                    "video_codec",
                    "audio_codec",
                    "hdr",
                    "phash_hex",
                ]
            },
        ),
        ("Written in the file", {"fields": ["embedded_title", "embedded_date"]}),
        ("Streams", {"fields": ["stream_table"]}),
        ("Chapters", {"fields": ["chapter_table"]}),
    ]
    readonly_fields = [
        "in_folder", "path_below", "video_link", "size", "modified", "missing", "state_now", "notes_list", "probed",
        "spent", "length", "pixels", "rotated", "frames_per_second", "rate", "hdr", "phash_hex", "embedded_date",
        "stream_table", "chapter_table", "problems", "checks",
    ]  # fmt: skip
    actions = ["probe_again", "make_pictures_again", "make_previews", "verify", "look_for_damage"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[VideoFile]:
        rows: QuerySet[VideoFile] = super().get_queryset(request).select_related("folder", "thumbnail", "video")
        match = request.resolver_match
        is_list = match is not None and match.url_name == "library_videofile_changelist"
        return rows.defer(*LIST_DEFERRED) if is_list else rows

    def has_rerun_permission(self, request: HttpRequest) -> bool:
        """Whether the user may have files read again: library.change_videofile."""
        return may(request, "library", "change", "videofile")

    # ---- columns ----------------------------------------------------------------------------------------------------
    @admin.display(description="Picture")
    def still(self, file: VideoFile) -> SafeString:
        return picture(getattr(file, "thumbnail", None), _change(file))

    @admin.display(description="File")
    def names(self, file: VideoFile) -> SafeString:
        return two_lines(file.shown_name, f"{file.folder.name} / {file.shown_path}", _change(file))

    @admin.display(description="State")
    def state_now(self, file: VideoFile) -> SafeString:
        return state_badge(file)

    @admin.display(description="Length")
    def measures(self, file: VideoFile) -> SafeString:
        return two_lines(duration(file.duration_seconds), resolution(file.width, file.height))

    @admin.display(description="Length")
    def length(self, file: VideoFile) -> str:
        return duration(file.duration_seconds)

    @admin.display(description="Picture size")
    def pixels(self, file: VideoFile) -> str:
        return resolution(file.width, file.height)

    @admin.display(description="Codecs")
    def codecs(self, file: VideoFile) -> SafeString:
        codecs = " + ".join(filter(None, [file.video_codec, file.audio_codec])) or NOTHING
        return two_lines(codecs, " · ".join(filter(None, [file.container, "HDR" if file.is_hdr else ""])))

    @admin.display(description="Size")
    def size(self, file: VideoFile) -> str:
        return file_size(file.size_bytes)

    @admin.display(description="Message")
    def error_sentence(self, file: VideoFile) -> SafeString | str:
        return sentence(file.error)

    # ---- fields -----------------------------------------------------------------------------------------------------
    @admin.display(description="Folder")
    def in_folder(self, file: VideoFile) -> SafeString:
        return link_to(reverse("admin:library_folder_change", args=(file.folder_id,)), file.folder.name)

    @admin.display(description="Path in the folder")
    def path_below(self, file: VideoFile) -> str:
        return file.shown_path

    @admin.display(description="Video")
    def video_link(self, file: VideoFile) -> SafeString | str:
        if file.video is None:
            return "None yet: the file has not been read to its end"
        return link_to(reverse("admin:library_video_change", args=(file.video_id,)), file.video.title)

    @admin.display(description="Changed on disk")
    def modified(self, file: VideoFile) -> str:
        return exactly(datetime.fromtimestamp(file.mtime_ns / 1e9, tz=UTC)) if abs(file.mtime_ns) < 2.5e20 else NOTHING

    @admin.display(description="Missing since")
    def missing(self, file: VideoFile) -> SafeString | str:
        return when(file.missing_since, never="It is there")

    @admin.display(description="Worth knowing")
    def notes_list(self, file: VideoFile) -> SafeString | str:
        return format_html_join("", "<p>{}</p>", ((note,) for note in file.notes)) or NOTHING

    @admin.display(description="Read")
    def probed(self, file: VideoFile) -> SafeString | str:
        return when(file.probed_at, never="Not yet")

    @admin.display(description="Time spent on it")
    def spent(self, file: VideoFile) -> str:
        return f"{file.processing_seconds:.1f} s" if file.processing_seconds else NOTHING

    @admin.display(description="Problems")
    def problems(self, file: VideoFile) -> SafeString | str:
        return findings_table(file)

    @admin.display(description="Looked after")
    def checks(self, file: VideoFile) -> SafeString | str:
        return checks_told(file)

    @admin.display(description="Turned")
    def rotated(self, file: VideoFile) -> str:
        return f"{file.rotation}° clockwise" if file.rotation else "No"

    @admin.display(description="Frame rate")
    def frames_per_second(self, file: VideoFile) -> str:
        return f"{file.frame_rate:.4g} frames/s" if file.frame_rate else NOTHING

    @admin.display(description="Bit rate")
    def rate(self, file: VideoFile) -> str:
        return bit_rate(file.bit_rate)

    @admin.display(description="HDR")
    def hdr(self, file: VideoFile) -> str:
        return file.hdr_format or ("Yes" if file.is_hdr else "No")

    @admin.display(description="Perceptual hash")
    def phash_hex(self, file: VideoFile) -> str:
        return file.phash_hex or NOTHING

    @admin.display(description="Date in the file")
    def embedded_date(self, file: VideoFile) -> str:
        return exactly(file.embedded_created_at)

    @admin.display(description="Streams")
    def stream_table(self, file: VideoFile) -> SafeString | str:
        if not file.streams:
            return "None known yet"
        return table(["#", "Kind", "Codec", "Details", "Language", "Title", "Bit rate"], map(_stream_row, file.streams))

    @admin.display(description="Chapters")
    def chapter_table(self, file: VideoFile) -> SafeString | str:
        if not file.chapters:
            return "None"
        rows = (
            (
                duration(chapter.get("start_seconds")),
                duration(chapter.get("end_seconds")),
                chapter.get("title") or NOTHING,
            )
            for chapter in file.chapters
        )
        return table(["From", "To", "Title"], rows)

    # ---- actions ----------------------------------------------------------------------------------------------------
    @admin.action(description="Probe again", permissions=["rerun"])
    def probe_again(self, request: HttpRequest, queryset: QuerySet[VideoFile]) -> None:
        rerun(request, chosen_ids(request, queryset), "probe")

    @admin.action(description="Make pictures again", permissions=["rerun"])
    def make_pictures_again(self, request: HttpRequest, queryset: QuerySet[VideoFile]) -> None:
        rerun(request, chosen_ids(request, queryset), "frames")

    @admin.action(description="Make preview clips", permissions=["rerun"])
    def make_previews(self, request: HttpRequest, queryset: QuerySet[VideoFile]) -> None:
        rerun(request, chosen_ids(request, queryset), "preview")

    @admin.action(description="Compare with their checksums", permissions=["rerun"])
    def verify(self, request: HttpRequest, queryset: QuerySet[VideoFile]) -> None:
        rerun(request, chosen_ids(request, queryset), "verify")

    @admin.action(description="Look for damage", permissions=["rerun"])
    def look_for_damage(self, request: HttpRequest, queryset: QuerySet[VideoFile]) -> None:
        rerun(request, chosen_ids(request, queryset), "check")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.rerun_view))
        return [path("<int:object_id>/rerun/<slug:stage>/", view, name="library_videofile_rerun"), *super().get_urls()]

    def rerun_view(self, request: HttpRequest, object_id: int, stage: str) -> HttpResponse:
        """POST: one stage of one file again."""
        if not self.has_rerun_permission(request):
            raise PermissionDenied
        if stage not in STAGES or not VideoFile.objects.filter(pk=object_id).exists():
            raise Http404
        rerun(request, [object_id], stage)
        return back(request, reverse("admin:library_videofile_change", args=(object_id,)))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"may_rerun": self.has_rerun_permission(request)}
        if object_id.isdecimal():
            files = VideoFile.objects.select_related("thumbnail", "storyboard").defer(*LIST_DEFERRED)
            context["file"] = files.filter(pk=object_id).first()
            context["stage_lines"] = stage_lines("file", int(object_id))
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[no-any-return]


def state_badge(file: VideoFile) -> SafeString:
    """How far the file has come; that it is missing goes before all else."""
    if file.missing_since is not None:
        return badge("Missing", "warn")
    return badge(file.get_state_display(), STATE_TONES[FileState(file.state)])


def rerun(request: HttpRequest, file_ids: list[int], stage: str) -> None:
    """Submits a stage again and says for how many files."""
    count = rerun_files(file_ids=file_ids, stage=stage, requested_by=_user(request))
    if count:
        again = " again" if stage in ("probe", "frames") else ""
        say(request, f"{STAGES[stage]} {counted(count, 'file', 'files')}{again}.", is_done=True)
    left_out = len(file_ids) - count
    if left_out:
        left = counted(left_out, "file was", "files were")
        say(request, f"{left} left out: missing, or being worked on already.", is_done=False)


def _user(request: HttpRequest) -> Any:
    return request.user


def _change(file: VideoFile) -> str:
    return reverse("admin:library_videofile_change", args=(file.pk,))


def _stream_row(stream: dict[str, Any]) -> list[object]:
    details = [
        resolution(stream.get("width"), stream.get("height")) if stream.get("width") else "",
        f"{stream['frame_rate']:.4g} frames/s" if stream.get("frame_rate") else "",
        f"{stream['bit_depth']} bit" if stream.get("bit_depth") else "",
        stream.get("color_transfer") or "",
        stream.get("channel_layout") or (f"{stream['channels']} channels" if stream.get("channels") else ""),
        f"{stream['sample_rate'] / 1000:g} kHz" if stream.get("sample_rate") else "",
        "cover" if stream.get("is_attached_picture") else "",
        "default" if stream.get("is_default") else "",
        "forced" if stream.get("is_forced") else "",
    ]
    codec = " ".join(filter(None, [stream.get("codec"), stream.get("profile")]))
    told = " · ".join(part for part in details if part)
    language, title = stream.get("language") or NOTHING, stream.get("title") or NOTHING
    rate = bit_rate(stream.get("bit_rate"))
    return [stream.get("index", ""), stream.get("kind", ""), codec, told, language, title, rate]
