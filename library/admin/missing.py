"""Videos that can't be found: where they were, and what can be done."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from library.access import check
from library.admin.base import counted, say
from library.admin.columns import picture
from library.announce import announce
from library.exceptions import LibraryError
from library.models import Folder, VideoFile
from library.paths import decode_path, display_path, encode_path
from library.services.missing import last_places, locate, missing_videos
from library.services.trash import trash
from processing.services import submit_scan

PER_PAGE = 50
MOST_AT_ONCE = 5000


def missing_page(request: HttpRequest) -> HttpResponse:
    """GET: the missing videos, of one `folder` on demand. POST: `action` look, trash or locate, for `id`s or `all`."""
    videos = missing_videos()
    folder_id = request.GET.get("folder", "")
    if folder_id.isdecimal() and len(folder_id) < 19:
        videos = videos.filter(pk__in=VideoFile.objects.missing().filter(folder=int(folder_id)).values("video"))
    if request.method == "POST":
        return _act(request, videos)
    page: Any = Paginator(videos, PER_PAGE).get_page(request.GET.get("page"))
    files = VideoFile.objects.filter(pk__in=[file.pk for video in page for file in video.last_files])
    stills = {file.pk: getattr(file, "thumbnail", None) for file in files.select_related("thumbnail")}
    user: Any = request.user
    context = {
        **admin.site.each_context(request),
        "title": "Missing videos",
        "page": page,
        "rows": [(video, *_shown(video, stills)) for video in page],
        "folders": list(Folder.objects.filter(files__missing_since__isnull=False).distinct().order_by("name", "pk")),
        "folder_id": folder_id,
        "may_scan": user.has_perm("library.change_folder"),
        "may_trash": user.has_perm("library.trash_video"),
    }
    return TemplateResponse(request, "admin/library/missing.html", context)


def _shown(video: Any, stills: dict[int, Any]) -> tuple[Any, VideoFile | None, int]:
    """The picture, the file that was played and the number of the others."""
    files: list[VideoFile] = video.last_files
    first = files[0] if files else None
    return picture(stills.get(first.pk) if first else None), first, max(0, len(files) - 1)


def _act(request: HttpRequest, videos: Any) -> HttpResponse:
    asked = [int(pk) for pk in request.POST.getlist("id") if pk.isdecimal() and len(pk) < 19]
    chosen = videos if request.POST.get("all") else videos.filter(pk__in=asked)
    ids = list(chosen.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])
    action = request.POST.get("action", "")
    if not ids:
        say(request, "No video was chosen.", is_done=False)
    elif action == "trash":
        check(request, "library.trash_video")
        done = trash(kind="video", ids=ids, user=request.user)
        announce(request, f"{counted(done.count, 'video is', 'videos are')} in the trash.", done.batch)
    elif action in ("look", "locate"):
        check(request, "library.change_folder")
        (_look if action == "look" else _locate)(request, ids)
    return HttpResponseRedirect(request.get_full_path())


def _look(request: HttpRequest, ids: list[int]) -> None:
    targets = last_places(video_ids=ids)
    user: Any = request.user
    for target in targets:
        submit_scan(folder=target.folder, subpath=target.subpath, requested_by=user)
    if not targets:
        return say(request, "Their folders are inactive or were removed: add one of them again.", is_done=False)
    names = ", ".join(target.folder.name for target in targets[:3])
    return say(request, f"Looking again in {names}.", is_done=True)


def _locate(request: HttpRequest, ids: list[int]) -> None:
    typed = request.POST.get("path", "").strip()
    if not typed.startswith("/"):
        return say(request, "Give the whole path of the folder to look in, from the first slash on.", is_done=False)
    try:
        located = locate(video_ids=ids, path=decode_path(typed))
    except LibraryError as error:
        return say(request, str(error), is_done=False)
    found = counted(len(located.places), "file was", "files were")
    user: Any = request.user
    if located.target is not None and (located.places or located.is_cut_short):
        submit_scan(folder=located.target.folder, subpath=located.target.subpath, requested_by=user)
        text = f"{found} found there so far; a scan of {located.target.folder.name} takes up all that are."
        return say(request, text, is_done=True)
    if located.places:
        first = display_path(encode_path(next(iter(located.places.values()))))
        text = f"{found} found, {first} for one, in no folder of the library: add it as a folder, and they are back."
        return say(request, text, is_done=True)
    return say(request, f"None of them is there; {located.looked_at:,} videos were looked at.", is_done=False)
