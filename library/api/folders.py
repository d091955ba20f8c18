"""Folders of the library, and their scans."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.access import may
from library.api.answers import DoneSerializer, done
from library.api.base import ApiView
from library.api.errors import ConflictError
from library.api.pages import paged
from library.api.rows import VersionedSerializer, find_row, settable, write
from library.api.versions import check_version
from library.counting import count_of
from library.exceptions import LibraryError
from library.models import Folder, ScanLog, VideoFile
from library.models.scan_log import ScanStatus, ScanTrigger
from library.paths import decode_path, encode_path
from library.services import register_folder, remove_folder
from library.services.breaker import keep_held
from library.services.folders import figures_of, make_default, use_marker
from library.services.relocation import plan_relocation, relocate
from processing.models import Job, JobStatus
from processing.models.job import TargetKind
from processing.services import submit_scan

VIEW, ADD, CHANGE, DELETE = ((f"library.{verb}_folder",) for verb in ("view", "add", "change", "delete"))


class FolderSerializer(VersionedSerializer):
    """A folder whose videos belong to the library. Its path is changed by relocating it."""

    path = serializers.CharField(source="shown_path", read_only=True)
    has_marker = serializers.BooleanField(source="sentinel", read_only=True)
    file_count = serializers.IntegerField(source="files_known", read_only=True)

    class Meta:
        model = Folder
        fields = [
            "id", "version", "name", "path", "kind", "is_active", "is_default", "is_auto_scanned",
            "scan_interval_minutes", "watch_mode", "exclude_globs", "has_marker", "watch_note", "last_scanned_at",
            "file_count",
        ]  # fmt: skip
        read_only_fields = ["is_default", "watch_note", "last_scanned_at"]


class FolderAddSerializer(serializers.Serializer[Any]):
    """A folder on the machine that scans."""

    path = serializers.CharField(max_length=4000, trim_whitespace=False)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)


def folders() -> QuerySet[Folder]:
    """Folders that were not removed, with what their serializer reads."""
    return Folder.objects.in_library().annotate(files_known=count_of(VideoFile, "folder"))


def find_folder(folder_id: int, *, is_locking: bool = False) -> Folder:
    """Raises NotFound."""
    rows = Folder.objects.in_library() if is_locking else folders()
    row: Folder = find_row(rows, folder_id, noun="folder", is_locking=is_locking)
    return row


def typed_path(text: str) -> str:
    """A path as `os` takes it. Raises LibraryError for one that isn't whole."""
    if not text.startswith("/") or "\0" in text:
        raise LibraryError("Give the whole path, from the first slash on.")
    return decode_path(text)


class Folders(ApiView):
    required_permissions = {"GET": VIEW, "POST": ADD}
    ordering = ("name", "pk")

    @extend_schema(responses=paged(FolderSerializer))
    def get(self, request: Request) -> Response:
        """The folders of the library."""
        return self.page(folders(), FolderSerializer)

    @extend_schema(request=FolderAddSerializer, responses={201: FolderSerializer})
    def post(self, request: Request) -> Response:
        """Adds a folder and begins its first scan. One that was removed comes back as it was."""
        values = self.body(FolderAddSerializer)
        with self.changing():
            folder = register_folder(path=typed_path(values["path"]), name=values.get("name", ""), user=self.account)
        submit_scan(folder=folder, requested_by=self.account)
        return show_folder(folder.pk, status=HTTPStatus.CREATED)


def show_folder(folder_id: int, *, status: int = HTTPStatus.OK) -> Response:
    data = FolderSerializer(folders().get(pk=folder_id)).data
    return Response(data, status=status, headers={"ETag": data["version"]})


class FolderRemoveSerializer(serializers.Serializer[Any]):
    """With `trash_videos` the videos that lie only there go to the trash; otherwise they are missing."""

    trash_videos = serializers.BooleanField(default=False)


class FolderDetail(ApiView):
    required_permissions = {"GET": VIEW, "PATCH": CHANGE, "DELETE": DELETE}
    has_version = True

    @extend_schema(responses=FolderSerializer)
    def get(self, request: Request, folder_id: int) -> Response:
        """One folder."""
        return show_folder(find_folder(folder_id).pk)

    @extend_schema(request=FolderSerializer, responses=FolderSerializer)
    def patch(self, request: Request, folder_id: int) -> Response:
        """Changes how it is called, scanned and watched."""
        with self.changing() as batch:
            folder = find_folder(folder_id, is_locking=True)
            check_version(request, folder, settable(FolderSerializer))
            write(folder, self.body(FolderSerializer, partial=True, row=folder))
            batch.summary = f"Changed the folder {folder}"
        return show_folder(folder_id)

    @extend_schema(
        parameters=[OpenApiParameter("trash_videos", bool, description="Its own videos go to the trash.")],
        responses=DoneSerializer,
    )
    def delete(self, request: Request, folder_id: int) -> Response:
        """Takes it out of the library; its files stay on the disk, and everything known about its videos is kept."""
        trash_videos = self.query(FolderRemoveSerializer)["trash_videos"] and may(request, "library.trash_video")
        with self.changing() as batch:
            folder = find_folder(folder_id)
            check_version(request, folder, settable(FolderSerializer), is_needed=False)
            count = remove_folder(folder=folder, user=self.account, trash_videos=trash_videos)
            batch.summary = f"Removed the folder {folder}"
        return Response(done(count, f"{folder} was removed; {count:,} files are missing now.", batch))


class FolderFiguresSerializer(serializers.Serializer[Any]):
    """What removing a folder would concern."""

    files = serializers.IntegerField()
    present = serializers.IntegerField()
    videos = serializers.IntegerField()
    only_here = serializers.IntegerField()
    size_bytes = serializers.IntegerField()


class FolderFigures(ApiView):
    required_permissions = VIEW

    @extend_schema(responses=FolderFiguresSerializer)
    def get(self, request: Request, folder_id: int) -> Response:
        """What it holds: what removing it would concern."""
        return Response(FolderFiguresSerializer(figures_of(find_folder(folder_id))).data)


class FolderDefault(ApiView):
    required_permissions = {"POST": CHANGE}

    @extend_schema(request=None, responses=FolderSerializer)
    def post(self, request: Request, folder_id: int) -> Response:
        """Uploads and conversions go to this folder from now on."""
        with self.changing():
            make_default(folder=find_folder(folder_id), user=self.account)
        return show_folder(folder_id)


class MarkerFileSerializer(serializers.Serializer[Any]):
    """Whether a marker file is kept in the folder: without it the disk counts as away."""

    is_wanted = serializers.BooleanField()


class FolderMarker(ApiView):
    required_permissions = {"POST": CHANGE}

    @extend_schema(request=MarkerFileSerializer, responses=FolderSerializer)
    def post(self, request: Request, folder_id: int) -> Response:
        """Makes the folder's marker file, or removes it."""
        use_marker(folder=find_folder(folder_id), is_wanted=self.body(MarkerFileSerializer)["is_wanted"])
        return show_folder(folder_id)


class ScanRequestSerializer(serializers.Serializer[Any]):
    """With `accept_missing` whatever isn't found is marked missing without asking. `part` is a folder below it."""

    accept_missing = serializers.BooleanField(default=False)
    part = serializers.CharField(required=False, allow_blank=True, max_length=4000, trim_whitespace=False)


class FolderScan(ApiView):
    required_permissions = {"POST": CHANGE}

    @extend_schema(request=ScanRequestSerializer, responses={202: DoneSerializer})
    def post(self, request: Request, folder_id: int) -> Response:
        """Scans it now. The log is in /scans/; 409 while a scan of it runs."""
        folder = find_folder(folder_id)
        values = self.body(ScanRequestSerializer)
        if not folder.is_active:
            raise LibraryError(f"{folder} is inactive: only active folders are scanned.")
        running = Job.objects.filter(stage="scan", target_kind=TargetKind.FOLDER, status=JobStatus.RUNNING)
        if running.filter(target_id=folder.pk).exists():
            raise ConflictError(f"{folder} is being scanned already; ask again when that scan has ended.")
        job = submit_scan(
            folder=folder,
            requested_by=self.account,
            accept_missing=values["accept_missing"],
            subpath=encode_path(decode_path(values.get("part", "").strip("/"))),
        )
        return Response(done(1, f"{folder} is being scanned by job {job.pk}."), status=HTTPStatus.ACCEPTED)


class RelocationSerializer(serializers.Serializer[Any]):
    """Where the folder, or a `part` of it, lies now. Nothing is done unless `is_confirmed`."""

    new_path = serializers.CharField(max_length=4000, trim_whitespace=False)
    part = serializers.CharField(required=False, allow_blank=True, max_length=4000, trim_whitespace=False)
    is_confirmed = serializers.BooleanField(default=False)


class RelocationPlanSerializer(serializers.Serializer[Any]):
    """What a relocation would do, or did. `problem` says why it can't be done; empty when it can."""

    old_path = serializers.CharField(source="shown_old")
    new_path = serializers.CharField(source="shown_new")
    files = serializers.IntegerField()
    sampled = serializers.IntegerField(help_text="Files that were looked for there.")
    matching = serializers.IntegerField(help_text="Of those, how many are there.")
    problem = serializers.CharField()
    moved = serializers.IntegerField(allow_null=True, help_text="null: nothing was done yet.")
    stayed = serializers.IntegerField(allow_null=True)


class FolderRelocate(ApiView):
    required_permissions = {"POST": CHANGE}

    @extend_schema(request=RelocationSerializer, responses=RelocationPlanSerializer)
    def post(self, request: Request, folder_id: int) -> Response:
        """Looks at the new place and says what would be done; with `is_confirmed` does it, and scans. Files are never
        touched."""
        folder = find_folder(folder_id)
        values = self.body(RelocationSerializer)
        new, part = typed_path(values["new_path"]), encode_path(decode_path(values.get("part", "").strip("/")))
        plan = plan_relocation(folder=folder, new_path=new, subpath=part)
        moved = stayed = None
        if values["is_confirmed"]:
            result = relocate(folder=folder, new_path=new, subpath=part, user=self.account)
            submit_scan(folder=result.folder, requested_by=self.account)
            moved, stayed = result.moved, result.stayed
            self.tell_batch(result.batch)
        names = ("shown_old", "shown_new", "files", "sampled", "matching", "problem")
        body = {name: getattr(plan, name) for name in names} | {"moved": moved, "stayed": stayed}
        return Response(RelocationPlanSerializer(body).data)


class ScanSerializer(serializers.Serializer[Any]):
    """A scan of a folder and what it found. A held one waits for an answer."""

    id = serializers.IntegerField(source="pk")
    folder = serializers.IntegerField(source="folder_id")
    folder_name = serializers.CharField(source="folder.name")
    part = serializers.CharField(source="shown_subpath")
    trigger = serializers.ChoiceField(ScanTrigger.choices)
    status = serializers.ChoiceField(ScanStatus.choices)
    error = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    files_seen = serializers.IntegerField()
    files_new = serializers.IntegerField()
    files_changed = serializers.IntegerField()
    files_moved = serializers.IntegerField()
    files_returned = serializers.IntegerField()
    files_unchanged = serializers.IntegerField()
    files_busy = serializers.IntegerField()
    files_unreadable = serializers.IntegerField()
    files_missing = serializers.IntegerField()
    files_held = serializers.IntegerField()
    files_ignored = serializers.IntegerField()


class ScanFilterSerializer(serializers.Serializer[Any]):
    folder = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    status = serializers.ChoiceField(ScanStatus.choices, required=False)


class Scans(ApiView):
    required_permissions = ("library.view_scanlog",)
    ordering = ("-started_at", "-pk")

    @extend_schema(parameters=[ScanFilterSerializer], responses=paged(ScanSerializer))
    def get(self, request: Request) -> Response:
        """Scans, the latest first; `status=held` are those that wait for an answer."""
        rows = ScanLog.objects.select_related("folder").filter(**self.query(ScanFilterSerializer))
        return self.page(rows, ScanSerializer)


class ScanDetail(ApiView):
    required_permissions = ("library.view_scanlog",)

    @extend_schema(responses=ScanSerializer)
    def get(self, request: Request, scan_id: int) -> Response:
        """One scan."""
        row = find_row(ScanLog.objects.select_related("folder"), scan_id, noun="scan")
        return Response(ScanSerializer(row).data)


class ScanAnswerSerializer(serializers.Serializer[Any]):
    """gone: the files are gone, mark them missing. keep: they are only away."""

    answer = serializers.ChoiceField(["gone", "keep"])


class ScanAnswer(ApiView):
    required_permissions = {"POST": CHANGE}

    @extend_schema(request=ScanAnswerSerializer, responses=DoneSerializer)
    def post(self, request: Request, scan_id: int) -> Response:
        """Answers a scan that is held because it missed too much; 409 when it waits for no answer any more."""
        rows = ScanLog.objects.select_related("folder")
        log = find_row(rows, scan_id, noun="scan")
        answer = self.body(ScanAnswerSerializer)["answer"]
        if log.folder.removed_at is not None:
            raise NotFound("Its folder was removed.")
        if log.status != ScanStatus.HELD or (answer == "keep" and not keep_held(log=log)):
            raise ConflictError("That scan waits for no answer any more: a later one looked again.")
        if answer == "keep":
            return Response(done(1, "Nothing was marked missing. Scan again once the disk is back."))
        submit_scan(folder=log.folder, requested_by=self.account, accept_missing=True, subpath=log.subpath)
        return Response(done(1, f"{log.folder} is scanned again, and what isn't there is marked missing."))
