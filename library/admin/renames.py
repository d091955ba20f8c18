"""Renaming files in the admin: the plan, having it done, and taking it back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from unfold.admin import ModelAdmin

from library.access import check, current_user
from library.admin.base import ReadOnlyAdmin
from library.admin.own_pages import OwnPages
from library.exceptions import LibraryError
from library.models import LibrarySettings, RenameItem, RenameRun
from library.models.renaming import RenameStatus
from library.paths import display_path
from library.services.renaming.names import FIELDS, NameTemplateError
from library.services.renaming.plan import RenamePlan, plan_renames
from library.services.renaming.runs import RENAME_STAGE, begin_renaming, undo_renaming
from processing.models import Job

PER_PAGE = 50
SHOWN = 100


@admin.register(RenameRun)
class RenameRunAdmin(OwnPages, ReadOnlyAdmin, ModelAdmin):
    """Only for those who may rename files; the plan is looked at before anything is done."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return current_user(request).has_perm("library.rename_files")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[Any, str]] = {
            "plan/": (plan_view, "plan"),
            "<int:run_id>/change/": (run_view, "change"),
            "<int:run_id>/undo/": (undo_view, "undo"),
        }
        return [*self.own_pages(pages), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The renamings that were done."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        runs = RenameRun.objects.select_related("user", "undoes").prefetch_related("undone_by")
        page: Any = Paginator(runs, PER_PAGE).get_page(request.GET.get("page"))
        return _render(self, request, "list", title="Renamed files", page=page, settings=LibrarySettings.load())


def _render(model_admin: Any, request: HttpRequest, page_name: str, **context: Any) -> HttpResponse:
    frame = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    return TemplateResponse(request, f"admin/library/rename/{page_name}.html", {**frame, **context})


def plan_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET `?template=`: what it would do to the whole library. POST: has it done by a job."""
    settings = LibrarySettings.load()
    values = request.POST if request.method == "POST" else request.GET
    template = values.get("template", "").strip() or settings.rename_template
    plan, error = None, ""
    try:
        plan = plan_renames(template=template)
        if request.method == "POST":
            check(request, "library.rename_files")
            run = begin_renaming(template=template, renames=plan.renames, user=current_user(request))
            return HttpResponseRedirect(reverse("admin:library_renamerun_change", args=(run.pk,)))
    except (LibraryError, NameTemplateError) as refused:
        error = str(refused)
    return _render(
        model_admin,
        request,
        "plan",
        title="Rename files",
        template=template,
        fields=[f"{{{name}}}" for name in FIELDS],
        error=error,
        plan=plan,
        is_allowed=settings.is_renaming_allowed,
        **_parts(plan),
    )


def _parts(plan: RenamePlan | None) -> dict[str, Any]:
    if plan is None:
        return {}
    return {
        "renames": plan.renames[:SHOWN],
        "conflicts": plan.conflicts[:SHOWN],
        "hidden": max(0, len(plan.renames) - SHOWN),
        "hidden_conflicts": max(0, len(plan.conflicts) - SHOWN),
    }


def run_view(model_admin: Any, request: HttpRequest, run_id: int) -> HttpResponse:
    """One renaming: its progress, and then each file."""
    run = get_object_or_404(RenameRun.objects.select_related("user", "undoes"), pk=run_id)
    items = RenameItem.objects.filter(run=run).select_related("file")
    page: Any = Paginator(items, SHOWN).get_page(request.GET.get("page"))
    return _render(
        model_admin,
        request,
        "run",
        title="Renaming files",
        run=run,
        page=page,
        rows=[(item, display_path(item.old_path), display_path(item.new_path)) for item in page],
        is_waiting=run.status == RenameStatus.WAITING,
        job=Job.objects.filter(stage=RENAME_STAGE, target_id=run.pk).order_by("-pk").first(),
        was_undone=RenameRun.objects.filter(undoes=run).exists(),
    )


def undo_view(model_admin: Any, request: HttpRequest, run_id: int) -> HttpResponse:
    """POST: the files get their old names back."""
    if request.method != "POST":
        raise Http404
    run = get_object_or_404(RenameRun, pk=run_id)
    try:
        undo = undo_renaming(run=run, user=current_user(request))
    except LibraryError as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("admin:library_renamerun_change", args=(run.pk,)))
    return HttpResponseRedirect(reverse("admin:library_renamerun_change", args=(undo.pk,)))
