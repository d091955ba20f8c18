"""Cards about the work on the admin's first page. Each `load` asks a constant number of queries."""

from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from library.admin.dashboard import Section, register_section
from processing.admin.jobs import seconds_taken, short_label, stage_label
from processing.admin.workers import SILENT_AFTER
from processing.models import Job, JobStatus, WorkerProcess
from processing.queries.engine import error_groups

RUNNING_SHOWN = 8
FAILED_SHOWN = 6


def load_work(request: HttpRequest) -> dict[str, Any] | None:
    """Running jobs with their progress and how many wait per queue; three queries."""
    running = list(Job.objects.filter(status=JobStatus.RUNNING).order_by("started_at", "pk")[: RUNNING_SHOWN + 1])
    waiting = Job.objects.filter(status=JobStatus.PENDING).order_by()
    counts = dict(waiting.values_list("queue").annotate(n=Count("pk")))
    alive = WorkerProcess.objects.filter(heartbeat_at__gt=timezone.now() - SILENT_AFTER)
    workers = dict(alive.order_by().values_list("queue").annotate(n=Count("pk")))
    queues = [name for name in settings.QUEUES if counts.get(name) or workers.get(name)]
    return {
        "jobs": [_row(job) for job in running[:RUNNING_SHOWN]],
        "has_more": len(running) > RUNNING_SHOWN,
        "queues": [(name, counts.get(name, 0), workers.get(name, 0)) for name in queues],
        "waiting": sum(counts.values()),
        "workers": sum(workers.values()),
        "stuck": [name for name, count in counts.items() if count and not workers.get(name)],
    }


def _row(job: Job) -> dict[str, Any]:
    percent = min(100, job.progress_done * 100 // job.progress_total) if job.progress_total else None
    return {
        "job": job,
        "name": short_label(job),
        "stage": stage_label(job.stage),
        "percent": percent,
        "seconds": seconds_taken(job),
    }


def load_letters(request: HttpRequest) -> dict[str, Any] | None:
    """Open dead letters by kind of error; two queries."""
    groups = error_groups()
    if not groups:
        return None
    return {
        "groups": [(group, stage_label(group.stage)) for group in groups[:FAILED_SHOWN]],
        "total": sum(group.count for group in groups),
        "has_more": len(groups) > FAILED_SHOWN,
    }


def load_failures(request: HttpRequest) -> dict[str, Any] | None:
    """The jobs that failed last, with their sentences; one query."""
    failed = Q(status=JobStatus.FAILED) | Q(status=JobStatus.TIMED_OUT)
    jobs = list(Job.objects.filter(failed).order_by("-pk")[: FAILED_SHOWN + 1])
    if not jobs:
        return None
    shown = [(job, short_label(job), stage_label(job.stage)) for job in jobs[:FAILED_SHOWN]]
    return {"jobs": shown, "has_more": len(jobs) > FAILED_SHOWN}


_JOBS = ("processing.view_job",)
_AT = "admin/dashboard/"
register_section(Section("work", "Work now", _AT + "work.html", load_work, _JOBS, order=20, refreshes=True))
_LETTERS = ("processing.view_deadletter",)
register_section(Section("letters", "What failed for good", _AT + "letters.html", load_letters, _LETTERS, order=45))
register_section(Section("failures", "Jobs that failed", _AT + "failures.html", load_failures, _JOBS, order=50))
