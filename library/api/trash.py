"""The trash, and videos whose files can't be found."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import DoneSerializer, IdsSerializer, done
from library.api.base import ApiView
from library.api.pages import paged
from library.exceptions import LibraryError
from library.models import LibrarySettings, Video
from library.paths import decode_path, display_path, encode_path
from library.services.missing import last_places, locate, missing_videos
from library.services.purge import empty_trash, purge
from library.services.trash import Trashable, days_left, restore, trash, trashable, trashables
from processing.services import submit_scan

PURGE = ("library.trash_video", "library.delete_video")


class TrashKindSerializer(serializers.Serializer[Any]):
    """A kind of things that can be thrown away, and how many lie in the trash."""

    kind = serializers.CharField()
    label = serializers.CharField(source="many")
    count = serializers.IntegerField()


class TrashedSerializer(serializers.Serializer[Any]):
    """Something in the trash. `days_left` until it is purged; null: it is kept for ever."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField(source="__str__")
    trashed_at = serializers.DateTimeField()
    days_left = serializers.SerializerMethodField()

    def get_days_left(self, row: Any) -> int | None:
        view: TrashKind = self.context["view"]
        return days_left(row.trashed_at, view.trash_days)


class Trash(ApiView):
    required_permissions = {"GET": ("library.trash_video",), "DELETE": PURGE}

    @extend_schema(responses=TrashKindSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What kinds of things there are, and how many of each lie in the trash."""
        kinds = [{"kind": one.kind, "many": one.many, "count": one.rows().count()} for one in trashables()]
        return Response(TrashKindSerializer(kinds, many=True).data)

    @extend_schema(responses=DoneSerializer)
    def delete(self, request: Request) -> Response:
        """Empties the trash for good, for at most twenty seconds; ask again while something is left. No undo."""
        count = empty_trash(user=self.account)
        left = sum(one.rows().count() for one in trashables())
        return Response(done(count, f"{count:,} purged for good; {left:,} are left."))


class TrashKind(ApiView):
    """`kind` is video, file, tag, creator or studio."""

    required_permissions = {"GET": ("library.trash_video",)}
    ordering = ("-trashed_at", "-pk")
    trash_days = 0

    @extend_schema(responses=paged(TrashedSerializer))
    def get(self, request: Request, kind: str) -> Response:
        """What lies in the trash, the latest first."""
        self.trash_days = LibrarySettings.load().trash_days
        return self.page(_known(kind).rows(), TrashedSerializer)


class TrashPut(ApiView):
    required_permissions = {"POST": ("library.trash_video",)}

    @extend_schema(request=IdsSerializer, responses=DoneSerializer)
    def post(self, request: Request, kind: str) -> Response:
        """Puts things into the trash; everything that was linked to them stays for when they come back."""
        known = _known(kind)
        with self.changing() as batch:
            put = trash(kind=kind, ids=self.body(IdsSerializer)["ids"], user=self.account)
        return Response(done(put.count, f"{known.counted(put.count)} in the trash.", batch))


class TrashRestore(ApiView):
    required_permissions = {"POST": ("library.trash_video",)}

    @extend_schema(request=IdsSerializer, responses=DoneSerializer)
    def post(self, request: Request, kind: str) -> Response:
        """Takes things out of the trash, with everything."""
        known = _known(kind)
        with self.changing() as batch:
            taken = restore(kind=kind, ids=self.body(IdsSerializer)["ids"], user=self.account)
        return Response(done(taken.count, f"{known.counted(taken.count)} out of the trash.", batch))


class TrashPurge(ApiView):
    required_permissions = {"POST": PURGE}

    @extend_schema(request=IdsSerializer, responses=DoneSerializer)
    def post(self, request: Request, kind: str) -> Response:
        """Deletes things for good that lie in the trash, files on the disk too unless the settings keep them. No
        undo."""
        known = _known(kind)
        count = purge(kind=kind, ids=self.body(IdsSerializer)["ids"], user=self.account)
        return Response(done(count, f"{known.counted(count)} purged for good."))


def _known(kind: str) -> Trashable:
    try:
        return trashable(kind)
    except KeyError:
        raise NotFound(f"Nothing called {kind} can be in the trash.") from None


class PlaceSerializer(serializers.Serializer[Any]):
    """Where a file was last seen."""

    id = serializers.IntegerField(source="pk")
    folder = serializers.CharField(source="folder.name")
    path = serializers.CharField(source="shown_path")


class MissingSerializer(serializers.Serializer[Any]):
    """A video none of whose files can be found."""

    id = serializers.IntegerField(source="pk")
    title = serializers.CharField()
    missing_since = serializers.DateTimeField()
    files = PlaceSerializer(source="last_files", many=True)


class Missing(ApiView):
    required_permissions = ("library.view_video", "library.view_videofile")
    ordering = ("-missing_since", "-pk")

    @extend_schema(
        parameters=[OpenApiParameter("folder", int, description="Only those that a file was missed of there.")],
        responses=paged(MissingSerializer),
    )
    def get(self, request: Request) -> Response:
        """Videos whose files are missing, the latest first."""
        rows: QuerySet[Video] = missing_videos()
        folder = request.query_params.get("folder", "")
        if folder:
            if not (folder.isascii() and folder.isdigit() and len(folder) < 19):
                raise serializers.ValidationError({"folder": ["Give the id of a folder."]})
            rows = rows.filter(files__folder=int(folder), files__missing_since__isnull=False).distinct()
        return self.page(rows, MissingSerializer)


class LookSerializer(IdsSerializer):
    """Which videos; with `path`, a folder on the server to look in by content, else where they were last seen."""

    path = serializers.CharField(required=False, max_length=4000, trim_whitespace=False)


class MissingLook(ApiView):
    required_permissions = {"POST": ("library.view_video", "library.change_folder")}

    @extend_schema(request=LookSerializer, responses={200: DoneSerializer, 202: DoneSerializer})
    def post(self, request: Request) -> Response:
        """Looks again for missing files: a scan of their last places, or for twenty seconds below `path`."""
        values = self.body(LookSerializer)
        ids = list(missing_videos().filter(pk__in=values["ids"]).values_list("pk", flat=True))
        if "path" in values:
            return self._locate(ids, values["path"])
        targets = last_places(video_ids=ids)
        for target in targets:
            submit_scan(folder=target.folder, subpath=target.subpath, requested_by=self.account)
        names = ", ".join(target.folder.name for target in targets[:3])
        said = f"Looking again in {names}." if targets else "Their folders are inactive or were removed."
        return Response(done(len(targets), said), status=HTTPStatus.ACCEPTED)

    def _locate(self, ids: list[int], path: str) -> Response:
        if not path.startswith("/") or "\0" in path:
            raise LibraryError("Give the whole path of the folder to look in, from the first slash on.")
        located = locate(video_ids=ids, path=decode_path(path))
        count = len(located.places)
        if located.target is not None and (count or located.is_cut_short):
            submit_scan(folder=located.target.folder, subpath=located.target.subpath, requested_by=self.account)
            return Response(done(count, f"{count:,} found so far; a scan takes up all that are there."))
        if count:
            first = display_path(encode_path(next(iter(located.places.values()))))
            return Response(done(count, f"{count:,} found, {first} for one: add that as a folder."))
        return Response(done(0, f"None of them is there; {located.looked_at:,} videos were looked at."))
