"""Jobs, queues, stages, dead letters and workers."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import DoneSerializer, IdsSerializer, done
from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import VersionedSerializer, find_row, settable
from library.api.versions import check_version, version_of
from library.paths import display_path
from processing.exceptions import UnknownStageError
from processing.models import DeadLetter, Job, JobStatus, LetterStatus, Priority, StageConfig
from processing.models.job import QUEUES, TargetKind
from processing.queries.engine import error_groups, queue_states, worker_holds
from processing.queries.pace import stage_paces
from processing.services import cancel_jobs, reprioritise_jobs, retry_jobs
from processing.services.demand import is_demanded
from processing.services.letters import abandon_letters, retry_letters
from processing.services.queue_control import pause_queues, resume_queues, set_queue_limits
from processing.services.stage_settings import config_of, load_config, reset_config, save_config, stages_as_set
from processing.services.triggers import submit_missing
from processing.stages import all_stages, get_stage

VIEW_JOB, CHANGE_JOB = ("processing.view_job",), ("processing.view_job", "processing.change_job")
VIEW_QUEUE = ("processing.view_queuecontrol",)
CHANGE_QUEUE = (*VIEW_QUEUE, "processing.change_queuecontrol")
VIEW_STAGE = ("processing.view_stageconfig",)
CHANGE_STAGE = (*VIEW_STAGE, "processing.change_stageconfig")
VIEW_LETTER = ("processing.view_deadletter",)
CHANGE_LETTER = (*VIEW_LETTER, "processing.change_deadletter")


class JobSerializer(serializers.Serializer[Any]):
    """One piece of work: a stage on a target."""

    id = serializers.IntegerField(source="pk")
    stage = serializers.CharField()
    queue = serializers.CharField()
    target_kind = serializers.ChoiceField(TargetKind.choices)
    target_id = serializers.IntegerField()
    variant = serializers.CharField()
    label = serializers.SerializerMethodField()
    status = serializers.ChoiceField(JobStatus.choices)
    priority = serializers.ChoiceField(Priority.choices)
    attempts = serializers.IntegerField()
    max_attempts = serializers.IntegerField()
    progress_done = serializers.IntegerField()
    progress_total = serializers.IntegerField()
    error_class = serializers.CharField()
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    duration_seconds = serializers.FloatField(allow_null=True)

    def get_label(self, job: Job) -> str:
        return display_path(job.label)


class JobDetailSerializer(JobSerializer):
    """A job with what it was given and what came of it."""

    params = serializers.JSONField()
    result = serializers.JSONField()
    worker = serializers.CharField()
    requested_by = serializers.CharField(source="requested_by.username", default=None, allow_null=True)


class JobFilterSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(JobStatus.choices, required=False)
    stage = serializers.CharField(required=False, max_length=40)
    queue = serializers.ChoiceField(QUEUES, required=False)
    target_kind = serializers.ChoiceField(TargetKind.choices, required=False)
    target_id = serializers.IntegerField(required=False, min_value=0, max_value=2**63 - 1)


class Jobs(ApiView):
    required_permissions = VIEW_JOB

    @extend_schema(parameters=[JobFilterSerializer], responses=paged(JobSerializer))
    def get(self, request: Request) -> Response:
        """Jobs, the latest first; ended ones are kept for some days."""
        rows = Job.objects.defer("params", "result").filter(**self.query(JobFilterSerializer))
        return self.page(rows, JobSerializer)


class JobDetail(ApiView):
    required_permissions = VIEW_JOB

    @extend_schema(responses=JobDetailSerializer)
    def get(self, request: Request, job_id: int) -> Response:
        """One job."""
        row = find_row(Job.objects.select_related("requested_by"), job_id, noun="job")
        return Response(JobDetailSerializer(row).data)


class JobsCancel(ApiView):
    required_permissions = {"POST": CHANGE_JOB}

    @extend_schema(request=IdsSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Takes out jobs that wait or run; one that runs is stopped within two seconds."""
        ids = self.body(IdsSerializer)["ids"]
        count = cancel_jobs(job_ids=ids, requested_by=self.account)
        return Response(done(count, f"{count:,} of {len(ids):,} were cancelled; others neither waited nor ran."))


class JobsRetry(ApiView):
    required_permissions = {"POST": CHANGE_JOB}

    @extend_schema(request=IdsSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Submits anew what failed, timed out or was cancelled."""
        ids = self.body(IdsSerializer)["ids"]
        count = retry_jobs(job_ids=ids, requested_by=self.account)
        return Response(done(count, f"{count:,} of {len(ids):,} wait for another attempt."))


class JobPrioritySerializer(IdsSerializer):
    """Another priority: higher goes first."""

    priority = serializers.ChoiceField(Priority.choices)


class JobsPriority(ApiView):
    required_permissions = {"POST": CHANGE_JOB}

    @extend_schema(request=JobPrioritySerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Has jobs done earlier or later."""
        values = self.body(JobPrioritySerializer)
        count = reprioritise_jobs(job_ids=values["ids"], priority=values["priority"])
        return Response(done(count, f"{count:,} jobs have another priority."))


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


class LetterSerializer(serializers.Serializer[Any]):
    """Work that the engine has given up on, until somebody says what becomes of it."""

    id = serializers.IntegerField(source="pk")
    stage = serializers.CharField()
    target_kind = serializers.ChoiceField(TargetKind.choices)
    target_id = serializers.IntegerField()
    label = serializers.SerializerMethodField()
    status = serializers.ChoiceField(LetterStatus.choices)
    failures = serializers.IntegerField()
    attempts = serializers.IntegerField()
    error_class = serializers.CharField()
    first_error = serializers.CharField()
    error = serializers.CharField()
    failed_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()
    job = serializers.IntegerField(source="job_id", allow_null=True)

    def get_label(self, letter: DeadLetter) -> str:
        return display_path(letter.label)


class LetterFilterSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(LetterStatus.choices, required=False)
    stage = serializers.CharField(required=False, max_length=40)
    error_class = serializers.CharField(required=False, allow_blank=True, max_length=100)


class Letters(ApiView):
    required_permissions = VIEW_LETTER
    ordering = ("-failed_at", "-pk")

    @extend_schema(parameters=[LetterFilterSerializer], responses=paged(LetterSerializer))
    def get(self, request: Request) -> Response:
        """Dead letters, the latest first."""
        rows = DeadLetter.objects.filter(**self.query(LetterFilterSerializer))
        return self.page(rows, LetterSerializer)


class LetterDetail(ApiView):
    required_permissions = VIEW_LETTER

    @extend_schema(responses=LetterSerializer)
    def get(self, request: Request, letter_id: int) -> Response:
        """One dead letter."""
        return Response(LetterSerializer(find_row(DeadLetter.objects.all(), letter_id, noun="dead letter")).data)


class ErrorGroupSerializer(serializers.Serializer[Any]):
    """Open dead letters of one kind of error in one stage."""

    stage = serializers.CharField()
    error_class = serializers.CharField()
    count = serializers.IntegerField()
    error = serializers.CharField(help_text="The latest one's sentence.")
    latest_at = serializers.DateTimeField()


class LetterGroups(ApiView):
    required_permissions = VIEW_LETTER

    @extend_schema(responses=ErrorGroupSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Open dead letters by stage and kind of error, the largest groups first; twenty at most."""
        return Response(ErrorGroupSerializer(error_groups(), many=True).data)


class LettersChoiceSerializer(serializers.Serializer[Any]):
    """Letters by `ids`, or all open ones of a `stage` with an `error_class`."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=1000, required=False
    )
    stage = serializers.CharField(required=False, max_length=40)
    error_class = serializers.CharField(required=False, allow_blank=True, max_length=100)


def _letters(values: dict[str, Any]) -> QuerySet[DeadLetter]:
    is_group = {"stage", "error_class"} <= values.keys()
    if ("ids" in values) == is_group:
        raise serializers.ValidationError("Send `ids`, or `stage` and `error_class`.")
    if is_group:
        return DeadLetter.objects.open().filter(stage=values["stage"], error_class=values["error_class"])
    return DeadLetter.objects.filter(pk__in=values["ids"])


class LettersRetry(ApiView):
    required_permissions = {"POST": CHANGE_LETTER}

    @extend_schema(request=LettersChoiceSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Tries letters again, or all of one kind."""
        count = retry_letters(letters=_letters(self.body(LettersChoiceSerializer)), requested_by=self.account)
        return Response(done(count, f"{count:,} are being tried again."))


class LettersAbandon(ApiView):
    required_permissions = {"POST": CHANGE_LETTER}

    @extend_schema(request=LettersChoiceSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Closes letters unsolved, or all of one kind; they can be tried again later."""
        count = abandon_letters(letters=_letters(self.body(LettersChoiceSerializer)), requested_by=self.account)
        return Response(done(count, f"{count:,} are abandoned; they can be tried again."))


class HeldJobSerializer(serializers.Serializer[Any]):
    """What a worker has in hand."""

    id = serializers.IntegerField(source="pk")
    stage = serializers.CharField()
    label = serializers.CharField()
    progress_done = serializers.IntegerField()
    progress_total = serializers.IntegerField()


class WorkerSerializer(serializers.Serializer[Any]):
    """A worker process, and what it has in hand."""

    name = serializers.CharField(source="worker.name")
    host = serializers.CharField(source="worker.host")
    pid = serializers.IntegerField(source="worker.pid")
    queue = serializers.CharField(source="worker.queue")
    heartbeat_at = serializers.DateTimeField(source="worker.heartbeat_at")
    is_alive = serializers.BooleanField()
    seconds = serializers.FloatField(allow_null=True, help_text="How long it has had its job.")
    job = HeldJobSerializer(allow_null=True)


class Workers(ApiView):
    required_permissions = ("processing.view_workerprocess",)

    @extend_schema(responses=WorkerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every worker that is known, and what it has in hand."""
        return Response(WorkerSerializer(worker_holds(), many=True).data)
