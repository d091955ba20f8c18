"""/metrics: what Prometheus and its kin collect. Answers nobody until a token or a network is set."""

import hmac
import ipaddress
import os
import threading
import time
from collections.abc import Callable, Iterable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config.request_times import REFUSED, REQUESTS
from library.addresses import client_address
from library.release import release
from processing.models.tally import DURATION_BOUNDS
from processing.queries.metrics import JobFigures, job_figures, library_figures, worker_figures
from stats.queries.series import latest
from stats.queries.summary import LACKS, percent

# Several scrapers, or a hasty one, cost the database no more than this.
_KEPT_SECONDS = 5.0


@login_not_required
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """200 with the figures for who has the token or comes from an allowed network; 404 for everybody when neither is
    set, so that nobody learns that there is something; else 401."""
    if not settings.METRICS_TOKEN and not settings.METRICS_NETWORKS:
        raise Http404
    if not _may_read(request):
        answer = HttpResponse("Give the token: Authorization: Bearer …\n", status=401, content_type="text/plain")
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    return HttpResponse(_page.text(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = settings.METRICS_TOKEN
    if token and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return True
    address = client_address(request)
    return address is not None and any(ipaddress.ip_address(address) in one for one in settings.METRICS_NETWORKS)


class VideothekCollector(Collector):
    """Asks the database: eight statements for one collection."""

    def collect(self) -> Iterable[Metric]:
        build = InfoMetricFamily("videothek_build", "This release.")
        build.add_metric([], {"version": release()})
        yield build
        yield from _about_jobs(job_figures())
        workers = GaugeMetricFamily("videothek_workers", "Living workers.", labels=["queue"])
        alive = worker_figures()
        for queue in settings.QUEUES:
            workers.add_metric([queue], alive.get(queue, 0))
        yield workers
        yield from _about_the_library()
        yield from _about_statistics()


def _about_jobs(figures: JobFigures) -> Iterable[Metric]:
    kind = ["stage", "queue", "status"]
    active = GaugeMetricFamily("videothek_jobs", "Jobs that wait or run.", labels=kind)
    for labels, count in figures.active.items():
        active.add_metric(labels, count)
    oldest = GaugeMetricFamily(
        "videothek_jobs_oldest_waiting_seconds", "How long the job that is due longest waits.", labels=["queue"]
    )
    for queue in settings.QUEUES:
        oldest.add_metric([queue], figures.oldest_seconds.get(queue, 0.0))
    leases = GaugeMetricFamily(
        "videothek_job_leases_expired", "Running jobs whose worker was not heard of in time.", figures.expired_leases
    )
    ended = CounterMetricFamily("videothek_jobs_ended", "Jobs that have ended, by how.", labels=kind)
    for labels, count in figures.ended.items():
        ended.add_metric(labels, count)
    failures = CounterMetricFamily(
        "videothek_job_failures", "Jobs given up, by class of error.", labels=["stage", "error_class"]
    )
    for why, count in figures.failures.items():
        failures.add_metric(why, count)
    durations = HistogramMetricFamily(
        "videothek_job_duration_seconds", "What completed jobs took.", labels=["stage"], unit="seconds"
    )
    for stage, took in figures.durations.items():
        ends = [str(bound) for bound in DURATION_BOUNDS]
        buckets = [*zip(ends, map(float, took.within), strict=True), ("+Inf", float(took.jobs))]
        durations.add_metric([stage], buckets, took.seconds)
    return [active, oldest, leases, ended, failures, durations]


def _about_the_library() -> Iterable[Metric]:
    figures = library_figures()
    files = GaugeMetricFamily("videothek_files", "Files that are there, by how far they are.", labels=["state"])
    for state, count in figures.files.items():
        files.add_metric([state], count)
    yield GaugeMetricFamily("videothek_videos", "Videos outside the trash.", figures.videos)
    yield GaugeMetricFamily("videothek_videos_trashed", "Videos in the trash.", figures.trashed)
    yield files
    yield GaugeMetricFamily("videothek_files_missing", "Files that the last scan didn't find.", figures.missing_files)
    yield GaugeMetricFamily("videothek_files_bytes", "Size of all files that are there.", figures.present_bytes)


def _about_statistics() -> Iterable[Metric]:
    """By the newest snapshots; nothing before the first."""
    content, usage, storage = latest("content"), latest("usage"), latest("storage")
    if content is not None:
        covered = GaugeMetricFamily(
            "videothek_coverage_ratio", "Share of the videos that have it, by the day's snapshot.", labels=["what"]
        )
        for field, _, facet in LACKS:
            what = facet or field.removeprefix("without_")
            having = content.video_count - getattr(content, field)
            covered.add_metric([what], percent(having, content.video_count) / 100)
        yield covered
        yield GaugeMetricFamily("videothek_faces_pending", "Appearances that wait for a name.", content.faces_pending)
        yield GaugeMetricFamily("videothek_suggestions_open", "Proposals to be answered.", content.suggestions_open)
    if usage is not None:
        yield GaugeMetricFamily("videothek_plays", "Plays so far, by the day's snapshot.", usage.play_count)
        yield GaugeMetricFamily("videothek_watch_seconds", "Seconds watched so far.", usage.watch_seconds)
    if storage is not None:
        yield GaugeMetricFamily("videothek_derived_bytes", "What was made from the videos.", storage.derived_bytes)
        room = GaugeMetricFamily("videothek_disk_free_bytes", "Free room by the hour's snapshot.", labels=["path"])
        for disk in storage.disks:
            room.add_metric([disk["path"]], disk["free_bytes"])
        yield room


class _Page:
    """The text, kept for a few seconds; threads share it."""

    def __init__(self, make: Callable[[], bytes]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._text = b""
        self._made_at = float("-inf")

    def text(self) -> bytes:
        with self._lock:
            if time.monotonic() - self._made_at > _KEPT_SECONDS:
                self._text = self._make()
                self._made_at = time.monotonic()
            return self._text

    def forget(self) -> None:
        self._made_at = float("-inf")


def _make_text() -> bytes:
    registry = CollectorRegistry()
    registry.register(VideothekCollector())
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        # Every web process counts its own requests, in files that this one adds up.
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(REFUSED)
    return generate_latest(registry)


_page = _Page(_make_text)
