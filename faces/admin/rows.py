"""Tracks, detections, references, unknown people, models and looks in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from faces.addresses import track_crop
from faces.admin.base import FaceAdmin, change_address, face, face_of_reference, face_of_track, link
from faces.models import DifferentPeople, FaceCluster, FaceDetection, FaceLook, FaceModel, FaceReference, FaceTrack
from faces.models.look import LookState
from faces.models.track import TrackStatus
from faces.services.known import remove_reference
from library.access import current_user
from library.admin.base import CuratedAdmin, ReadOnlyAdmin
from library.admin.columns import NOTHING, badge, duration, link_to, sentence, two_lines, when

_STATUS_TONES = {
    TrackStatus.PENDING: "calm",
    TrackStatus.MATCHED: "info",
    TrackStatus.MANUAL: "ok",
    TrackStatus.REJECTED: "warn",
}
_LOOK_TONES = {LookState.DONE: "ok", LookState.WAITING: "warn", LookState.SKIPPED: "calm"}
_FACES_SHOWN = 6


def percent(value: float | None) -> str:
    """ "83 %"; a dash for None."""
    return NOTHING if value is None else f"{value * 100:.0f} %"


@admin.register(FaceTrack)
class FaceTrackAdmin(FaceAdmin):
    list_display = ["portrait", "film", "who", "state", "likeness", "quality_shown", "seen"]
    list_filter = ["status"]
    search_fields = ["video__title", "creator__name"]
    search_help_text = "Part of a title or of a person's name"
    empty_sentence = "Who appears when in your videos is listed here once a model is there and faces were looked for."
    fields = ["portrait", "film", "who", "state", "likeness", "cluster_link", "quality_shown", "seen", "made_by"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[FaceTrack]:
        rows: QuerySet[FaceTrack] = super().get_queryset(request)
        return rows.select_related("video", "creator", "cluster", "model").defer("embedding", "cluster__center")

    @admin.display(description="Face")
    def portrait(self, track: FaceTrack) -> SafeString:
        return face_of_track(track)

    @admin.display(description="Video")
    def film(self, track: FaceTrack) -> SafeString:
        times = f"{duration(track.start_seconds)} – {duration(track.end_seconds)}"
        return two_lines(str(track.video), times, change_address(track.video))

    @admin.display(description="Person")
    def who(self, track: FaceTrack) -> SafeString | str:
        return link(track.creator)

    @admin.display(description="State")
    def state(self, track: FaceTrack) -> SafeString:
        return badge(track.get_status_display(), _STATUS_TONES[TrackStatus(track.status)])

    @admin.display(description="Likeness")
    def likeness(self, track: FaceTrack) -> str:
        return percent(track.confidence)

    @admin.display(description="Unknown person")
    def cluster_link(self, track: FaceTrack) -> SafeString | str:
        return link(track.cluster)

    @admin.display(description="Quality")
    def quality_shown(self, track: FaceTrack) -> str:
        return percent(track.quality)

    @admin.display(description="Seen in")
    def seen(self, track: FaceTrack) -> str:
        return f"{track.detection_count:,} picture{'' if track.detection_count == 1 else 's'}"

    @admin.display(description="Model")
    def made_by(self, track: FaceTrack) -> str:
        return str(track.model)


@admin.register(FaceDetection)
class FaceDetectionAdmin(FaceAdmin):
    list_display = ["portrait", "film", "at", "size", "sure", "quality_shown", "drawn"]
    list_filter = ["is_manual"]
    search_fields = ["video__title"]
    search_help_text = "Part of a title"
    empty_sentence = "Every single face that was seen is listed here."
    fields = ["portrait", "film", "at", "appearance", "size", "sure", "quality_shown", "drawn", "made_by"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[FaceDetection]:
        rows: QuerySet[FaceDetection] = super().get_queryset(request)
        return rows.select_related("video", "track", "model").defer("embedding", "track__embedding")

    @admin.display(description="Appearance")
    def portrait(self, row: FaceDetection) -> SafeString:
        return face_of_track(row.track)

    @admin.display(description="Appearance from")
    def appearance(self, row: FaceDetection) -> SafeString:
        times = f"{duration(row.track.start_seconds)} – {duration(row.track.end_seconds)}"
        return link_to(change_address(row.track), times)

    @admin.display(description="Video")
    def film(self, row: FaceDetection) -> SafeString | str:
        return link(row.video)

    @admin.display(description="At")
    def at(self, row: FaceDetection) -> str:
        return duration(row.time_seconds)

    @admin.display(description="Size")
    def size(self, row: FaceDetection) -> str:
        return f"{row.width * 100:.0f} % × {row.height * 100:.0f} % of the picture"

    @admin.display(description="Sure")
    def sure(self, row: FaceDetection) -> str:
        return percent(row.score)

    @admin.display(description="Quality")
    def quality_shown(self, row: FaceDetection) -> str:
        return percent(row.quality)

    @admin.display(description="Drawn by hand", boolean=True)
    def drawn(self, row: FaceDetection) -> bool:
        return row.is_manual

    @admin.display(description="Model")
    def made_by(self, row: FaceDetection) -> str:
        return str(row.model)


@admin.register(FaceReference)
class FaceReferenceAdmin(CuratedAdmin):
    """Known faces: which one is shown, and away with those that teach wrong things."""

    list_display = ["portrait", "who", "came_from", "quality_shown", "shown", "added"]
    list_filter = ["source"]
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-pk"]
    sortable_by: Any = []
    list_per_page = 50
    list_fullwidth = True
    search_fields = ["creator__name"]
    search_help_text = "Part of a person's name"
    empty_sentence = "Known faces are listed here once somebody was named, or photos of people were added."
    fields = ["portrait", "who", "came_from", "quality_shown", "shown", "added", "made_by"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[FaceReference]:
        rows: QuerySet[FaceReference] = super().get_queryset(request)
        return rows.select_related("creator", "video", "model").defer("embedding")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="Face")
    def portrait(self, row: FaceReference) -> SafeString:
        return face_of_reference(row)

    @admin.display(description="Person")
    def who(self, row: FaceReference) -> SafeString | str:
        return link(row.creator)

    @admin.display(description="From")
    def came_from(self, row: FaceReference) -> SafeString | str:
        if row.video is None:
            return two_lines(row.get_source_display(), row.path)
        return two_lines(str(row.video), duration(row.time_seconds), change_address(row.video))

    @admin.display(description="Quality")
    def quality_shown(self, row: FaceReference) -> str:
        return percent(row.quality)

    @admin.display(description="Shown as their face")
    def shown(self, row: FaceReference) -> SafeString | str:
        return badge("Shown", "ok") if row.is_primary else NOTHING

    @admin.display(description="Added")
    def added(self, row: FaceReference) -> SafeString | str:
        return when(row.created_at)

    @admin.display(description="Model")
    def made_by(self, row: FaceReference) -> str:
        return str(row.model)

    def delete_model(self, request: HttpRequest, obj: FaceReference) -> None:
        remove_reference(reference=obj, user=current_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[FaceReference]) -> None:
        for row in queryset.select_related("creator"):
            remove_reference(reference=row, user=current_user(request))


@admin.register(FaceCluster)
class FaceClusterAdmin(FaceAdmin):
    list_display = ["faces", "named", "reach", "state", "changed"]
    list_display_links = ["named"]
    list_filter = ["is_hidden"]
    ordering = ["-video_count", "pk"]
    empty_sentence = "Faces that are alike and that nobody has named are grouped here, those of most videos first."
    fields = ["faces", "named", "reach", "state", "changed", "made_by"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[FaceCluster]:
        rows: QuerySet[FaceCluster] = super().get_queryset(request)
        best = FaceTrack.objects.order_by("-quality").defer("embedding")[:_FACES_SHOWN]
        return rows.select_related("model").defer("center").prefetch_related(Prefetch("tracks", best, to_attr="best"))

    @admin.display(description="Faces")
    def faces(self, row: Any) -> SafeString:
        pictures = format_html_join("", "{}", ((face(track_crop(track)),) for track in row.best))
        return format_html('<span class="v-faces">{}</span>', pictures)

    @admin.display(description="Person")
    def named(self, row: FaceCluster) -> str:
        return str(row)

    @admin.display(description="Reach")
    def reach(self, row: FaceCluster) -> str:
        videos = f"{row.video_count:,} video{'' if row.video_count == 1 else 's'}"
        return f"{videos}, {row.track_count:,} appearance{'' if row.track_count == 1 else 's'}"

    @admin.display(description="State")
    def state(self, row: FaceCluster) -> SafeString:
        return badge("Passer-by", "calm") if row.is_hidden else badge("Waits for a name", "info")

    @admin.display(description="Changed")
    def changed(self, row: FaceCluster) -> SafeString | str:
        return when(row.updated_at)

    @admin.display(description="Model")
    def made_by(self, row: FaceCluster) -> str:
        return str(row.model)


@admin.register(DifferentPeople)
class DifferentPeopleAdmin(CuratedAdmin):
    """Who was told apart. To take it back, delete the row."""

    list_display = ["pair", "said"]
    list_display_links = ["pair"]
    ordering = ["-pk"]
    sortable_by: Any = []
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    empty_sentence = "Where somebody said that two unknown people are not one, it is listed here."
    fields = ["pair", "said"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[DifferentPeople]:
        rows: QuerySet[DifferentPeople] = super().get_queryset(request)
        return rows.select_related("first", "second").defer("first__center", "second__center")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="Two people")
    def pair(self, row: DifferentPeople) -> str:
        return f"{row.first} and {row.second}"

    @admin.display(description="Said")
    def said(self, row: DifferentPeople) -> SafeString | str:
        return when(row.created_at)


@admin.register(FaceModel)
class FaceModelAdmin(ReadOnlyAdmin):
    list_display = ["named", "state", "first_used"]
    ordering = ["-is_current", "-pk"]
    sortable_by: Any = []
    empty_sentence = "Models that faces were found with are listed here. Put a pack into VIDEOTHEK_FACE_MODEL_DIR."
    fields = ["named", "version", "state", "first_used"]
    readonly_fields = fields

    @admin.display(description="Model")
    def named(self, row: FaceModel) -> str:
        return str(row)

    @admin.display(description="State")
    def state(self, row: FaceModel) -> SafeString:
        return badge("In use", "ok") if row.is_current else badge("Earlier one", "calm")

    @admin.display(description="First used")
    def first_used(self, row: FaceModel) -> SafeString | str:
        return when(row.created_at)


@admin.register(FaceLook)
class FaceLookAdmin(FaceAdmin):
    list_display = ["film", "state_shown", "pictures", "faces", "decoded", "looked"]
    list_filter = ["state"]
    empty_sentence = "What looking for faces came to is listed here, file by file."
    fields = ["film", "state_shown", "why", "pictures", "broken", "faces", "decoded", "looked"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[FaceLook]:
        rows: QuerySet[FaceLook] = super().get_queryset(request)
        return rows.select_related("file__video", "file__folder", "model")

    @admin.display(description="File")
    def film(self, row: FaceLook) -> SafeString:
        return two_lines(str(row.file.video or ""), row.file.shown_name)

    @admin.display(description="State")
    def state_shown(self, row: FaceLook) -> SafeString:
        return badge(row.get_state_display(), _LOOK_TONES[LookState(row.state)])

    @admin.display(description="Why")
    def why(self, row: FaceLook) -> SafeString | str:
        return sentence(row.reason)

    @admin.display(description="Pictures")
    def pictures(self, row: FaceLook) -> str:
        return f"{row.frames_processed:,} of {row.frames_to_process:,}"

    @admin.display(description="Broken pictures")
    def broken(self, row: FaceLook) -> str:
        return f"{row.frames_broken:,}"

    @admin.display(description="Faces")
    def faces(self, row: FaceLook) -> str:
        return f"{row.faces_detected:,} seen, {row.faces_matched:,} appearances named"

    @admin.display(description="Decoded for faces alone")
    def decoded(self, row: FaceLook) -> str:
        return f"{row.decodes:,} time{'' if row.decodes == 1 else 's'}"

    @admin.display(description="Looked at")
    def looked(self, row: FaceLook) -> SafeString | str:
        return when(row.updated_at)
