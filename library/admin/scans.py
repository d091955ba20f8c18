"""Scans as lists and cards tell of them, and asking for them."""

from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from library.admin.base import counted, say
from library.admin.columns import when
from library.models import Folder, ScanLog
from library.models.scan_log import ScanStatus
from processing.models import Job, JobStatus
from processing.models.job import TargetKind
from processing.services import submit_scan

SCAN_TONES = {
    ScanStatus.RUNNING: "now",
    ScanStatus.COMPLETED: "ok",
    ScanStatus.HELD: "warn",
    ScanStatus.FAILED: "bad",
}
TOLD_COUNTS = ("new", "changed", "moved", "returned", "missing", "held", "ignored")


def with_scans(folders: QuerySet[Folder]) -> QuerySet[Any]:
    """Adds `latest_scan` (see scan_summary; None before the first), `has_scan_job` and `has_held_scan`."""
    scans = ScanLog.objects.filter(folder=OuterRef("pk")).order_by("-started_at", "-pk")
    scan_jobs = Job.objects.active().filter(target_kind=TargetKind.FOLDER, target_id=OuterRef("pk"), stage="scan")
    return folders.annotate(
        latest_scan=Subquery(scans.values(data=scan_summary())[:1]),
        has_scan_job=Exists(scan_jobs),
        # Not only the latest: a scan of a part may follow that leaves the question open.
        has_held_scan=Exists(ScanLog.objects.filter(folder=OuterRef("pk"), status=ScanStatus.HELD)),
    )


def scan_summary() -> JSONObject:
    """The columns of a scan that its summary tells, as one JSON value: one subquery instead of a row per folder."""
    counts = ["seen", *TOLD_COUNTS]
    names = ["status", "error", *(f"files_{name}" for name in counts)]
    return JSONObject(at=F("started_at"), **{name: F(name) for name in names})


def scan_in_words(scan: dict[str, Any] | None) -> SafeString | str:
    """ "3 hours ago · 2 new, 1 missing of 2,091"; the sentence of a scan that failed."""
    if scan is None:
        return "Never scanned"
    moment = when(parse_datetime(scan["at"]))
    if scan["status"] in (ScanStatus.FAILED, ScanStatus.HELD):
        html = '<span class="v-two"><b>{}</b><small class="{}" title="{}">{}</small></span>'
        tone = "v-bad-text" if scan["status"] == ScanStatus.FAILED else "v-warn-text"
        return format_html(html, moment, tone, scan["error"], scan["error"])
    found = [f"{scan[f'files_{kind}']:,} {kind}" for kind in TOLD_COUNTS if scan[f"files_{kind}"]]
    told = f"{', '.join(found) or 'nothing new'} · {scan['files_seen']:,} seen"
    return format_html('<span class="v-two"><b>{}</b><small>{}</small></span>', moment, told)


def scan_folders(
    request: HttpRequest, folders: QuerySet[Folder], *, accept_missing: bool = False, subpath: str = ""
) -> None:
    """Submits a scan for each active folder and says for how many, and which are being scanned already."""
    user: Any = request.user
    names, busy = [], []
    inactive = 0
    running = Job.objects.filter(stage="scan", target_kind=TargetKind.FOLDER, status=JobStatus.RUNNING)
    scanned_now = set(running.filter(target_id__in=folders.values("pk")).values_list("target_id", flat=True))
    for folder in folders.order_by("name", "pk"):
        if not folder.is_active:
            inactive += 1
        elif folder.pk in scanned_now:
            busy.append(folder.name)
        else:
            submit_scan(folder=folder, requested_by=user, accept_missing=accept_missing, subpath=subpath)
            names.append(folder.name)
    if len(names) == 1:
        say(request, f"{names[0]} is being scanned.", is_done=True)
    elif names:
        say(request, f"{counted(len(names), 'folder is', 'folders are')} being scanned.", is_done=True)
    for name in busy[:3]:
        say(request, f"{name} is being scanned already; ask again when that scan has ended.", is_done=False)
    if inactive:
        left = counted(inactive, "inactive folder was", "inactive folders were")
        say(request, f"{left} left out: only active folders are scanned.", is_done=False)
    if not names and not busy and not inactive:
        say(request, "There was no folder to scan.", is_done=False)
