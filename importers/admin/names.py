"""Names that may be the same: people, studios and tags of the source that would join some of ours."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from importers.admin.shared import address, go, render, system_title
from importers.kinds import find_kind
from importers.models import ImportRun, PlannedRow
from importers.queries.rows import ASKED_KINDS, Change, as_report, asked_names, candidates_of
from importers.services.ordering import set_options

_PER_PAGE = 50
NEW = "new"


@dataclass(frozen=True, slots=True)
class Answer:
    """One of ours that it may be; `value` is its key, or NEW for none of them."""

    value: str
    name: str
    link: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A name of the source, and the rows of ours that it would or may join."""

    row: PlannedRow
    what: str
    answers: list[Answer]
    changes: list[Change]


def names_view(model_admin: Any, request: HttpRequest, run_id: int) -> HttpResponse:
    """GET: each with what it would join, yes unless it was decided otherwise. POST: keeps the answers of the page and
    goes to the next; the import follows them."""
    run = get_object_or_404(ImportRun, pk=run_id, is_dry_run=True)
    page: Any = Paginator(asked_names(run), _PER_PAGE).get_page(request.GET.get("page"))
    if request.method == "POST":
        _decide(run, list(page), request)
        if page.has_next():
            return HttpResponseRedirect(f"{address('names', run.pk)}?page={page.next_page_number()}")
        return go("change", run.pk)
    return render(
        model_admin,
        request,
        "names",
        title="Is it the same?",
        run=run,
        system=system_title(run),
        page=page,
        questions=_questions(run, list(page)),
    )


def _decide(run: ImportRun, rows: list[PlannedRow], request: HttpRequest) -> None:
    """Writes what was answered about these rows; the others' answers stay."""
    decisions = {kind: dict(keys) for kind, keys in run.options.get("decisions", {}).items()}
    for row in rows:
        answer = request.POST.get(f"row-{row.pk}", "")
        allowed = {str(pk): pk for pk in candidates_of(row)} | {NEW: NEW}
        if answer in allowed:
            decisions.setdefault(row.kind, {})[row.key] = allowed[answer]
    set_options(run=run, decisions=decisions)


def _questions(run: ImportRun, rows: list[PlannedRow]) -> list[Question]:
    """One statement for each kind."""
    ours: dict[tuple[str, int], Any] = {}
    for kind in {row.kind for row in rows}:
        model: Any = find_kind(kind).model
        keys = [pk for row in rows if row.kind == kind for pk in candidates_of(row)]
        ours |= {(kind, found.pk): found for found in model._default_manager.filter(pk__in=keys)}
    return [
        Question(row, ASKED_KINDS[row.kind], _answers(run, row, ours), as_report(row).changes)
        for row in rows
        if candidates_of(row)
    ]


def _answers(run: ImportRun, row: PlannedRow, ours: dict[tuple[str, int], Any]) -> list[Answer]:
    """Each candidate that is still there, and at the end none of them. What it would join is chosen until somebody
    decides otherwise."""
    decided = run.options.get("decisions", {}).get(row.kind, {}).get(row.key, row.object_id or NEW)
    page = f"admin:{row.kind.replace('.', '_')}_change"
    found = [
        Answer(str(pk), str(ours[row.kind, pk]), reverse(page, args=(pk,)), decided == pk)
        for pk in candidates_of(row)
        if (row.kind, pk) in ours
    ]
    return [*found, Answer(NEW, "", "", decided == NEW or not any(one.is_chosen for one in found))]
