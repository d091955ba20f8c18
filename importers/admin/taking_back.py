"""Taking a run back: what would go, what was edited later, and the confirmation."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from importers.admin.shared import go, render, system_title
from importers.exceptions import ImportersError
from importers.models import ImportRun
from importers.queries.taking_back import plan_take_back
from importers.services.ordering import Action, order
from library.access import current_user


def take_back_view(model_admin: Any, request: HttpRequest, run_id: int) -> HttpResponse:
    """GET: what would be deleted, what would be set back, and what was edited later and stays. POST with the box
    ticked: a worker does it."""
    run = get_object_or_404(ImportRun, pk=run_id, is_dry_run=False)
    if request.method == "POST":
        if request.POST.get("sure") != "yes":
            messages.error(request, "Nothing was taken back: tick the box first.")
            return go("take_back", run.pk)
        try:
            order(
                run=run,
                action=Action.ROLL_BACK,
                user=current_user(request),
                with_edited=request.POST.get("edited") == "yes",
            )
        except ImportersError as refused:
            messages.error(request, str(refused))
        return go("change", run.pk)
    return render(
        model_admin,
        request,
        "take_back",
        title="Take the import back",
        run=run,
        system=system_title(run),
        plan=plan_take_back(run),
    )
