"""The queue page: what waits and runs, how fast it goes, who works on what, and the switches."""

from datetime import time
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_time
from django.views.decorators.http import require_POST

from library import words
from library.admin.base import ReadOnlyAdmin, counted, may, say
from processing.admin.jobs import short_label, stage_label
from processing.models import QueueControl
from processing.queries.engine import WorkerHold, error_groups, queue_states, worker_holds
from processing.queries.pace import PACE_MINUTES, stage_paces
from processing.services.demand import is_demanded
from processing.services.queue_control import pause_queues, resume_queues, set_queue_limits, why_no_more

_MOST_AT_ONCE = 128


@admin.register(QueueControl)
class QueueControlAdmin(ReadOnlyAdmin):
    """Instead of a list of rows there is one page; the form of a queue posts to an address of its own."""

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Whether the user may pause, resume and limit queues: processing.change_queuecontrol."""
        return may(request, "processing", "change", "queuecontrol")

    def get_urls(self) -> list[URLPattern]:
        def wrap(view: Any) -> Any:
            return self.admin_site.admin_view(require_POST(view))

        return [
            path("all/<slug:what>/", wrap(self.all_view), name="processing_queue_all"),
            path("<slug:queue>/do/<slug:what>/", wrap(self.control_view), name="processing_queue_control"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The page; `?part=1` is what it asks for again every few seconds, without forms, so nothing typed is lost."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_control = self.has_control_permission(request)
        context = {**_live(), "may_control": may_control}
        if request.GET.get("part"):
            return TemplateResponse(request, "admin/processing/queue/live.html", context)
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "title": "Queues"}
        return TemplateResponse(request, "admin/processing/queue/page.html", context)

    def control_view(self, request: HttpRequest, queue: str, what: str) -> HttpResponse:
        """POST: pauses, resumes or limits one queue."""
        if not self.has_control_permission(request):
            raise PermissionDenied
        if queue not in settings.QUEUES or what not in ("pause", "resume", "limit"):
            raise Http404
        if what == "limit":
            self._limit(request, queue)
        elif what == "pause":
            pause_queues(queues=[queue])
            say(request, f"The queue {queue} is paused: what runs ends, nothing new is begun.", is_done=True)
        else:
            resume_queues(queues=[queue])
            say(request, f"The queue {queue} goes on.", is_done=True)
        return _to_page()

    def all_view(self, request: HttpRequest, what: str) -> HttpResponse:
        """POST: pauses or resumes every queue."""
        if not self.has_control_permission(request):
            raise PermissionDenied
        if what not in ("pause", "resume"):
            raise Http404
        count = pause_queues() if what == "pause" else resume_queues()
        verb = "paused" if what == "pause" else "resumed"
        say(request, f"{counted(count, 'queue was', 'queues were')} {verb}.", is_done=bool(count))
        return _to_page()

    def _limit(self, request: HttpRequest, queue: str) -> None:
        try:
            number = _number(request.POST.get("concurrency", ""))
            begin, end = (_clock(request.POST.get(name, "")) for name in ("quiet_from", "quiet_until"))
            set_queue_limits(queue=queue, concurrency=number, quiet_from=begin, quiet_until=end)
        except ValidationError as error:
            say(request, " ".join(error.messages), is_done=False)
        else:
            say(request, f"The queue {queue} was changed; it counts from the next job on.", is_done=True)
            if why := why_no_more(queue, number):
                say(request, why, is_done=False)


def _live() -> dict[str, Any]:
    """What the page shows. A constant number of queries."""
    queues = queue_states()
    return {
        "queues": queues,
        "paused": [queue.name for queue in queues if queue.is_paused],
        "stuck": [queue.name for queue in queues if queue.is_stuck],
        "stages": [(pace, words.time_left(pace.eta_seconds)) for pace in stage_paces()],
        "pace_minutes": PACE_MINUTES,
        "workers": [_worker(hold) for hold in worker_holds()],
        "errors": [(group, stage_label(group.stage)) for group in error_groups()],
        "is_making_room": is_demanded(),
    }


def _worker(hold: WorkerHold) -> dict[str, Any]:
    job = hold.job
    percent = min(100, job.progress_done * 100 // job.progress_total) if job and job.progress_total else None
    return {
        "worker": hold.worker,
        "is_alive": hold.is_alive,
        "job": job,
        "name": short_label(job) if job else "",
        "stage": stage_label(job.stage) if job else "",
        "held_words": words.clock(hold.seconds or 0.0),
        "percent": percent,
    }


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_AT_ONCE):
        raise ValidationError(f"At once: a number from 1 to {_MOST_AT_ONCE}, or nothing for no limit.")
    return int(text)


def _clock(text: str) -> time | None:
    if not text.strip():
        return None
    try:
        moment = parse_time(text.strip())
    except ValueError:
        moment = None
    if moment is None:
        raise ValidationError(f"“{text}” is no time of the day; write it as 22:30.")
    return moment


def _to_page() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:processing_queuecontrol_changelist"))
