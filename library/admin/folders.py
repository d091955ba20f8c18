"""Folders in the admin."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from faces.services.wiping import count_faces
from library.admin.base import back, counted, say
from library.admin.columns import NOTHING, badge, link_to, post_button, two_lines
from library.admin.curated import plainly_labelled
from library.admin.folder_form import FolderForm
from library.admin.scans import scan_folders, scan_in_words, with_scans
from library.announce import announce
from library.counting import count_of
from library.exceptions import LibraryError
from library.filters import encode_filter, parse_filter
from library.models import Folder, ScanLog, VideoFile
from library.models.scan_log import ScanStatus
from library.paths import encode_path
from library.services import register_folder, remove_folder
from library.services.breaker import keep_held
from library.services.changes import change_batch
from library.services.folders import figures_of, make_default, use_marker
from library.services.relocation import plan_relocation, relocate
from processing.services import submit_scan

SCANS_SHOWN = 5
_OWN_FIELDS = {"is_default", "has_marker", "path"}


@admin.register(Folder)
class FolderAdmin(ModelAdmin):
    form = FolderForm
    change_form_outer_before_template = "admin/library/folder/page.html"

    list_display = ["names", "state", "watched", "file_count", "last_scan", "scan_button"]
    list_display_links = None
    ordering = ["name", "pk"]
    sortable_by = ["names", "file_count"]
    search_fields = ["name", "path"]
    search_help_text = "Part of a name or path"
    empty_sentence = "Tell Videothek where your videos lie; it looks through the folder and never changes the files."
    list_filter = ["is_active", "kind"]
    fieldsets = [
        (None, {"fields": ["shown_place", "name", "kind", "is_default", "is_active"]}),
        (
            "Scanning",
            {
                "fields": [
                    "is_auto_scanned",
                    "scan_interval_minutes",
                    "watch_mode",
                    "watched",
                    "globs",
                    "looks_for_faces",
                ]
            },
        ),
        ("Disk", {"fields": ["has_marker", "disk"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["path", "name", "kind", "is_default"]}),
        (
            "Scanning",
            {"fields": ["is_auto_scanned", "scan_interval_minutes", "watch_mode", "globs", "looks_for_faces"]},
        ),
        ("Disk", {"fields": ["has_marker"]}),
    ]
    readonly_fields = ["shown_place", "watched", "disk"]
    actions = ["scan_now", "scan_now_accepting_missing"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        return plainly_labelled(super().formfield_for_dbfield(db_field, request, **options))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Folder]:
        folders = with_scans(super().get_queryset(request).filter(removed_at=None))
        match = request.resolver_match
        if match is None or not str(match.url_name).endswith("_changelist"):
            return folders
        # Only where the number is shown: it reads the folder's part of an index.
        return folders.annotate(files_known=count_of(VideoFile, "folder"))  # type: ignore[no-any-return]

    @admin.display(description="Folder", ordering="name")
    def names(self, folder: Folder) -> SafeString:
        return two_lines(folder.name, folder.shown_path, reverse("admin:library_folder_change", args=(folder.pk,)))

    @admin.display(description="Path")
    def shown_place(self, folder: Folder) -> SafeString:
        link = reverse("admin:library_folder_relocate", args=(folder.pk,)) if folder.pk else ""
        return format_html("<code>{}</code> · {}", folder.shown_path, link_to(link, "It lies elsewhere now …"))

    @admin.display(description="State")
    def state(self, folder: Any) -> SafeString:
        if folder.has_scan_job:
            return badge("Scanning", "now")
        if folder.has_held_scan:
            return badge("Waits for your answer", "warn")
        text = "Active, default" if folder.is_default else "Active"
        return badge(text, "ok") if folder.is_active else badge("Inactive")

    @admin.display(description="Watched")
    def watched(self, folder: Folder) -> str:
        return folder.watch_note or NOTHING

    @admin.display(description="File system")
    def disk(self, folder: Folder) -> str:
        point = "a disk or share of its own" if folder.is_mount_point else ""
        return " · ".join(filter(None, [folder.device, point])) or "Nothing is known that would tell it from others."

    @admin.display(description="Files", ordering="files_known")
    def file_count(self, folder: Any) -> SafeString:
        address = f"{reverse('admin:library_videofile_changelist')}?folder__id__exact={folder.pk}"
        return link_to(address, f"{folder.files_known:,}")

    @admin.display(description="Last scan")
    def last_scan(self, folder: Any) -> SafeString | str:
        return scan_in_words(folder.latest_scan)

    @admin.display(description="Scan")
    def scan_button(self, folder: Folder) -> SafeString | str:
        if not folder.is_active:
            return NOTHING
        return post_button(reverse("admin:library_folder_scan", args=(folder.pk,)), "Scan now", "sync")

    @admin.action(description="Scan now", permissions=["change"])
    def scan_now(self, request: HttpRequest, queryset: QuerySet[Folder]) -> None:
        scan_folders(request, queryset)

    @admin.action(description="Scan now and accept missing files …", permissions=["change"])
    def scan_now_accepting_missing(self, request: HttpRequest, queryset: QuerySet[Folder]) -> HttpResponse:
        ids = "&".join(f"id={pk}" for pk in queryset.order_by("pk").values_list("pk", flat=True)[:500])
        return HttpResponseRedirect(f"{reverse('admin:library_folder_accept_missing')}?{ids}")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        # One folder at a time, on its own page: removing asks what is in it.
        actions.pop("delete_selected", None)
        return actions

    def get_list_display(self, request: HttpRequest) -> list[str]:
        columns = list(super().get_list_display(request))
        return columns if self.has_change_permission(request) else [c for c in columns if c != "scan_button"]

    def save_model(self, request: HttpRequest, obj: Folder, form: "forms.ModelForm[Folder]", change: bool) -> None:
        columns = [name for name in form.changed_data if name not in _OWN_FIELDS and name != "globs"]
        columns += ["exclude_globs"] if "globs" in form.changed_data else []
        with change_batch(summary=f"{'Changed' if change else 'Added'} the folder {obj.name}", user=request.user):
            if not change:
                folder = register_folder(path=obj.fs_path, name=obj.name, user=request.user)
                obj.pk, obj.path, obj.name = folder.pk, folder.path, folder.name
                obj._state.adding = False
            if columns:
                obj.save(update_fields=columns)
            if form.cleaned_data.get("is_default"):
                make_default(folder=obj, user=request.user)
        if "looks_for_faces" in form.changed_data and not obj.looks_for_faces:
            _offer_wipe(request, obj)
        if "has_marker" in form.changed_data:
            self._use_marker(request, obj, is_wanted=form.cleaned_data["has_marker"])
        if not change:
            submit_scan(folder=obj, requested_by=_user(request))

    def _use_marker(self, request: HttpRequest, folder: Folder, *, is_wanted: bool) -> None:
        try:
            use_marker(folder=folder, is_wanted=is_wanted)
        except LibraryError as error:
            messages.error(request, str(error))

    def response_add(self, request: HttpRequest, obj: Folder, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, f"{obj.name} is in the library, and its first scan has begun.")
        return HttpResponseRedirect(reverse("admin:library_folder_changelist"))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)  # type: ignore[no-any-return]
        except LibraryError as error:
            # The disk or another user was quicker than the form's own checks.
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"may_scan": self.has_change_permission(request), "show_save_and_add_another": False}
        folder = self.get_object(request, object_id)
        if folder is not None:
            context["folder"] = folder
            context["scans"] = list(folder.scans.order_by("-started_at", "-pk")[:SCANS_SHOWN])
            context["held"] = folder.scans.filter(status=ScanStatus.HELD).first()
            context["figures_url"] = reverse("stats_of", args=("folder", folder.pk))
            condition = parse_filter({"facet": "folder", "op": "any", "value": [str(folder.pk)]})
            context["shown_url"] = f"{reverse('library')}?f={encode_filter(condition)}"
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[no-any-return]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """GET: what removing the folder would do. POST: removes it; with `trash`, its videos go to the trash."""
        folder = self.get_object(request, object_id)
        if folder is None or not self.has_delete_permission(request, folder):
            raise PermissionDenied
        if request.method == "POST":
            trash_videos = bool(request.POST.get("trash")) and _may_trash(request)
            try:
                with change_batch(summary=f"Removed the folder {folder.name}", user=request.user) as batch:
                    marked = remove_folder(folder=folder, user=request.user, trash_videos=trash_videos)
            except LibraryError as error:
                messages.error(request, str(error))
                return HttpResponseRedirect(request.path)
            trashed = ", and the videos that lay only there are in the trash" if trash_videos else ""
            missing = counted(marked, "file", "files")
            announce(request, f"{folder.name} was removed; {missing} missing now{trashed}.", batch)
            return HttpResponseRedirect(reverse("admin:library_folder_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Remove {folder.name} from the library",
            "folder": folder,
            "figures": figures_of(folder),
            "may_trash": _may_trash(request),
            "heir": self.get_queryset(request).exclude(pk=folder.pk).order_by("-is_active", "pk").first()
            if folder.is_default
            else None,
            "back": reverse("admin:library_folder_change", args=(folder.pk,)),
        }
        return TemplateResponse(request, "admin/library/folder/remove.html", context)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("accept-missing/", wrap(self.accept_missing_view), name="library_folder_accept_missing"),
            path("<int:object_id>/scan/", wrap(require_POST(self.scan_view)), name="library_folder_scan"),
            path("<int:object_id>/relocate/", wrap(self.relocate_view), name="library_folder_relocate"),
            path("held/<int:log_id>/<str:answer>/", wrap(require_POST(self.answer_view)), name="library_folder_answer"),
            *super().get_urls(),
        ]

    def scan_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """POST: scans one folder and goes back to where the button was."""
        folder = get_object_or_404(Folder, pk=object_id)
        if not self.has_change_permission(request, folder):
            raise PermissionDenied
        scan_folders(request, Folder.objects.filter(pk=folder.pk))
        return back(request, reverse("admin:library_folder_changelist"))

    def answer_view(self, request: HttpRequest, log_id: int, answer: str) -> HttpResponse:
        """POST: the answer to a scan that is held: "gone" scans again and marks, "keep" leaves all as it is."""
        log = get_object_or_404(ScanLog.objects.select_related("folder"), pk=log_id)
        if not self.has_change_permission(request, log.folder):
            raise PermissionDenied
        if log.status != ScanStatus.HELD:
            say(request, "That scan waits for no answer any more: a later one looked again.", is_done=False)
        elif answer == "gone":
            scan_folders(request, Folder.objects.filter(pk=log.folder_id), accept_missing=True, subpath=log.subpath)
        elif answer == "keep" and keep_held(log=log):
            say(request, "Nothing was marked missing. Scan again once the disk is back.", is_done=True)
        return back(request, reverse("admin:library_folder_changelist"))

    def accept_missing_view(self, request: HttpRequest) -> HttpResponse:
        """GET: says what accepting means and asks. POST: scans the folders named by `id`."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        ids = [pk for pk in asked.getlist("id") if pk.isdecimal() and len(pk) < 19]
        folders = Folder.objects.in_library().filter(pk__in=ids)
        if request.method == "POST":
            scan_folders(request, folders, accept_missing=True)
            return HttpResponseRedirect(reverse("admin:library_folder_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Scan now and accept missing files",
            "folders": list(folders.order_by("name", "pk")[:500]),
            "back": reverse("admin:library_folder_changelist"),
        }
        return TemplateResponse(request, "admin/library/folder/accept_missing.html", context)

    def relocate_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """GET with `new` (and `part`): looks there and says what would be done. POST: does it, and scans."""
        folder = get_object_or_404(Folder.objects.in_library(), pk=object_id)
        if not self.has_change_permission(request, folder):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        new, part = asked.get("new", "").strip(), asked.get("part", "").strip().strip("/")
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{folder.name} lies elsewhere now",
            "folder": folder,
            "new": new,
            "part": part,
            "back": reverse("admin:library_folder_change", args=(folder.pk,)),
        }
        try:
            if new and not new.startswith("/"):
                raise LibraryError("Give the whole path, from the first slash on.")
            if new and request.method == "POST":
                done = relocate(folder=folder, new_path=new, subpath=encode_path(part), user=request.user)
                submit_scan(folder=done.folder, requested_by=_user(request))
                stayed = f" {done.stayed:,} stayed: another file is known there." if done.stayed else ""
                text = f"{counted(done.moved, 'file lies', 'files lie')} in {done.folder.shown_path} now.{stayed}"
                announce(request, text, None if part else done.batch)
                return HttpResponseRedirect(reverse("admin:library_folder_change", args=(done.folder.pk,)))
            if new:
                context["plan"] = plan_relocation(folder=folder, new_path=new, subpath=encode_path(part))
        except LibraryError as error:
            context["problem"] = str(error)
        return TemplateResponse(request, "admin/library/folder/relocate.html", context)


def _may_trash(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.has_perm("library.trash_video"))


def _user(request: HttpRequest) -> Any:
    return request.user


def _offer_wipe(request: HttpRequest, folder: Folder) -> None:
    """Faces aren't looked for there any more: what was found may go too."""
    known = count_faces(folder=folder)
    if known.is_nothing or not request.user.has_perm("faces.wipe_faces"):
        return
    link = link_to(f"{reverse('admin:faces_wipe')}?folder={folder.pk}", "Wipe them …")
    found = counted(known.tracks, "appearance that was found there is", "appearances that were found there are")
    text = "Faces are not looked for in {} any more. {} kept. {}"
    messages.warning(request, format_html(text, folder.name, found, link))
