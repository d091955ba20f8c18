"""Taking a change back from the page where it was made."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from library.access import MissingPermissionError, current_user, for_every_account
from library.announce import announce
from library.exceptions import UndoError
from library.models import ChangeBatch
from library.services.history import UndoReport, may_undo, undo_batch

CONFLICTS_IN_MESSAGE = 3


@require_POST
@for_every_account
def undo(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Takes the batch back and returns to the page that the button was on, or to `next`. Whoever made the change may,
    and whoever may take back any change."""
    batch = get_object_or_404(ChangeBatch, pk=batch_id)
    if not may_undo(current_user(request), batch):
        raise MissingPermissionError("library.change_changebatch")
    try:
        tell_undo(request, undo_batch(batch=batch, user=current_user(request)))
    except UndoError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(_way_back(request))


def tell_undo(request: HttpRequest, report: UndoReport) -> None:
    """What an undo did and what stays as it is, on the next page."""
    if report.batch is not None:
        announce(request, f"{report.batch.summary}.", report.batch)
    if report.conflict_count:
        told = report.conflicts[:CONFLICTS_IN_MESSAGE]
        rest = report.conflict_count - len(told)
        more = [f"{rest:,} more like that stay as they are."] if rest else []
        lead = "Not everything could be undone." if report.batch else "Nothing could be undone."
        messages.warning(request, " ".join([lead, *told, *more]))
    elif report.batch is None:
        messages.warning(request, "There was nothing left to undo.")


def _way_back(request: HttpRequest) -> str:
    for address in (request.POST.get("next", ""), request.headers.get("referer", "")):
        if url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
            return address
    return reverse("library")
