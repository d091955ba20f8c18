"""Wasted space: files that hold what their video's primary file holds, byte for byte."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from library.access import current_user
from library.admin.base import MOST_AT_ONCE, counted
from library.services.duplicates.equal import wasted_files
from library.services.duplicates.verdicts import trash_wasted_files

PER_PAGE = 100


def wasted_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET: the copies, the largest first. POST `file` ids, or `all`: puts them into the trash."""
    files = (
        wasted_files()
        .select_related("folder", "video")
        .only("relative_path", "size_bytes", "folder__name", "video__title")
    )
    if request.method == "POST":
        if request.POST.get("all"):
            ids = list(files.values_list("pk", flat=True)[:MOST_AT_ONCE])
        else:
            ids = [int(pk) for pk in request.POST.getlist("file") if pk.isdecimal() and len(pk) < 19]
        count = trash_wasted_files(file_ids=ids, user=current_user(request))
        said = f"{counted(count, 'copy lies', 'copies lie')} in the trash."
        model_admin.message_user(request, said, messages.SUCCESS if count else messages.WARNING)
        return HttpResponseRedirect(reverse("admin:library_duplicatepair_wasted"))
    page = Paginator(files, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Wasted space",
        "page": page,
        "bytes": files.order_by().aggregate(total=Sum("size_bytes"))["total"] or 0,
        "may_decide": model_admin.has_decide_permission(request),
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/library/duplicates/wasted.html", context)
