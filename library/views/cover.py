"""Choosing what a video is shown by: its best moments, a time, a picture of one's own, or what was made by itself."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from library import queries
from library.access import current_user, requires
from library.announce import announce
from library.exceptions import CoverError, PictureError
from library.models import ChangeBatch, VideoFile
from library.services.covers import clear_cover, set_cover
from library.services.history import may_undo
from library.words import parse_position, position
from processing.models import Job, JobStatus
from processing.models.job import ACTIVE
from processing.queries.candidates import cover_candidates
from processing.queries.pictures import NONE, pictures_of
from processing.services.covers import last_cover_job, request_cover

BEING_TAKEN = "The cover is being taken from {}; it is here in a moment."


@requires("library.change_video")
@require_http_methods(["GET", "HEAD", "POST"])
def cover(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/cover/`: what there is to choose from. POST `do`: time (`seconds`), best, upload (`picture`) or
    clear. The player asks with `Accept: application/json` and is told in a sentence."""
    file = find_file(video_id)
    if request.method == "POST":
        return answer(request, file, reverse("cover", args=(video_id,)))
    return render(request, "library/cover.html", context_of(request, file))


@requires("library.change_video")
@require_http_methods(["GET", "HEAD"])
def cover_now(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/cover/now/`: the part that shows what the cover is, asked for again while one is being taken."""
    return render(request, "library/_cover_now.html", context_of(request, find_file(video_id), with_candidates=False))


def find_file(video_id: int) -> VideoFile:
    """The video's primary file with its video. Raises Http404."""
    file = queries.find_video(video_id) if video_id < 2**63 else None
    if file is None:
        raise Http404("There is no such video, or its folder is switched off.")
    return file


def context_of(request: HttpRequest, file: VideoFile, *, with_candidates: bool = True) -> dict[str, Any]:
    """What the page shows, on the web pages and in the admin alike."""
    pictures = pictures_of([file.pk]).get(file.pk, NONE)
    job = last_cover_job(file.video_id or 0)
    board = pictures.storyboard
    return {
        "file": file,
        "video": file.video,
        "pictures": pictures,
        "board": board,
        "candidates": cover_candidates(board) if board is not None and with_candidates else [],
        "is_being_taken": job is not None and job.status in ACTIVE,
        "problem": job.error if job is not None and job.status in (JobStatus.FAILED, JobStatus.TIMED_OUT) else "",
        "undo": _undo_of(request, job),
    }


def answer(request: HttpRequest, file: VideoFile, page: str) -> HttpResponse:
    """Does what was posted and goes back to `page`, or answers a script."""
    is_script = request.headers.get("accept", "").startswith("application/json")
    try:
        text, batch = _do(request, file)
    except (CoverError, PictureError) as error:
        if is_script:
            return JsonResponse({"problem": str(error)}, status=HTTPStatus.BAD_REQUEST)
        messages.error(request, str(error))
        return HttpResponseRedirect(page)
    if is_script:
        return JsonResponse({"said": text, "page": page}, status=HTTPStatus.ACCEPTED)
    announce(request, text, batch)
    return HttpResponseRedirect(page)


def _do(request: HttpRequest, file: VideoFile) -> tuple[str, ChangeBatch | None]:
    """What was done, in a sentence, and the change where it is done already."""
    user, wish = current_user(request), request.POST.get("do", "time")
    assert file.video_id is not None
    if wish == "clear":
        batch = clear_cover(video_id=file.video_id, user=user)
        return "The still that was made by itself is shown again.", batch
    if wish == "upload":
        picture = request.FILES.get("picture")
        if picture is None:
            raise CoverError("Choose a picture on your device first.")
        return "Your picture is the cover now.", set_cover(video_id=file.video_id, picture=picture, user=user)
    seconds = _best(file) if wish == "best" else _seconds(request.POST.get("seconds", ""), file)
    if file.missing_since is not None:
        raise CoverError("The file is not there right now, so no picture can be taken from it.")
    request_cover(video_id=file.video_id, seconds=seconds, requested_by=user)
    return BEING_TAKEN.format(position(seconds)), None


def _best(file: VideoFile) -> float:
    board = pictures_of([file.pk]).get(file.pk, NONE).storyboard
    candidates = cover_candidates(board) if board is not None else []
    if not candidates:
        raise CoverError("Its pictures are not made yet, so there is nothing to choose from.")
    return candidates[0].seconds


def _seconds(text: str, file: VideoFile) -> float:
    seconds = parse_position(text)
    if seconds is None:
        raise CoverError("Give a time such as 1:23, or seconds.")
    if file.duration_seconds is not None and seconds > file.duration_seconds:
        raise CoverError(f"The video ends at {position(file.duration_seconds)}.")
    return seconds


def _undo_of(request: HttpRequest, job: Job | None) -> ChangeBatch | None:
    """The change that the job made, while it can be taken back by who asks."""
    batch_id = job.result.get("batch") if job is not None and job.status == JobStatus.COMPLETED else None
    batch = ChangeBatch.objects.filter(pk=batch_id, undone_at=None).first() if batch_id else None
    return batch if batch is not None and may_undo(current_user(request), batch) else None
