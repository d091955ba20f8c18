"""The settings of faces, and the page that wipes them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from faces.admin.base import may_wipe
from faces.models import FaceLook, FaceSettings
from faces.models.look import LookState
from faces.services.models import current_model, has_pack
from faces.services.naming import rematch_later
from faces.services.wiping import Wiped, count_faces, wipe_everything, wipe_folder, wipe_person
from library.access import current_user
from library.admin.base import counted
from library.admin.settings_row import SettingsRowAdmin
from library.models import Folder, SettingsRow
from people.models import Creator


@admin.register(FaceSettings)
class FaceSettingsAdmin(SettingsRowAdmin):
    change_form_outer_before_template = "admin/faces/settings_state.html"
    fieldsets = [
        (None, {"fields": ["is_enabled"]}),
        ("Naming", {"fields": [("match_threshold", "auto_tag_threshold")]}),
        ("Finding and grouping", {"fields": [("appearance_threshold", "cluster_threshold")]}),
        ("Looking at videos", {"fields": [("frames_per_video", "most_frames_per_video"), "min_face_size"]}),
    ]

    def save_model(self, request: HttpRequest, obj: SettingsRow, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if {"match_threshold", "auto_tag_threshold"} & set(form.changed_data):
            rematch_later()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "has_pack": has_pack(),
            "model": current_model(),
            "waiting": FaceLook.objects.filter(state=LookState.WAITING).count(),
            "wipe_url": reverse("admin:faces_wipe") if may_wipe(request) else "",
        }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        return [path("wipe/", self.admin_site.admin_view(self.wipe_view), name="faces_wipe"), *super().get_urls()]

    def wipe_view(self, request: HttpRequest) -> HttpResponse:
        """GET: what would go, of `?folder=`, of `?person=`, or all. POST with the box ticked: wipes it."""
        if not may_wipe(request):
            raise PermissionDenied
        folder, creator = _folder(request), _creator(request)
        name = str(folder or creator or "")
        if request.method == "POST":
            if request.POST.get("sure") != "yes":
                messages.error(request, "Nothing was wiped: tick the box first.")
                return HttpResponseRedirect(request.get_full_path())
            wiped = _wipe(request, folder, creator)
            messages.success(request, f"Wiped for good: {_words(wiped)}.")
            return HttpResponseRedirect(_back(folder, creator))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Wipe the faces of {name}" if name else "Wipe all faces",
            "name": name,
            "is_folder": folder is not None,
            "is_person": creator is not None,
            "figures": count_faces(folder=folder, creator=creator),
            "is_looked_at": folder is not None and folder.looks_for_faces,
            "back": _back(folder, creator),
        }
        return TemplateResponse(request, "admin/faces/wipe.html", context)


def _folder(request: HttpRequest) -> Folder | None:
    return get_object_or_404(Folder, pk=_number(request.GET["folder"])) if "folder" in request.GET else None


def _creator(request: HttpRequest) -> Creator | None:
    return get_object_or_404(Creator, pk=_number(request.GET["person"])) if "person" in request.GET else None


def _number(text: str) -> int:
    """What an address names. Raises Http404: whoever means one folder must never be taken for meaning all."""
    if not text.isdecimal() or len(text) > 17:
        raise Http404
    return int(text)


def _wipe(request: HttpRequest, folder: Folder | None, creator: Creator | None) -> Wiped:
    user = current_user(request)
    if folder is not None:
        return wipe_folder(folder=folder, user=user)
    if creator is not None:
        return wipe_person(creator=creator, user=user)
    return wipe_everything(user=user, switch_off=request.POST.get("switch_off") == "yes")


def _words(wiped: Wiped) -> str:
    parts = [
        counted(wiped.tracks, "appearance", "appearances"),
        counted(wiped.references, "known face", "known faces"),
        counted(wiped.clusters, "unknown person", "unknown people"),
    ]
    return ", ".join(parts)


def _back(folder: Folder | None, creator: Creator | None) -> str:
    if folder is not None:
        return reverse("admin:library_folder_change", args=(folder.pk,))
    if creator is not None:
        return reverse("admin:people_creator_change", args=(creator.pk,))
    return reverse("admin:faces_facesettings_changelist")
