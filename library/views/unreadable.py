"""The list of files that could not be read."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from library import queries
from library.access import current_user, requires
from processing.services import rerun_files


@requires("library.view_video")
@require_safe
def unreadable(request: HttpRequest) -> HttpResponse:
    """`/files/unreadable/`: what could not be read, and why."""
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise Http404("That page of the list does not exist.")
    files = queries.list_unreadable(before_id=int(before) if before else None)
    shown = files[: queries.PAGE_SIZE]
    context = {
        "files": shown,
        "count": queries.count_unreadable(),
        "next_before": str(shown[-1].pk) if len(files) > len(shown) else "",
        "is_first": not before,
    }
    return render(request, "library/unreadable.html", context)


@requires("library.reprocess_video")
@require_POST
def try_again(request: HttpRequest) -> HttpResponse:
    """`/files/unreadable/again/`: has one failed file looked at again."""
    given = request.POST.get("file", "")
    file = (
        queries.unreadable_files().filter(pk=int(given)).first()
        if given.isascii() and given.isdigit() and len(given) < 19
        else None
    )
    if file is None:
        messages.info(request, "That file is not in the list any more.")
    elif rerun_files(file_ids=[file.pk], requested_by=current_user(request)):
        messages.success(request, f"{file.shown_name} is being looked at again.")
    else:
        messages.info(request, f"{file.shown_name} is waiting already, or is not there right now.")
    return redirect("unreadable")
