"""Jobs and workers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import DoneSerializer, IdsSerializer, done
from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import find_row
from library.paths import display_path
from processing.models import Job, JobStatus, Priority
from processing.models.job import QUEUES, TargetKind
from processing.queries.engine import worker_holds
from processing.services import cancel_jobs, reprioritise_jobs, retry_jobs

VIEW_JOB, CHANGE_JOB = ("processing.view_job",), ("processing.view_job", "processing.change_job")


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
