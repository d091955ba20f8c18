"""Files that were purged from the library and are still on disk."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from library.admin.base import ReadOnlyAdmin, counted, say
from library.admin.columns import file_size, two_lines, when
from library.models import Folder, IgnoredFile
from library.paths import display_path
from library.services.purge import import_again
from processing.services import submit_scan


@admin.register(IgnoredFile)
class IgnoredFileAdmin(ReadOnlyAdmin):
    list_display = ["place", "size", "reason", "purged"]
    list_display_links = None
    list_filter = ["folder"]
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["relative_path"]
    search_help_text = "Part of a path"
    ordering = ["-created_at", "-pk"]
    sortable_by = ["purged"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_select_related = ["folder"]
    empty_sentence = "A file that was purged and stays on the disk is listed here; no scan takes it for new."
    actions = ["take_again"]

    @admin.display(description="File")
    def place(self, row: IgnoredFile) -> SafeString:
        folder, _, name = row.relative_path.rpartition("/")
        return two_lines(display_path(name), f"{row.folder.shown_path}/{display_path(folder)}")

    @admin.display(description="Size")
    def size(self, row: IgnoredFile) -> str:
        return file_size(row.size_bytes)

    @admin.display(description="Purged", ordering="created_at")
    def purged(self, row: IgnoredFile) -> SafeString | str:
        return when(row.created_at)

    @admin.action(description="Import again", permissions=["take_again"])
    def take_again(self, request: HttpRequest, queryset: QuerySet[IgnoredFile]) -> None:
        rows = import_again(ids=queryset.values_list("pk", flat=True)[:5000])
        for folder in Folder.objects.active().filter(pk__in={row.folder_id for row in rows}):
            submit_scan(folder=folder)
        text = f"{counted(len(rows), 'file is', 'files are')} taken for new by the scan that follows."
        say(request, text, is_done=bool(rows))

    def has_take_again_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("library.change_folder"))
