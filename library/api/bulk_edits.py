"""Editing many videos at once, as one change."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from library import queries
from library.access import may
from library.api.base import ApiView
from library.api.videos import SelectionSerializer, filter_of
from library.exceptions import BulkEditError
from library.models import BulkEdit, Video
from library.models.video import Origin, VideoType
from library.services.background import submit_background
from library.services.bulk_edit import (
    MOST_IN_REQUEST,
    MOST_VIDEOS,
    apply_bulk_edit,
    begin_bulk_edit,
    check_operation,
    confirm_bulk_edit,
    preview_bulk_edit,
)
from people.models import Creator, Studio
from processing.models import Job
from processing.models.job import ACTIVE, TargetKind
from processing.services import cancel_jobs

_MOST_IDS = 100_000
_NAMED: dict[str, Any] = {"people": Creator, "studios": Studio}
_MAKES = {"tags": "library.add_tag", "people": "people.add_creator", "studios": "people.add_studio"}


class _Strict(serializers.Serializer[Any]):
    """Refuses names that it doesn't know, within another serializer too."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := [name for name in data if name not in self.fields]):
            raise serializers.ValidationError({name: ["There is no such edit."] for name in unknown[:20]})
        return super().to_internal_value(data)


class TagsStepSerializer(_Strict):
    """Tags by id, and by `names`, which are made where they are missing."""

    mode = serializers.ChoiceField(["add", "remove", "replace"])
    ids = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), default=list)
    names = serializers.ListField(child=serializers.CharField(max_length=200), default=list)


class NamedStepSerializer(_Strict):
    """People or studios by public id, and by `names`."""

    mode = serializers.ChoiceField(["add", "remove", "replace"])
    ids = serializers.ListField(child=serializers.UUIDField(), default=list)
    names = serializers.ListField(child=serializers.CharField(max_length=200), default=list)


class TitleStepSerializer(_Strict):
    """Words of titles that are replaced, as they are written."""

    find = serializers.CharField(max_length=500, trim_whitespace=False)
    replace = serializers.CharField(max_length=500, allow_blank=True, default="", trim_whitespace=False)


class OperationSerializer(_Strict):
    """What is done to each video; at least one of these."""

    tags = TagsStepSerializer(required=False)
    people = NamedStepSerializer(required=False)
    studios = NamedStepSerializer(required=False)
    type = serializers.ChoiceField(VideoType.choices, required=False, allow_blank=True)
    origin = serializers.ChoiceField(Origin.choices, required=False)
    release_date = serializers.DateField(required=False, allow_null=True)
    title = TitleStepSerializer(required=False)
    reprocess = serializers.ChoiceField(["probe", "frames", "preview", "verify", "check"], required=False)
    trash = serializers.BooleanField(required=False)
    stars = serializers.DecimalField(
        max_digits=2, decimal_places=1, required=False, allow_null=True, help_text="Your own, 0.5 to 5; null: none."
    )
    favorite = serializers.BooleanField(required=False, help_text="Among your own favourites, or not.")


class BulkEditRequestSerializer(serializers.Serializer[Any]):
    """Which videos (`ids`, or `selection`: words and a filter, {} for all), and what is done to each.

    With `is_preview` nothing is done, and the answer says what would be.
    """

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=_MOST_IDS, required=False
    )
    selection = SelectionSerializer(required=False)
    operation = OperationSerializer()
    is_preview = serializers.BooleanField(default=False)


class EffectSerializer(serializers.Serializer[Any]):
    """What a step would do: to how many videos, and how many are so already."""

    text = serializers.CharField()
    changed = serializers.IntegerField()
    already = serializers.IntegerField()


class BulkEditSerializer(serializers.Serializer[Any]):
    """An edit of many videos: what it would do, or how far it is. `batch` undoes it once it is done."""

    id = serializers.IntegerField(allow_null=True, help_text="null for a preview.")
    state = serializers.ChoiceField(["preview", "waiting", "done", "cancelled", "failed"])
    video_count = serializers.IntegerField(help_text="Videos that it is about.")
    changed_count = serializers.IntegerField(help_text="Videos that it changed.")
    progress_done = serializers.IntegerField()
    progress_total = serializers.IntegerField()
    error = serializers.CharField()
    batch = serializers.UUIDField(allow_null=True)
    effects = EffectSerializer(many=True)


class BulkEdits(ApiView):
    """Whichever right a step needs is looked at with the step."""

    required_permissions = {"POST": ("library.view_video",)}

    @extend_schema(
        request=BulkEditRequestSerializer,
        responses={200: BulkEditSerializer, 201: BulkEditSerializer, 202: BulkEditSerializer},
    )
    def post(self, request: Request) -> Response:
        """Edits videos: at once (201), or by a job when there are more than 500 (202); a preview does nothing (200).

        Needs what its steps need: library.change_video, library.reprocess_video, library.trash_video.
        """
        asked = self.body(BulkEditRequestSerializer)
        operation = check_operation(as_stored(asked["operation"]), user=self.account)
        check_new_names(request, operation)
        ids = self._videos(asked)
        if asked["is_preview"]:
            effects = preview_bulk_edit(video_ids=ids, operation=operation)
            return Response(_told(None, "preview", video_count=len(ids), effects=effects))
        with transaction.atomic():
            edit = begin_bulk_edit(user=self.account, video_ids=ids)
            confirm_bulk_edit(edit=edit, operation=operation, user=self.account)
            if len(ids) > MOST_IN_REQUEST:
                submit_background("bulk_edit", edit.pk, requested_by_id=self.account.pk)
            else:
                apply_bulk_edit(edit_id=edit.pk)
        edit = BulkEdit.objects.select_related("batch").get(pk=edit.pk)
        self.tell_batch(edit.batch)
        status = HTTPStatus.CREATED if edit.applied_at else HTTPStatus.ACCEPTED
        return Response(_state_of(edit), status=status)

    def _videos(self, asked: dict[str, Any]) -> list[int]:
        if ("ids" in asked) == ("selection" in asked):
            raise BulkEditError("Send `ids` or a `selection`, not both and not neither.")
        if "ids" in asked:
            rows = Video.objects.in_library().filter(pk__in=asked["ids"])
        else:
            chosen = asked["selection"]
            text = (chosen.get("q") or "").strip().replace("\0", "")
            rows = queries.matching_videos(text=text, filter=filter_of(chosen), user=self.account)
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_VIDEOS + 1])
        if not ids:
            raise BulkEditError("No video is meant by that.")
        return ids


class BulkEditDetail(ApiView):
    required_permissions = ("library.view_video",)

    @extend_schema(responses=BulkEditSerializer)
    def get(self, request: Request, edit_id: int) -> Response:
        """How far an edit of one's own is."""
        edit = self._find(edit_id)
        self.tell_batch(edit.batch)
        return Response(_state_of(edit))

    @extend_schema(responses=BulkEditSerializer)
    def delete(self, request: Request, edit_id: int) -> Response:
        """Cancels an edit that waits or is being made: nothing is changed then. One that is done is undone instead."""
        edit = self._find(edit_id)
        jobs = Job.objects.filter(target_kind=TargetKind.BULK_EDIT, target_id=edit.pk)
        cancel_jobs(job_ids=list(jobs.values_list("pk", flat=True)), requested_by=self.account)
        return Response(_state_of(self._find(edit_id)))

    def _find(self, edit_id: int) -> BulkEdit:
        rows = BulkEdit.objects.filter(user=self.account).exclude(confirmed_at=None).select_related("batch")
        edit = rows.filter(pk=edit_id).first() if edit_id < 2**63 else None
        if edit is None:
            raise NotFound("There is no such edit of yours.")
        return edit


def check_new_names(request: Request, operation: Mapping[str, Any]) -> None:
    """Raises PermissionDenied where an operation makes rows that the account may not make."""
    for step, permission in _MAKES.items():
        if (operation.get(step) or {}).get("names") and not may(request, permission):
            raise PermissionDenied(f"Your role doesn't allow making new {step}.")


def as_stored(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The operation in the steps' own words: ids of rows, days as text. Raises BulkEditError."""
    wanted: dict[str, Any] = {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in asked.items()
    }
    for name, model in _NAMED.items():
        if name in wanted:
            public = set(wanted[name]["ids"])
            ids = list(model.objects.in_use().filter(public_id__in=public).values_list("pk", flat=True))
            if len(ids) != len(public):
                raise BulkEditError(f"One of the {name} is gone or in the trash. Choose again.")
            wanted[name]["ids"] = ids
    if wanted.get("release_date") is not None:
        wanted["release_date"] = wanted["release_date"].isoformat()
    if wanted.get("trash") is False:
        del wanted["trash"]
    if wanted.get("stars") is not None:
        wanted["stars"] = str(wanted["stars"])
    return wanted


def _state_of(edit: BulkEdit) -> Any:
    jobs = Job.objects.filter(target_kind=TargetKind.BULK_EDIT, target_id=edit.pk)
    job = jobs.order_by("-pk").first()
    state = "done" if edit.applied_at else "waiting" if job is None or job.status in ACTIVE else "failed"
    if state == "failed" and job is not None and job.status == "cancelled":
        state = "cancelled"
    return _told(
        edit.pk,
        state,
        video_count=len(edit.video_ids),
        changed_count=edit.video_count,
        progress_done=job.progress_done if job else 0,
        progress_total=job.progress_total if job else 0,
        error=job.error if job and state == "failed" else "",
        batch=edit.batch_id,
    )


def _told(edit_id: int | None, state: str, **values: Any) -> Any:
    body = {"changed_count": 0, "progress_done": 0, "progress_total": 0, "error": "", "batch": None, "effects": []}
    return BulkEditSerializer({"id": edit_id, "state": state, **body, **values}).data
