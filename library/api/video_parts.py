"""What hangs on a video: its tags, people, studios, notes, numbers elsewhere, files and cover."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library.access import may
from library.api.answers import DoneSerializer, done
from library.api.base import ApiView
from library.api.rows import find_row, write
from library.api.video_fields import CreditSerializer, ExternalIdSerializer, FileSerializer, VideoDetailSerializer
from library.api.videos import show_video, shown_video
from library.exceptions import CoverError
from library.models import Tag, VideoFile
from library.services.covers import clear_cover, set_cover
from library.services.tagging import edit_tags, set_metadata
from library.services.tags import find_or_create_tag
from library.services.trash import trash
from library.services.videos import choose_primary
from library.words import position
from people.models import Creator, Credit, ExternalId, Studio
from people.services.creators import find_or_create_creator
from people.services.credits import edit_credits, edit_studios
from people.services.studios import find_or_create_studio
from processing.models.job import ACTIVE
from processing.queries.candidates import cover_candidates
from processing.queries.pictures import NONE, pictures_of
from processing.services.control import rerun_files
from processing.services.covers import last_cover_job, request_cover

_CHANGE = ("library.view_video", "library.change_video")
_MOST = 200
_STAGES = ("probe", "frames", "preview", "verify", "check")


def _ids() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=_MOST, required=False
    )


def _public_ids() -> serializers.ListField:
    return serializers.ListField(child=serializers.UUIDField(), max_length=_MOST, required=False)


def _names() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=_MOST, required=False, help_text="Made when missing."
    )


class TagsEditSerializer(serializers.Serializer[Any]):
    """Tags by id to add and to remove; with `replace` the video has exactly those. `add_names` makes missing ones."""

    add = _ids()
    add_names = _names()
    remove = _ids()
    replace = _ids()


class PeopleEditSerializer(serializers.Serializer[Any]):
    """The same for people, by public id. Adding one that a machine named confirms it: it counts as named by hand."""

    add = _public_ids()
    add_names = _names()
    remove = _public_ids()
    replace = _public_ids()


class StudiosEditSerializer(PeopleEditSerializer):
    """The same for studios; `primary` is the one that is shown first."""

    primary = serializers.UUIDField(required=False)


class _LinksView(ApiView):
    """POST adds, removes or replaces links of one video."""

    required_permissions = {"POST": _CHANGE}
    # Who may make a new row by its name.
    add_permission = ""

    def edit(self, values: dict[str, Any], video_id: int) -> None:
        raise NotImplementedError

    def answer(self, request: Request, video_id: int, serializer: type[serializers.Serializer[Any]]) -> Response:
        file = shown_video(video_id)
        values = self.body(serializer)
        if values.get("add_names") and not may(request, self.add_permission):
            raise PermissionDenied("Your role doesn't allow making new ones: add those that there are.")
        with self.changing():
            self.edit(values, file.video_id or 0)
        return show_video(self, video_id)


class VideoTags(_LinksView):
    add_permission = "library.add_tag"

    @extend_schema(request=TagsEditSerializer, responses=VideoDetailSerializer)
    def post(self, request: Request, video_id: int) -> Response:
        """Puts tags on it and takes them off."""
        return self.answer(request, video_id, TagsEditSerializer)

    def edit(self, values: dict[str, Any], video_id: int) -> None:
        wanted = _known(Tag.objects.in_use(), "pk", values, _make(values, find_or_create_tag, self.account))
        edit_tags(video_ids=[video_id], user=self.account, **wanted)


class VideoPeople(_LinksView):
    add_permission = "people.add_creator"

    @extend_schema(request=PeopleEditSerializer, responses=VideoDetailSerializer)
    def post(self, request: Request, video_id: int) -> Response:
        """Names people in it, confirms them, and takes them off."""
        return self.answer(request, video_id, PeopleEditSerializer)

    def edit(self, values: dict[str, Any], video_id: int) -> None:
        made = _make(values, find_or_create_creator, self.account)
        wanted = _known(Creator.objects.in_use(), "public_id", values, made)
        edit_credits(video_ids=[video_id], user=self.account, **wanted)


class VideoStudios(_LinksView):
    add_permission = "people.add_studio"

    @extend_schema(request=StudiosEditSerializer, responses=VideoDetailSerializer)
    def post(self, request: Request, video_id: int) -> Response:
        """Says which studios made it, and which one of them is shown first."""
        return self.answer(request, video_id, StudiosEditSerializer)

    def edit(self, values: dict[str, Any], video_id: int) -> None:
        made = _make(values, find_or_create_studio, self.account)
        rows = Studio.objects.in_use()
        wanted = _known(rows, "public_id", values, made)
        if "primary" in values:
            wanted["primary"] = find_row(rows, values["primary"], lookup="public_id", noun="studio").pk
        edit_studios(video_ids=[video_id], user=self.account, **wanted)


def _make(values: dict[str, Any], find_or_create: Callable[..., Any], user: Any) -> list[int]:
    return [find_or_create(name=name, user=user).row.pk for name in values.get("add_names", [])]


def _known(rows: Any, lookup: str, values: dict[str, Any], made: Iterable[int]) -> dict[str, Any]:
    """The ids of the rows that were named, all of which have to be there. Raises ValidationError."""
    wanted: dict[str, Any] = {}
    for part in ("add", "remove", "replace"):
        if part not in values:
            continue
        asked = set(values[part])
        found = dict(rows.filter(**{f"{lookup}__in": asked}).values_list(lookup, "pk"))
        if unknown := [str(one) for one in asked if one not in found]:
            raise serializers.ValidationError({part: [f"There is none with the id {', '.join(unknown[:5])}."]})
        wanted[part] = list(found.values())
    new = list(made)
    if new:
        part = "replace" if "replace" in wanted else "add"
        wanted[part] = [*wanted.get(part, []), *new]
    if not wanted and "primary" not in values:
        raise serializers.ValidationError("Say what to add, to remove or to replace.")
    return wanted


class NotesEditSerializer(serializers.Serializer[Any]):
    """Notes by name; an empty value takes one away, others stay as they are."""

    values = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=10_000))


class VideoNotes(ApiView):
    required_permissions = {"POST": _CHANGE}

    @extend_schema(request=NotesEditSerializer, responses=VideoDetailSerializer)
    def post(self, request: Request, video_id: int) -> Response:
        """Writes notes on it."""
        file = shown_video(video_id)
        values = self.body(NotesEditSerializer)["values"]
        if not 1 <= len(values) <= _MOST or any(not name.strip() or len(name) > 100 for name in values):
            raise serializers.ValidationError({"values": [f"Give 1 to {_MOST} names of up to 100 characters."]})
        with self.changing():
            set_metadata(video_ids=[file.video_id or 0], values=values, user=self.account)
        return show_video(self, video_id)


class VideoCredit(ApiView):
    required_permissions = {"PATCH": _CHANGE}

    @extend_schema(request=CreditSerializer, responses=CreditSerializer)
    def patch(self, request: Request, video_id: int, credit_id: int) -> Response:
        """Says what a person does in it."""
        shown_video(video_id)
        values = self.body(CreditSerializer)
        with self.changing("Changed what somebody does in a video"):
            rows = Credit.objects.filter(video_id=video_id, creator__trashed_at=None).select_related("creator")
            credit = find_row(rows, credit_id, noun="person in this video", is_locking=True)
            write(credit, values)
        return Response(CreditSerializer(credit).data)


class VideoExternalIds(ApiView):
    required_permissions = {"POST": _CHANGE}

    @extend_schema(request=ExternalIdSerializer, responses={201: ExternalIdSerializer})
    def post(self, request: Request, video_id: int) -> Response:
        """Says what another system calls it."""
        file = shown_video(video_id)
        values = self.body(ExternalIdSerializer)
        with self.changing(f"Said what {values['source']} calls {file.video}"):
            row = ExternalId(video=file.video, **values)
            row.full_clean()
            row.save()
        return Response(ExternalIdSerializer(row).data, status=HTTPStatus.CREATED)


class VideoExternalId(ApiView):
    required_permissions = {"DELETE": _CHANGE}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, video_id: int, row_id: int) -> Response:
        """Forgets what another system calls it."""
        shown_video(video_id)
        with self.changing("Forgot what another system calls a video"):
            find_row(ExternalId.objects.filter(video_id=video_id), row_id, noun="number elsewhere").delete()
        return Response(status=HTTPStatus.NO_CONTENT)


class CandidateSerializer(serializers.Serializer[Any]):
    """A moment that would do as a cover."""

    seconds = serializers.FloatField()


class CoverSerializer(serializers.Serializer[Any]):
    """What the video is shown by, the best moments to take another from, and whether one is being taken."""

    cover = serializers.CharField(allow_null=True)
    is_own = serializers.BooleanField()
    is_being_taken = serializers.BooleanField()
    error = serializers.CharField(help_text="Why the last one could not be taken, else empty.")
    candidates = CandidateSerializer(many=True)


class CoverEditSerializer(serializers.Serializer[Any]):
    """A moment to take it from, or (as a form, multipart/form-data) a picture of one's own."""

    seconds = serializers.FloatField(required=False, min_value=0)
    picture = serializers.FileField(required=False)


class VideoCover(ApiView):
    required_permissions = {"GET": ("library.view_video",), "POST": _CHANGE, "DELETE": _CHANGE}
    parser_classes = [JSONParser, MultiPartParser]

    @extend_schema(responses=CoverSerializer)
    def get(self, request: Request, video_id: int) -> Response:
        """What it is shown by, and what else it could be shown by."""
        return Response(self._state(shown_video(video_id)))

    @extend_schema(
        request={"application/json": CoverEditSerializer, "multipart/form-data": CoverEditSerializer},
        responses={200: CoverSerializer, 202: CoverSerializer},
    )
    def post(self, request: Request, video_id: int) -> Response:
        """A picture is the cover at once (200); a moment is taken by a worker, in a second or two (202)."""
        file = shown_video(video_id)
        values = self.body(CoverEditSerializer)
        if len(values) != 1:
            raise CoverError("Send a moment in `seconds` or a `picture`, not both and not neither.")
        if "picture" in values:
            self.tell_batch(set_cover(video_id=video_id, picture=values["picture"], user=self.account))
            return Response(self._state(shown_video(video_id)))
        if file.missing_since is not None:
            raise CoverError("The file is not there right now, so no picture can be taken from it.")
        if file.duration_seconds is not None and values["seconds"] > file.duration_seconds:
            raise CoverError(f"The video ends at {position(file.duration_seconds)}.")
        request_cover(video_id=video_id, seconds=values["seconds"], requested_by=self.account)
        return Response(self._state(file), status=HTTPStatus.ACCEPTED)

    @extend_schema(responses=CoverSerializer)
    def delete(self, request: Request, video_id: int) -> Response:
        """Back to the still that was made by itself."""
        shown_video(video_id)
        self.tell_batch(clear_cover(video_id=video_id, user=self.account))
        return Response(self._state(shown_video(video_id)))

    def _state(self, file: VideoFile) -> Any:
        pictures = pictures_of([file.pk]).get(file.pk, NONE)
        job = last_cover_job(file.video_id or 0)
        video = file.video
        assert video is not None
        still = pictures.thumbnail.small.url if pictures.thumbnail else None
        has_failed = job is not None and job.status in ("failed", "timed_out")
        body = {
            "cover": video.cover.url if video.cover else still,
            "is_own": bool(video.cover),
            "is_being_taken": job is not None and job.status in ACTIVE,
            "error": job.error if job is not None and has_failed else "",
            "candidates": cover_candidates(pictures.storyboard) if pictures.storyboard else [],
        }
        return CoverSerializer(body).data


class FileDetail(ApiView):
    required_permissions = {
        "GET": ("library.view_videofile",),
        "DELETE": ("library.view_videofile", "library.trash_video"),
    }

    @extend_schema(responses=FileSerializer)
    def get(self, request: Request, file_id: int) -> Response:
        """Everything that is known about a file."""
        return Response(FileSerializer(_file(file_id), context={"may_see_places": True}).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, file_id: int) -> Response:
        """Puts a copy into the trash; the only file of a video stays."""
        file = _file(file_id)
        with self.changing():
            trash(kind="file", ids=[file.pk], user=self.account)
        return Response(status=HTTPStatus.NO_CONTENT)


class FilePrimary(ApiView):
    required_permissions = {"POST": _CHANGE}

    @extend_schema(request=None, responses=FileSerializer)
    def post(self, request: Request, file_id: int) -> Response:
        """Makes it the file of its video that is played and shown."""
        _file(file_id)
        with self.changing():
            choose_primary(file_id=file_id, user=self.account)
        return Response(FileSerializer(_file(file_id)).data)


class RerunSerializer(serializers.Serializer[Any]):
    """Which work is done anew."""

    stage = serializers.ChoiceField(_STAGES)


class FileRerun(ApiView):
    required_permissions = {"POST": ("library.reprocess_video",)}

    @extend_schema(request=RerunSerializer, responses={202: DoneSerializer})
    def post(self, request: Request, file_id: int) -> Response:
        """Has the file read again, its pictures made again, or looked after: `verify` compares checksums, `check`
        looks for damage."""
        file = _file(file_id)
        stage = self.body(RerunSerializer)["stage"]
        count = rerun_files(file_ids=[file.pk], stage=stage, requested_by=self.account)
        said = f"{file.shown_name} waits." if count else f"{file.shown_name} is waiting already, or is not there."
        return Response(done(count, said), status=HTTPStatus.ACCEPTED)


def _file(file_id: int) -> VideoFile:
    if file_id >= 2**63:
        raise NotFound("There is no such file.")
    row: VideoFile = find_row(VideoFile.objects.select_related("folder", "video"), file_id, noun="file")
    return row
