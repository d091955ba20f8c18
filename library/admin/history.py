"""The history of changes in the admin: every batch, what it changed, and the way back."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.paginator import InfinitePaginator
from unfold.utils import parse_date_str

from library.access import current_user
from library.admin.base import ReadOnlyAdmin
from library.admin.changes import author_of, shown_change
from library.admin.columns import badge, link_to, when
from library.exceptions import UndoError
from library.models import ChangeBatch, User
from library.models.change import ChangeSource
from library.queries_history import ROWS_PER_PAGE, changes_of, latest_undoable
from library.services.history import may_undo, preview_undo, undo_batch
from library.views.history import tell_undo

_TONES = {ChangeSource.MANUAL: "calm", ChangeSource.SYSTEM: "calm", ChangeSource.IMPORT: "now"}
_USERS_OFFERED = 50


class AuthorFilter(admin.SimpleListFilter):
    """Changes of one account; "Nobody" are those that machines made alone."""

    title = "who"
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        staff = User.objects.order_by("username").values_list("pk", "username")[:_USERS_OFFERED]
        return [*((str(pk), name) for pk, name in staff), ("nobody", "Nobody")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ChangeBatch]) -> QuerySet[ChangeBatch]:
        value = self.value() or ""
        if value == "nobody":
            return queryset.filter(user=None)
        return queryset.filter(user=int(value)) if value.isdecimal() else queryset


class DayFilter(RangeDateFilter):
    """From one day to another, both included, in the time zone of the installation."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[ChangeBatch]) -> QuerySet[ChangeBatch]:
        first, last = (parse_date_str(self.used_parameters.get(f"created_at_{end}") or "") for end in ("from", "to"))
        if first:
            queryset = queryset.filter(created_at__gte=_start_of(first))
        return queryset.filter(created_at__lt=_start_of(last) + timedelta(days=1)) if last else queryset


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@admin.register(ChangeBatch)
class ChangeBatchAdmin(ReadOnlyAdmin):
    list_before_template = "admin/library/changebatch/last.html"

    list_display = ["what", "who", "made", "source_badge", "rows", "state"]
    list_display_links = None
    list_filter = [AuthorFilter, "source", ("created_at", DayFilter)]
    list_filter_submit = True
    list_select_related = ["user"]
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-created_at", "pk"]
    sortable_by = ["made"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    empty_sentence = "Every change to videos, people, studios and tags is listed here, with a way back."

    @admin.display(description="Change")
    def what(self, batch: ChangeBatch) -> SafeString:
        return link_to(reverse("admin:library_changebatch_change", args=(batch.pk,)), batch.summary)

    @admin.display(description="Who")
    def who(self, batch: ChangeBatch) -> str:
        return author_of(batch)

    @admin.display(description="When", ordering="created_at")
    def made(self, batch: ChangeBatch) -> SafeString | str:
        return when(batch.created_at)

    @admin.display(description="Decided by")
    def source_badge(self, batch: ChangeBatch) -> SafeString:
        return badge(batch.get_source_display(), _TONES.get(ChangeSource(batch.source), "info"))

    @admin.display(description="Rows")
    def rows(self, batch: ChangeBatch) -> str:
        return f"{batch.change_count:,}"

    @admin.display(description="State")
    def state(self, batch: ChangeBatch) -> SafeString:
        if batch.undone_at is not None:
            return badge("Undone", "warn")
        if not batch.can_undo:
            return badge("For good")
        return link_to(reverse("admin:library_changebatch_undo", args=(batch.pk,)), "Undo …")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.undo_view)
        return [path("<uuid:batch_id>/undo/", view, name="library_changebatch_undo"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        last = latest_undoable(current_user(request))
        return super().changelist_view(request, {"last": last, **(extra_context or {})})  # type: ignore[no-any-return]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        batch = self._batch(request, object_id)
        number = request.GET.get("page", "1")
        page = max(1, int(number)) if number.isdecimal() and len(number) < 7 else 1
        changes, total = changes_of(batch, page=page)
        context = {
            **self._context(request, batch),
            "rows": [shown_change(change) for change in changes],
            "total": total,
            "page": Paginator(range(total), ROWS_PER_PAGE).get_page(page),
            "may_undo": may_undo(current_user(request), batch) and batch.can_undo and batch.undone_at is None,
            "undone_by": batch.undone_by.order_by("-created_at").first() if batch.undone_at else None,
        }
        return TemplateResponse(request, "admin/library/changebatch/history.html", context)

    def undo_view(self, request: HttpRequest, batch_id: Any) -> HttpResponse:
        """What the undo would do and what it would leave, with a button that does it."""
        batch = self._batch(request, str(batch_id))
        if not may_undo(current_user(request), batch):
            raise PermissionDenied
        address = reverse("admin:library_changebatch_change", args=(batch.pk,))
        try:
            if request.method == "POST":
                tell_undo(request, undo_batch(batch=batch, user=current_user(request)))
                return HttpResponseRedirect(address)
            preview = preview_undo(batch=batch)
        except UndoError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(address)
        context = {
            **self._context(request, batch),
            "preview": preview,
            "rest": preview.conflict_count - len(preview.conflicts),
            "back": address,
        }
        return TemplateResponse(request, "admin/library/changebatch/undo.html", context)

    def _batch(self, request: HttpRequest, object_id: str) -> ChangeBatch:
        batch = self.get_object(request, object_id)
        if batch is None:
            raise Http404
        if not self.has_view_permission(request, batch):
            raise PermissionDenied
        return batch  # type: ignore[no-any-return]

    def _context(self, request: HttpRequest, batch: ChangeBatch) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": batch.summary,
            "subtitle": None,
            "batch": batch,
            "author": author_of(batch),
        }
