"""One run: how far it is, its report with each row, and what can be done with it."""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404

from importers.admin.shared import address, go, render, system_title
from importers.exceptions import ImportersError
from importers.models import ImportRun, Outcome
from importers.queries.rows import (
    as_report,
    asked_names,
    conflict_words,
    difference_words,
    everything,
    reason_words,
    reasons_in,
    report_of,
    rows_of,
    tables_of,
    total_of,
)
from importers.queries.runs import state_of
from importers.services.ordering import Action, order, order_import, repeat_dry_run, stop
from importers.services.receiving import is_received, remove_received
from importers.services.running import location_of
from library.access import current_user

_PER_PAGE = 50
_MOST_SHOWN = 100


def run_view(model_admin: Any, request: HttpRequest, run_id: int) -> HttpResponse:
    """Progress while it runs; then its report, and what can be done next."""
    run = get_object_or_404(ImportRun.objects.select_related("owner"), pk=run_id)
    state, tables = state_of(run), tables_of(run)
    conflicts, verified = run.report.get("conflicts", []), run.report.get("verification", {})
    differences = verified.get("listed", [])
    return render(
        model_admin,
        request,
        "run",
        title=f"{state.kind} from {system_title(run)}",
        run=run,
        state=state,
        system=system_title(run),
        tables=[table for table in tables if table.read],
        empty=[table.name for table in tables if not table.read],
        total=total_of(tables),
        conflicts=[(one, conflict_words(one)) for one in conflicts[:_MOST_SHOWN]],
        more_conflicts=max(0, run.report.get("conflict_count", len(conflicts)) - _MOST_SHOWN),
        differences=[(one, difference_words(one)) for one in differences[:_MOST_SHOWN]],
        more_differences=max(0, sum(verified.get("differences", {}).values()) - _MOST_SHOWN),
        verified=verified,
        taken_back=run.report.get("taken_back"),
        kept=run.report.get("taken_back", {}).get("kept", [])[:_MOST_SHOWN],
        names=asked_names(run).count() if run.is_dry_run and state.is_done else 0,
        real=_real_of(run) if run.is_dry_run else None,
        is_copy=is_received(location_of(run)),
        path_map=run.options.get("path_map", []),
    )


def _real_of(run: ImportRun) -> ImportRun | None:
    """The import of the same source that stands, if there is one."""
    same = ImportRun.objects.filter(system=run.system, identity=run.identity, is_dry_run=False, pk__gt=run.pk)
    return same.exclude(status="rolled_back").order_by("pk").first()


def rows_view(model_admin: Any, request: HttpRequest, run_id: int) -> HttpResponse:
    """The rows one by one: `?table=&outcome=&reason=&q=`, paged, with the fields that change."""
    run = get_object_or_404(ImportRun, pk=run_id)
    asked = {name: request.GET.get(name, "").strip()[:200] for name in ("table", "outcome", "reason", "q")}
    rows = rows_of(run, **asked)
    page: Any = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        model_admin,
        request,
        "rows",
        title="Row by row",
        run=run,
        system=system_title(run),
        asked=asked,
        page=page,
        rows=[as_report(row) for row in page],
        extra=query.urlencode(),
        tables=[table.name for table in tables_of(run) if table.read],
        outcomes=Outcome.choices,
        reasons=[(reason, reason_words(reason), count) for reason, count in reasons_in(run, asked["table"])],
    )


def report_view(model_admin: Any, request: HttpRequest, run_id: int) -> StreamingHttpResponse:
    """The report and each row, as JSON: the whole diff of a dry run."""
    run = get_object_or_404(ImportRun, pk=run_id)
    response = StreamingHttpResponse(_as_json(run), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{run.system}-{run.pk}.json"'
    return response


def _as_json(run: ImportRun) -> Iterator[str]:
    """One row a line, so that it is streamed and can be read by eye."""
    yield json.dumps({"report": report_of(run)})[:-1] + ', "rows": ['
    for number, row in enumerate(everything(run)):
        yield f"{',' if number else ''}\n{json.dumps(row)}"
    yield "\n]}\n"


def order_view(model_admin: Any, request: HttpRequest, run_id: int, what: str) -> HttpResponse:
    """POST: `import` what a dry run showed, `again` the dry run, `resume`, `verify`."""
    if request.method != "POST":
        raise Http404
    run, user = get_object_or_404(ImportRun, pk=run_id), current_user(request)
    try:
        if what == "import":
            run = order_import(dry_run=run, user=user)
        elif what == "again" and run.is_dry_run:
            run = repeat_dry_run(dry_run=run, user=user)
        elif what in ("resume", "verify"):
            order(run=run, action=Action.VERIFY if what == "verify" else Action.RUN, user=user)
        else:
            raise Http404
    except ImportersError as refused:
        messages.error(request, str(refused))
    return go("change", run.pk)


def cancel_view(model_admin: Any, request: HttpRequest, run_id: int) -> HttpResponse:
    """POST: stops its job. What was written stays, and the run can be resumed or taken back."""
    if request.method != "POST":
        raise Http404
    run = get_object_or_404(ImportRun, pk=run_id)
    if not stop(run=run, user=current_user(request)):
        messages.warning(request, "It had ended before.")
    return go("change", run.pk)


def forget_view(model_admin: Any, request: HttpRequest, run_id: int) -> HttpResponse:
    """POST: deletes the copy of the source that was sent by a browser."""
    if request.method != "POST":
        raise Http404
    run = get_object_or_404(ImportRun, pk=run_id)
    if state_of(run).is_moving:
        messages.error(request, "It is being read: wait for its end.")
    elif remove_received(location_of(run)):
        messages.success(
            request, "The copy of the source is deleted. It can't be verified or imported again from here."
        )
    else:
        messages.warning(request, "There is no copy of it.")
    return HttpResponseRedirect(address("change", run.pk))
