"""Uploads in the admin: what is under way, and ending it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from library.admin.base import ReadOnlyAdmin, counted, say
from library.admin.columns import badge, file_size, progress, two_lines, when
from library.models import Upload
from library.models.upload import UploadStatus
from library.services.receiving import cancel_upload

_KINDS = {
    UploadStatus.RECEIVING: "now",
    UploadStatus.RECEIVED: "now",
    UploadStatus.DUPLICATE: "warn",
    UploadStatus.DONE: "ok",
    UploadStatus.REFUSED: "bad",
}


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ["what", "state", "how_far", "size", "heard"]
    list_filter = ["status", "user"]
    show_facets = admin.ShowFacets.NEVER
    sortable_by: Any = []
    search_fields = ["name", "user__username"]
    search_help_text = "Part of a file's or of a user's name"
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    actions = ["cancel"]
    empty_sentence = "Files that users send by the upload page are listed here while they arrive."
    fields = ["user", "name", "folder", "state", "how_far", "size", "error", "relative_path", "file", "heard"]
    readonly_fields = ["state", "how_far", "size", "heard"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "folder")  # type: ignore[no-any-return]

    @admin.display(description="File")
    def what(self, upload: Upload) -> SafeString:
        return two_lines(str(upload), f"{upload.user.username} → {upload.folder.name}")

    @admin.display(description="State")
    def state(self, upload: Upload) -> SafeString:
        return badge(upload.get_status_display(), _KINDS.get(UploadStatus(upload.status), "info"))

    @admin.display(description="How far")
    def how_far(self, upload: Upload) -> SafeString | str:
        return progress(upload.percent, 100)

    @admin.display(description="Size")
    def size(self, upload: Upload) -> str:
        return file_size(upload.size_bytes)

    @admin.display(description="Last heard of")
    def heard(self, upload: Upload) -> SafeString | str:
        return when(upload.last_received_at)

    @admin.action(description="Cancel", permissions=["delete_upload"])
    def cancel(self, request: HttpRequest, uploads: QuerySet[Upload]) -> None:
        """Ends them and removes their bytes; whoever sends one is told with the next piece."""
        count = sum(cancel_upload(upload=upload) for upload in uploads.select_related("folder"))
        told = counted(count, "upload was", "uploads were")
        say(request, f"{told} cancelled." if count else "They had ended before.", is_done=bool(count))

    def has_delete_upload_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("library.delete_upload"))
