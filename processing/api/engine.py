"""Queues and stages."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import DoneSerializer, done
from library.api.base import ApiView
from library.api.rows import VersionedSerializer, settable
from library.api.versions import check_version, version_of
from processing.exceptions import UnknownStageError
from processing.models import Priority, StageConfig
from processing.queries.engine import queue_states
from processing.queries.pace import stage_paces
from processing.services.demand import is_demanded
from processing.services.queue_control import pause_queues, resume_queues, set_queue_limits
from processing.services.stage_settings import config_of, load_config, reset_config, save_config, stages_as_set
from processing.services.triggers import submit_missing
from processing.stages import all_stages, get_stage

VIEW_QUEUE = ("processing.view_queuecontrol",)

CHANGE_QUEUE = (*VIEW_QUEUE, "processing.change_queuecontrol")

VIEW_STAGE = ("processing.view_stageconfig",)

CHANGE_STAGE = (*VIEW_STAGE, "processing.change_stageconfig")


class QueueSerializer(serializers.Serializer[Any]):
    """A queue: what waits and runs, who works, and what the owner set. `why_shut` is empty while it is open."""

    name = serializers.CharField()
    waiting = serializers.IntegerField()
    later = serializers.IntegerField()
    running = serializers.IntegerField()
    workers = serializers.IntegerField()
    why_shut = serializers.CharField()
    is_stuck = serializers.BooleanField()
    is_paused = serializers.BooleanField()
    concurrency = serializers.IntegerField(allow_null=True)
    quiet_from = serializers.TimeField(allow_null=True)
    quiet_until = serializers.TimeField(allow_null=True)


class PaceSerializer(serializers.Serializer[Any]):
    """A stage that has work, how fast it goes, and how long it will take."""

    name = serializers.CharField()
    label = serializers.CharField()
    waiting = serializers.IntegerField()
    later = serializers.IntegerField()
    running = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    per_minute = serializers.FloatField()
    seconds_each = serializers.FloatField(allow_null=True)
    eta_seconds = serializers.FloatField(allow_null=True)


class EngineSerializer(serializers.Serializer[Any]):
    """The engine as its page shows it."""

    queues = QueueSerializer(many=True)
    stages = PaceSerializer(many=True)
    is_making_room = serializers.BooleanField(help_text="Somebody watches, so heavy work waits.")


class Queues(ApiView):
    required_permissions = VIEW_QUEUE

    @extend_schema(responses=EngineSerializer)
    def get(self, request: Request) -> Response:
        """Every queue, and the pace of the stages that have work."""
        body = {"queues": queue_states(), "stages": stage_paces(), "is_making_room": is_demanded()}
        return Response(EngineSerializer(body).data)


class QueuesPause(ApiView):
    required_permissions = {"POST": CHANGE_QUEUE}

    @extend_schema(request=None, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Pauses every queue: what runs ends, nothing new is begun."""
        return Response(done(pause_queues(), "Every queue is paused."))


class QueuesResume(ApiView):
    required_permissions = {"POST": CHANGE_QUEUE}

    @extend_schema(request=None, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Work begins again in every queue."""
        return Response(done(resume_queues(), "Every queue goes on."))


class QueuePatchSerializer(serializers.Serializer[Any]):
    """What is set for a queue; only what is sent is changed. `concurrency` null: as many as there are workers."""

    is_paused = serializers.BooleanField(required=False)
    concurrency = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=128)
    quiet_from = serializers.TimeField(required=False, allow_null=True)
    quiet_until = serializers.TimeField(required=False, allow_null=True)


class QueueDetail(ApiView):
    required_permissions = {"PATCH": CHANGE_QUEUE}

    @extend_schema(request=QueuePatchSerializer, responses=QueueSerializer)
    def patch(self, request: Request, name: str) -> Response:
        """Pauses, resumes and limits a queue."""
        if name not in settings.QUEUES:
            raise NotFound("There is no such queue.")
        values = self.body(QueuePatchSerializer, partial=True)
        if "is_paused" in values:
            (pause_queues if values.pop("is_paused") else resume_queues)(queues=[name])
        if values:
            state = _queue(name)
            limits = {key: getattr(state, key) for key in ("concurrency", "quiet_from", "quiet_until")}
            set_queue_limits(queue=name, **{**limits, **values})
        return Response(QueueSerializer(_queue(name)).data)


def _queue(name: str) -> Any:
    return next(state for state in queue_states() if state.name == name)


class StageSerializer(VersionedSerializer):
    """A stage with what holds for it: its defaults, and over them what the owner set."""

    label = serializers.SerializerMethodField()
    target_kind = serializers.SerializerMethodField()
    triggers = serializers.SerializerMethodField(help_text="How it may begin.")
    is_changed = serializers.SerializerMethodField(help_text="Something is set; DELETE goes back to the defaults.")

    class Meta:
        model = StageConfig
        fields = [
            "stage", "version", "label", "target_kind", "triggers", "is_changed", "is_enabled", "trigger", "after",
            "cron", "queue", "slots", "is_heavy", "max_retries", "first_delay_seconds", "delay_factor",
            "max_delay_seconds", "timeout_seconds",
        ]  # fmt: skip
        read_only_fields = ["stage"]

    def get_label(self, row: StageConfig) -> str:
        return get_stage(row.stage).label

    def get_target_kind(self, row: StageConfig) -> str:
        return get_stage(row.stage).target_kind

    def get_triggers(self, row: StageConfig) -> list[str]:
        return list(get_stage(row.stage).triggers)

    def get_is_changed(self, row: StageConfig) -> bool:
        return row.pk is not None


class Stages(ApiView):
    required_permissions = VIEW_STAGE

    @extend_schema(responses=StageSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every stage with what holds for it."""
        rows = {row.stage: row for row in StageConfig.objects.all()}
        shown = [rows.get(stage.name) or config_of(stage) for stage in all_stages()]
        return Response(StageSerializer(shown, many=True).data)


class StageDetail(ApiView):
    required_permissions = {"GET": VIEW_STAGE, "PATCH": CHANGE_STAGE, "DELETE": CHANGE_STAGE, "POST": CHANGE_STAGE}
    has_version = True

    @extend_schema(responses=StageSerializer)
    def get(self, request: Request, name: str) -> Response:
        """One stage."""
        return self._show(self._load(name))

    @extend_schema(request=StageSerializer, responses=StageSerializer)
    def patch(self, request: Request, name: str) -> Response:
        """Changes a stage's settings; they count from the next job on."""
        row = self._load(name)
        check_version(request, row, settable(StageSerializer))
        for column, value in self.body(StageSerializer, partial=True, row=row).items():
            setattr(row, column, value)
        save_config(row)
        return self._show(self._load(name))

    @extend_schema(responses=StageSerializer)
    def delete(self, request: Request, name: str) -> Response:
        """Its defaults hold again."""
        self._load(name)
        reset_config(name)
        return self._show(self._load(name))

    @extend_schema(request=None, responses={202: DoneSerializer})
    def post(self, request: Request, name: str) -> Response:
        """Submits it for every target that lacks its result."""
        self._load(name)
        stage = stages_as_set()[name]
        count = submit_missing(stage=stage, priority=Priority.MANUAL, requested_by_id=self.account.pk)
        return Response(done(count, f"{count:,} jobs wait."), status=HTTPStatus.ACCEPTED)

    def _load(self, name: str) -> StageConfig:
        try:
            return load_config(name)
        except UnknownStageError:
            raise NotFound("There is no such stage.") from None

    def _show(self, row: StageConfig) -> Response:
        data = StageSerializer(row).data
        return Response(data, headers={"ETag": version_of(row, settable(StageSerializer))})
