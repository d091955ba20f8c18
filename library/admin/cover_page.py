"""The page that chooses a video's cover, in the admin's look."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from library.views.cover import answer, context_of, find_file


def cover_view(model_admin: Any, request: HttpRequest, video_id: int) -> HttpResponse:
    """GET: what there is to choose from. POST: as on the web page."""
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    file = find_file(video_id)
    page = reverse("admin:library_video_cover", args=(video_id,))
    if request.method == "POST":
        return answer(request, file, page)
    context = {
        **model_admin.admin_site.each_context(request),
        **context_of(request, file),
        "title": f"The cover of {file.video}",
        "media": model_admin.media,
        "opts": model_admin.opts,
        "original": file.video,
    }
    return TemplateResponse(request, "admin/library/video/cover.html", context)
