"""Folders in the admin."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from library.admin.base import back, counted, say
from library.admin.columns import badge, link_to, post_button, two_lines, when
from library.exceptions import LibraryError
from library.models import Folder, ScanLog, VideoFile
from library.models.scan_log import ScanStatus
from library.paths import decode_path, encode_path
from library.services import register_folder
from processing.models import Job
from processing.models.job import TargetKind
from processing.services import submit_scan

SCAN_TONES = {ScanStatus.RUNNING: "now", ScanStatus.COMPLETED: "ok", ScanStatus.FAILED: "bad"}
SCANS_SHOWN = 5
TOLD_COUNTS = ("new", "changed", "moved", "returned", "missing")


class FolderForm(forms.ModelForm):  # type: ignore[type-arg]
    """A folder as its owner types it: the name may be left out, the path must be there."""

    class Meta:
        model = Folder
        fields = ["path", "name", "is_active"]
        widgets = {"path": UnfoldAdminTextInputWidget(attrs={"placeholder": "/media/videos"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" in self.fields and self.instance._state.adding:
            self.fields["name"].required = False
            self.fields["name"].help_text = "How the folder is called on the pages; left empty, by its own name."

    def clean_path(self) -> str:
        """The stored form of what was typed."""
        typed: str = self.cleaned_data["path"].strip()
        return encode_path(typed) if decode_path(typed) == typed else typed

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance._state.adding and cleaned and not cleaned.get("name"):
            cleaned["name"] = (cleaned.get("path") or "").rstrip("/").rpartition("/")[2] or "/"
        if cleaned and "path" in self.changed_data and (holder := self._watched_above(cleaned.get("path") or "")):
            self.add_error("path", f"This lies in the folder {holder.shown_path}, which the library has already.")
        return cleaned

    def _watched_above(self, path: str) -> Folder | None:
        others = Folder.objects.exclude(pk=self.instance.pk)
        return next((other for other in others if path.startswith(other.path.rstrip("/") + "/")), None)


@admin.register(Folder)
class FolderAdmin(ModelAdmin):
    form = FolderForm
    change_form_outer_before_template = "admin/library/folder/scans.html"

    list_display = ["names", "state", "file_count", "last_scan", "scan_button"]
    list_display_links = None
    ordering = ["name", "pk"]
    sortable_by = ["names", "file_count"]
    search_fields = ["name", "path"]
    search_help_text = "Part of a name or path"
    empty_sentence = "Tell Videothek where your videos lie; it looks through the folder and never changes the files."
    list_filter = ["is_active"]
    fieldsets = [(None, {"fields": ["path", "name", "is_active"]})]
    add_fieldsets = [(None, {"fields": ["path", "name"]})]
    actions = ["scan_now", "scan_now_accepting_missing"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Folder]:
        files = VideoFile.objects.filter(folder=OuterRef("pk")).order_by().values("folder")
        count = Subquery(files.values(n=Count("pk")), output_field=IntegerField())
        return with_scans(super().get_queryset(request)).annotate(files_known=Coalesce(count, 0))  # type: ignore[no-any-return]

    @admin.display(description="Folder", ordering="name")
    def names(self, folder: Folder) -> SafeString:
        return two_lines(folder.name, folder.shown_path, reverse("admin:library_folder_change", args=(folder.pk,)))

    @admin.display(description="State")
    def state(self, folder: Any) -> SafeString:
        if folder.has_scan_job:
            return badge("Scanning", "now")
        return badge("Active", "ok") if folder.is_active else badge("Inactive")

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
            return "–"
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
        # One folder at a time, on its own page: deleting asks what is in it.
        actions.pop("delete_selected", None)
        return actions

    def get_list_display(self, request: HttpRequest) -> list[str]:
        columns = list(super().get_list_display(request))
        return columns if self.has_change_permission(request) else [c for c in columns if c != "scan_button"]

    def save_model(self, request: HttpRequest, obj: Folder, form: "forms.ModelForm[Folder]", change: bool) -> None:
        if change:
            if form.changed_data:
                obj.save(update_fields=form.changed_data)
            return
        folder = register_folder(path=obj.fs_path, name=obj.name)
        obj.pk, obj.path, obj.name = folder.pk, folder.path, folder.name
        obj._state.adding = False
        submit_scan(folder=folder, requested_by=_user(request))

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
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[no-any-return]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        folder = self.get_object(request, object_id)
        if folder is not None and folder.files_known:
            held = counted(folder.files_known, "file", "files")
            messages.error(
                request,
                f"{folder.name} still has {held} in the library, so it stays. Deactivate it instead: nothing of it is "
                "scanned or shown any more, and nothing that is known about its files is lost.",
            )
            return HttpResponseRedirect(reverse("admin:library_folder_change", args=(folder.pk,)))
        return super().delete_view(request, object_id, extra_context)  # type: ignore[no-any-return]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("accept-missing/", wrap(self.accept_missing_view), name="library_folder_accept_missing"),
            path("<int:object_id>/scan/", wrap(require_POST(self.scan_view)), name="library_folder_scan"),
            *super().get_urls(),
        ]

    def scan_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """POST: scans one folder and goes back to where the button was."""
        folder = get_object_or_404(Folder, pk=object_id)
        if not self.has_change_permission(request, folder):
            raise PermissionDenied
        scan_folders(request, Folder.objects.filter(pk=folder.pk))
        return back(request, reverse("admin:library_folder_changelist"))

    def accept_missing_view(self, request: HttpRequest) -> HttpResponse:
        """GET: says what accepting means and asks. POST: scans the folders named by `id`."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        folders = Folder.objects.filter(pk__in=[pk for pk in asked.getlist("id") if pk.isdecimal() and len(pk) < 19])
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


def with_scans(folders: QuerySet[Folder]) -> QuerySet[Any]:
    """Adds to each folder `latest_scan` (see scan_summary; None before the first) and `has_scan_job`."""
    scans = ScanLog.objects.filter(folder=OuterRef("pk")).order_by("-started_at", "-pk")
    scan_jobs = Job.objects.active().filter(target_kind=TargetKind.FOLDER, target_id=OuterRef("pk"), stage="scan")
    return folders.annotate(latest_scan=Subquery(scans.values(data=scan_summary())[:1]), has_scan_job=Exists(scan_jobs))


def scan_summary() -> JSONObject:
    """The columns of a scan that its summary tells, as one JSON value: one subquery instead of a row per folder."""
    counts = ["seen", *TOLD_COUNTS]
    names = ["status", "error", *(f"files_{name}" for name in counts)]
    return JSONObject(at=F("started_at"), **{name: F(name) for name in names})


def scan_in_words(scan: dict[str, Any] | None) -> SafeString | str:
    """ "3 hours ago · 2 new, 1 missing of 2,091"; the sentence of a scan that failed."""
    if scan is None:
        return "Never scanned"
    moment = when(parse_datetime(scan["at"]))
    if scan["status"] == ScanStatus.FAILED:
        html = '<span class="v-two"><b>{}</b><small class="v-bad-text">{}</small></span>'
        return format_html(html, moment, scan["error"])
    found = [f"{scan[f'files_{kind}']:,} {kind}" for kind in TOLD_COUNTS if scan[f"files_{kind}"]]
    told = f"{', '.join(found) or 'nothing new'} · {scan['files_seen']:,} seen"
    return format_html('<span class="v-two"><b>{}</b><small>{}</small></span>', moment, told)


def scan_folders(request: HttpRequest, folders: QuerySet[Folder], *, accept_missing: bool = False) -> None:
    """Submits a scan for each active folder and says for how many."""
    names = []
    inactive = 0
    for folder in folders.order_by("name", "pk"):
        if folder.is_active:
            submit_scan(folder=folder, requested_by=_user(request), accept_missing=accept_missing)
            names.append(folder.name)
        else:
            inactive += 1
    if len(names) == 1:
        say(request, f"{names[0]} is being scanned.", is_done=True)
    elif names:
        say(request, f"{counted(len(names), 'folder is', 'folders are')} being scanned.", is_done=True)
    if inactive:
        left = counted(inactive, "inactive folder was", "inactive folders were")
        say(request, f"{left} left out: only active folders are scanned.", is_done=False)
    if not names and not inactive:
        say(request, "There was no folder to scan.", is_done=False)


def _user(request: HttpRequest) -> Any:
    return request.user
