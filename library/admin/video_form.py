"""The form of one video: its columns, the tags, people and studios on it, and the tables below."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget

from library.admin.columns import NOTHING, badge, file_size, link_to, resolution, two_lines
from library.admin.files import LIST_DEFERRED, state_badge
from library.admin.picking import KINDS, PickField
from library.models import Video, VideoFile, VideoMetadata
from library.models.names import clean_name
from people.models import Credit, VideoStudio

LINKS = ("tags", "people", "studios")


class VideoForm(forms.ModelForm):  # type: ignore[type-arg]
    tags = PickField(KINDS["tags"], help_text="Type a word; a new one is made when you choose “Create”.")
    people = PickField(KINDS["people"], help_text="By any of their names.")
    studios = PickField(KINDS["studios"])
    primary_studio = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="The one that stands for the video. A studio that is new here can be chosen once it has been saved.",
    )

    # Set on the class that the admin makes for one request.
    user: Any = None

    class Meta:
        model = Video
        fields = ["title", "description", "type", "origin", "release_date", "recorded_at", "cover"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "description" in self.fields:
            self.fields["description"].widget.attrs["rows"] = 4
        if self.instance.pk is None:
            return
        for part in LINKS:
            kind = KINDS[part]
            link: Any = kind.link
            rows = list(link._default_manager.filter(video=self.instance).select_related(kind.column).order_by("pk"))
            field = self.fields.get(part)
            if field is not None:
                targets = [getattr(row, kind.column) for row in rows]
                self.initial[part] = [one.pk for one in targets]
                field.widget.labels = {one.pk: one for one in targets}
            if part == "studios":
                self._offer_primary(rows)

    def _offer_primary(self, rows: list[VideoStudio]) -> None:
        field: Any = self.fields.get("primary_studio")
        if field is None:
            return
        field.choices = [("", "None" if not rows else "As it is"), *((row.studio_id, str(row.studio)) for row in rows)]
        self.initial["primary_studio"] = next((row.studio_id for row in rows if row.is_primary), "")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for part in LINKS:
            picked, kind = cleaned.get(part), KINDS[part]
            if picked and picked.names and self.user and not self.user.has_perm(kind.add_permission):
                self.add_error(part, f"Your role doesn't allow making a new {kind.one}.")
        return cleaned

    def clean_title(self) -> str:
        title = clean_name(self.cleaned_data["title"])
        if not title:
            raise ValidationError("A video needs a title.")
        return title


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
        return super().get_queryset(request).select_related("folder").defer(*LIST_DEFERRED)  # type: ignore[no-any-return]

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


class CreditsInline(TabularInline):
    """Who says that a person is in the video, and how sure. People are added and removed by the field above."""

    model = Credit
    verbose_name_plural = "People in it"
    fields = ["person", "said_by", "how_sure", "role"]
    readonly_fields = ["person", "said_by", "how_sure"]
    extra = 0
    max_num = 0
    can_delete = False
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credit]:
        rows: QuerySet[Credit] = super().get_queryset(request)
        return rows.select_related("creator").order_by("creator__name", "pk")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("library.change_video"))

    @admin.display(description="Person")
    def person(self, credit: Credit) -> SafeString:
        return link_to(reverse("admin:people_creator_change", args=(credit.creator_id,)), str(credit.creator))

    @admin.display(description="Said by")
    def said_by(self, credit: Credit) -> SafeString:
        return badge(credit.get_source_display(), "calm" if credit.source == "manual" else "info")

    @admin.display(description="How sure")
    def how_sure(self, credit: Credit) -> str:
        return NOTHING if credit.confidence is None else f"{credit.confidence:.0%}"


class NotesInline(TabularInline):
    """Names with values that the video's columns have no place for."""

    model = VideoMetadata
    verbose_name_plural = "Notes"
    fields = ["key", "value"]
    extra = 0
    hide_title = True
