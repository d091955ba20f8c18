"""A video as answers have it: short in lists, whole by itself."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from library.access import may
from library.api.answers import NamedSerializer
from library.models import User, VideoFile
from library.models.change import ChangeSource
from library.models.file import FileState
from library.models.video import Origin, VideoType
from people.models import Credit, ExternalId, VideoStudio
from playback.queries import Tile, tiles_of
from processing.queries.pictures import NONE, Pictures, pictures_of

MOST_FILES = 200


class PicturesSerializer(serializers.Serializer[Any]):
    """Addresses on this server; a token may fetch them too. null: not made (yet)."""

    cover = serializers.CharField(allow_null=True, help_text="What the video is shown by: chosen by hand, or a still.")
    still = serializers.CharField(allow_null=True, help_text="The large still that was made by itself.")
    preview = serializers.CharField(allow_null=True, help_text="A short clip without sound, MP4.")
    storyboard = serializers.CharField(allow_null=True, help_text="WebVTT that names tiles of a sprite.")


class TagRefSerializer(serializers.Serializer[Any]):
    """A tag by its id."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    color = serializers.CharField()


class VideoSerializer(serializers.Serializer[Any]):
    """A video in a list. Seconds, bytes, pixels, bit/s."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    page = serializers.CharField(help_text="Its page.")
    stream = serializers.CharField(help_text="The bytes of its file, as they are; ranges work.")
    created_at = serializers.DateTimeField()
    release_date = serializers.DateField(allow_null=True)
    recorded_at = serializers.DateTimeField(allow_null=True)
    duration_seconds = serializers.FloatField(allow_null=True)
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    frame_rate = serializers.FloatField(allow_null=True)
    bit_rate = serializers.IntegerField(allow_null=True)
    size_bytes = serializers.IntegerField(allow_null=True)
    video_codec = serializers.CharField()
    audio_codec = serializers.CharField()
    is_hdr = serializers.BooleanField()
    view_count = serializers.IntegerField()
    is_missing = serializers.BooleanField(help_text="Its file could not be found at the last look.")
    is_corrupted = serializers.BooleanField()
    state = serializers.ChoiceField(FileState.choices, help_text="How far its file has come.")
    error = serializers.CharField(help_text="Why its file can't be read, else empty.")
    watched_percent = serializers.IntegerField(help_text="How far you are in it.")
    pictures = PicturesSerializer()
    people = NamedSerializer(many=True)
    studios = NamedSerializer(many=True, help_text="The primary one first.")
    tags = TagRefSerializer(many=True)


class FileSerializer(serializers.Serializer[Any]):
    """A file that holds a video."""

    id = serializers.IntegerField(source="pk")
    folder = serializers.IntegerField(source="folder_id")
    path = serializers.SerializerMethodField(help_text="Below its folder; only the name for who may not see folders.")
    video = serializers.IntegerField(source="video_id", allow_null=True)
    is_primary = serializers.BooleanField()
    state = serializers.ChoiceField(FileState.choices)
    error = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField())
    size_bytes = serializers.IntegerField()
    missing_since = serializers.DateTimeField(allow_null=True)
    trashed_at = serializers.DateTimeField(allow_null=True)
    probed_at = serializers.DateTimeField(allow_null=True)
    container = serializers.CharField()
    duration_seconds = serializers.FloatField(allow_null=True)
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    rotation = serializers.IntegerField()
    frame_rate = serializers.FloatField(allow_null=True)
    bit_rate = serializers.IntegerField(allow_null=True)
    video_codec = serializers.CharField()
    audio_codec = serializers.CharField()
    is_hdr = serializers.BooleanField()
    hdr_format = serializers.CharField()
    oshash = serializers.CharField()
    content_hash = serializers.CharField()

    def get_path(self, file: VideoFile) -> str:
        if "may_see_places" not in self.context:
            view = self.context.get("view")
            self.context["may_see_places"] = view is not None and may(view.request, "library.view_videofile")
        return file.shown_path if self.context["may_see_places"] else file.shown_name


class CreditSerializer(serializers.Serializer[Any]):
    """A person in a video, and who or what says so."""

    id = serializers.IntegerField(source="pk", read_only=True)
    person = NamedSerializer(source="creator", read_only=True)
    role = serializers.CharField(max_length=100, allow_blank=True)
    source = serializers.ChoiceField(ChangeSource.choices, read_only=True)
    confidence = serializers.FloatField(
        allow_null=True, read_only=True, help_text="0 to 1; null: nothing was measured."
    )


class VideoStudioSerializer(serializers.Serializer[Any]):
    """A studio of a video."""

    studio = NamedSerializer()
    is_primary = serializers.BooleanField()
    source = serializers.ChoiceField(ChangeSource.choices)


class VideoTagSerializer(serializers.Serializer[Any]):
    """A tag on a video."""

    tag = TagRefSerializer()
    source = serializers.ChoiceField(ChangeSource.choices)


class NoteSerializer(serializers.Serializer[Any]):
    """A note: a name with a value."""

    key = serializers.CharField()
    value = serializers.CharField()


class ExternalIdSerializer(serializers.ModelSerializer[ExternalId]):
    """What another system calls it."""

    class Meta:
        model = ExternalId
        fields = ["id", "source", "external_id", "url"]


class VideoDetailSerializer(VideoSerializer):
    """Everything that is known about a video. `version` is what If-Match takes."""

    version = serializers.CharField()
    description = serializers.CharField()
    origin = serializers.ChoiceField(Origin.choices)
    type = serializers.ChoiceField(VideoType.choices, allow_blank=True)
    original_file_name = serializers.CharField()
    last_verified_at = serializers.DateTimeField(allow_null=True)
    has_own_cover = serializers.BooleanField()
    credits = CreditSerializer(many=True)
    video_studios = VideoStudioSerializer(many=True)
    video_tags = VideoTagSerializer(many=True)
    notes = NoteSerializer(many=True)
    external_ids = ExternalIdSerializer(many=True)
    files = FileSerializer(many=True)
    chapters = serializers.ListField(child=serializers.DictField())


_COLUMNS = (
    "title", "created_at", "release_date", "recorded_at", "duration_seconds", "width", "height", "frame_rate",
    "bit_rate", "size_bytes", "video_codec", "audio_codec", "is_hdr", "view_count", "is_corrupted",
)  # fmt: skip


def pictures_in(pictures: Pictures, video: Any) -> dict[str, str | None]:
    """Addresses of a file's pictures, for PicturesSerializer."""
    still, board, preview = pictures.thumbnail, pictures.storyboard, pictures.preview
    chosen = video.cover.url if video is not None and video.cover else None
    return {
        "cover": chosen or (still.small.url if still else None),
        "still": still.large.url if still else None,
        "preview": preview.clip.url if preview else None,
        "storyboard": board.vtt.url if board else None,
    }


def item_of(tile: Tile) -> dict[str, Any]:
    """A tile of the grid as VideoSerializer takes it."""
    video = tile.video
    return {name: getattr(video, name) for name in _COLUMNS} | {
        "id": video.pk,
        "page": reverse("watch", args=(video.pk,)),
        "stream": reverse("stream", args=(video.pk,)),
        "is_missing": tile.is_missing,
        "state": tile.file.state,
        "error": tile.error,
        "watched_percent": tile.watched_percent,
        "pictures": pictures_in(tile.pictures, video),
        "people": tile.names.people,
        "studios": tile.names.studios,
        "tags": tile.names.tags,
    }


def items_of(files: list[VideoFile], user: User) -> list[dict[str, Any]]:
    """Primary files as VideoSerializer takes them."""
    return [item_of(tile) for tile in tiles_of(files, user=user)]


def detail_of(file: VideoFile, user: User) -> dict[str, Any]:
    """A primary file with its video as VideoDetailSerializer takes it, all but `version`. Fourteen queries."""
    item = items_of([file], user)[0]
    video = file.video
    assert video is not None
    files = VideoFile.objects.filter(video=video).select_related("folder").order_by("-is_primary", "pk")[:MOST_FILES]
    credits = Credit.objects.filter(video=video, creator__trashed_at=None).select_related("creator")
    studios = VideoStudio.objects.filter(video=video, studio__trashed_at=None).select_related("studio")
    tags = video.video_tags.filter(tag__trashed_at=None).select_related("tag")
    own = ("description", "origin", "type", "original_file_name", "last_verified_at")
    return (
        item
        | {name: getattr(video, name) for name in own}
        | {
            "has_own_cover": bool(video.cover),
            "credits": credits.order_by("creator__name", "pk"),
            "video_studios": studios.order_by("-is_primary", "studio__name", "pk"),
            "video_tags": tags.order_by("tag__name", "pk"),
            "notes": video.metadata.order_by("key"),
            "external_ids": video.external_ids.all(),
            "files": files,
            "chapters": file.chapters,
        }
    )


def single_pictures(file: VideoFile) -> dict[str, str | None]:
    """Addresses of one file's pictures."""
    return pictures_in(pictures_of([file.pk]).get(file.pk, NONE), file.video)
