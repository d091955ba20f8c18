"""The trash, of every kind on one page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, Prefetch, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse

from library.access import check
from library.admin.base import counted, say
from library.admin.columns import NOTHING, file_size, picture
from library.announce import announce
from library.models import LibrarySettings, Video, VideoFile
from library.services.purge import empty_trash, purge
from library.services.trash import Trashable, days_left, restore, trashable, trashables

PER_PAGE = 50
MOST_AT_ONCE = 5000
DELETE = "library.delete_video"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing in the trash, as the page shows it. `days` until the purge; None when it is kept for ever."""

    pk: int
    name: str
    detail: str
    picture: Any
    link: str
    trashed_at: datetime
    days: int | None


def trash_page(request: HttpRequest) -> HttpResponse:
    """GET with `kind`: what lies in the trash. POST: `action` restore, purge or empty; the last two ask first."""
    if request.method == "POST":
        return _act(request)
    counts = [(kind, kind.rows().count()) for kind in trashables()]
    shown = _shown_kind(request.GET.get("kind", ""), counts)
    page = Paginator(_rows_of(shown), PER_PAGE).get_page(request.GET.get("page"))
    days = LibrarySettings.load().trash_days
    context = {
        **admin.site.each_context(request),
        "title": "Trash",
        "counts": counts,
        "total": sum(count for _, count in counts),
        "shown": shown,
        "page": page,
        "rows": [_row(row, days) for row in page.object_list],
        "trash_days": days,
        "may_purge": request.user.has_perm(DELETE),
    }
    return TemplateResponse(request, "admin/library/trash.html", context)


def _shown_kind(asked: str, counts: list[tuple[Trashable, int]]) -> Trashable:
    """The kind that was asked for, else the first that has something, else the first."""
    by_name = {kind.kind: kind for kind, _ in counts}
    return by_name.get(asked) or next((kind for kind, count in counts if count), counts[0][0])


def _rows_of(kind: Trashable) -> QuerySet[Any]:
    rows = kind.rows().order_by("-trashed_at", "-pk")
    if kind.model is Video:
        files = VideoFile.objects.order_by("-is_primary", "pk").select_related("folder", "thumbnail")
        return rows.prefetch_related(Prefetch("files", files, to_attr="all_files"))
    return rows.select_related("folder", "thumbnail", "video") if kind.model is VideoFile else rows


def _row(row: Any, trash_days: int) -> Row:
    still: Any = ""
    detail = ""
    file = row if isinstance(row, VideoFile) else None
    if isinstance(row, Video):
        files: list[VideoFile] = row.all_files  # type: ignore[attr-defined]
        file = files[0] if files else None
        detail = f"{counted(len(files), 'file', 'files')}, {file_size(sum(f.size_bytes for f in files))}"
    elif file is not None:
        detail = f"Of {file.video.title}, {file_size(file.size_bytes)}" if file.video else file_size(file.size_bytes)
    if file is not None:
        still = picture(getattr(file, "thumbnail", None))
        detail += f" · {file.folder.shown_path}/{file.shown_path}"
    return Row(
        pk=row.pk,
        name=str(row),
        detail=detail or NOTHING,
        picture=still,
        link=_link(row),
        trashed_at=row.trashed_at,
        days=days_left(row.trashed_at, trash_days),
    )


def _link(row: Model) -> str:
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))
    except NoReverseMatch:
        return ""


def _act(request: HttpRequest) -> HttpResponse:
    action, kind = request.POST.get("action", ""), request.POST.get("kind", "")
    here = f"{request.path}?kind={kind}" if kind in {known.kind for known in trashables()} else request.path
    ids = [int(pk) for pk in request.POST.getlist("id") if pk.isdecimal() and len(pk) < 19][:MOST_AT_ONCE]
    if action != "empty" and (not ids or here == request.path):
        say(request, "Nothing was chosen.", is_done=False)
        return HttpResponseRedirect(here)
    if action == "restore":
        done = restore(kind=kind, ids=ids, user=request.user)
        announce(request, f"{trashable(kind).counted(done.count)} out of the trash, with everything.", done.batch)
        return HttpResponseRedirect(here)
    check(request, DELETE)
    if request.POST.get("sure") != "yes":
        return _ask(request, action, kind, ids, here)
    if action == "empty":
        purged = empty_trash(user=request.user)
        left = sum(known.rows().count() for known in trashables())
        rest = f" {left:,} are left; empty it again to go on." if left else ""
        say(request, f"{purged:,} purged for good.{rest}", is_done=True)
        return HttpResponseRedirect(request.path)
    purged = purge(kind=kind, ids=ids, user=request.user)
    say(request, f"{trashable(kind).counted(purged)} purged for good.", is_done=purged > 0)
    return HttpResponseRedirect(here)


def _ask(request: HttpRequest, action: str, kind: str, ids: list[int], here: str) -> HttpResponse:
    """The page that says what a purge deletes."""
    is_all = action == "empty"
    going = [
        (known, known.rows() if is_all else known.rows().filter(pk__in=ids))
        for known in trashables()
        if is_all or known.kind == kind
    ]
    files = VideoFile.objects.none()
    for known, rows in going:
        if known.model is Video:
            files = files | VideoFile.objects.filter(video__in=rows.values("pk"))
        elif known.model is VideoFile:
            files = files | VideoFile.objects.filter(pk__in=rows.values("pk"))
    context = {
        **admin.site.each_context(request),
        "title": "Empty the trash" if is_all else "Delete for good",
        "action": action,
        "kind": kind,
        "ids": ids,
        "going": [text for known, rows in going if (text := known.counted(rows.count())) and not text.startswith("0 ")],
        "file_count": files.count(),
        "size_bytes": files.aggregate(total=Sum("size_bytes"))["total"] or 0,
        "are_files_kept": LibrarySettings.load().is_trash_kept_on_disk,
        "back": here,
    }
    return TemplateResponse(request, "admin/library/trash_ask.html", context)
