"""Dead letters in the admin."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.paginator import InfinitePaginator

from library.access import current_user
from library.admin.base import ReadOnlyAdmin, back, chosen_ids, counted, may, say
from library.admin.columns import badge, link_to, sentence, two_lines, when
from library.paths import display_path
from processing.admin.jobs import StageFilter, address_of, numbered, shown_json, stage_label
from processing.exceptions import ProcessingError
from processing.models import DeadLetter, LetterStatus
from processing.queries.engine import error_groups
from processing.services.letters import abandon_letters, retry_letters

TONES = {
    LetterStatus.PENDING_REVIEW: "bad",
    LetterStatus.RETRYING: "now",
    LetterStatus.ABANDONED: "warn",
    LetterStatus.RESOLVED: "ok",
}


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    list_before_template = "admin/processing/deadletter/groups.html"
    change_form_outer_before_template = "admin/processing/deadletter/panel.html"

    list_display = ["work", "state", "kind", "error_sentence", "times", "failed"]
    list_display_links = None
    sortable_by: list[str] = []
    ordering = ["-failed_at", "-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    list_disable_select_all = True
    search_fields = ["label"]
    search_help_text = "Part of a file's name"
    empty_sentence = "Nothing here: the engine has given up on nothing. What fails for good is listed with its reason."
    list_filter = ["status", StageFilter, ("error_class", admin.AllValuesFieldListFilter)]
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        ("Work", {"fields": ["stage_name", "target", "variant", "parameters", "last_job"]}),
        ("Failure", {"fields": ["state", "kind", "error", "first_error", "times", "failed", "closed", "note"]}),
    ]
    readonly_fields = [
        "stage_name", "target", "parameters", "last_job", "state", "kind", "times", "failed", "closed",
    ]  # fmt: skip
    actions = ["retry", "abandon"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeadLetter]:
        return super().get_queryset(request).select_related("job")  # type: ignore[no-any-return]

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Whether the user may retry and abandon: processing.change_deadletter."""
        return may(request, "processing", "change", "deadletter")

    # ---- columns and fields -----------------------------------------------------------------------------------------
    @admin.display(description="What")
    def work(self, letter: DeadLetter) -> SafeString:
        address = reverse("admin:processing_deadletter_change", args=(letter.pk,))
        return two_lines(short_name(letter), stage_label(letter.stage), address)

    @admin.display(description="State")
    def state(self, letter: DeadLetter) -> SafeString:
        return badge(letter.get_status_display(), TONES[LetterStatus(letter.status)])

    @admin.display(description="Kind of error")
    def kind(self, letter: DeadLetter) -> str:
        return letter.error_class or "–"

    @admin.display(description="Message")
    def error_sentence(self, letter: DeadLetter) -> SafeString | str:
        return sentence(letter.error)

    @admin.display(description="Failed")
    def times(self, letter: DeadLetter) -> SafeString:
        tries = counted(letter.attempts, "attempt", "attempts")
        return two_lines(counted(letter.failures, "time", "times"), f"{tries} the last time")

    @admin.display(description="Last")
    def failed(self, letter: DeadLetter) -> SafeString | str:
        return when(letter.failed_at)

    @admin.display(description="Closed")
    def closed(self, letter: DeadLetter) -> SafeString | str:
        return when(letter.closed_at, never="Not yet")

    @admin.display(description="Stage")
    def stage_name(self, letter: DeadLetter) -> str:
        return f"{stage_label(letter.stage)} ({letter.stage})"

    @admin.display(description="Of")
    def target(self, letter: DeadLetter) -> SafeString | str:
        return address_of(letter.target_kind, letter.target_id, letter.label, letter.get_target_kind_display())

    @admin.display(description="Parameters")
    def parameters(self, letter: DeadLetter) -> SafeString | str:
        return shown_json(letter.params)

    @admin.display(description="Last job")
    def last_job(self, letter: DeadLetter) -> SafeString | str:
        if letter.job_id is None:
            return "Too long ago"
        return link_to(reverse("admin:processing_job_change", args=(letter.job_id,)), f"Job {letter.job_id}")

    # ---- actions ----------------------------------------------------------------------------------------------------
    @admin.action(description="Try again", permissions=["control"])
    def retry(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        act(request, "retry", DeadLetter.objects.filter(pk__in=chosen_ids(request, queryset)))

    @admin.action(description="Abandon", permissions=["control"])
    def abandon(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        act(request, "abandon", DeadLetter.objects.filter(pk__in=chosen_ids(request, queryset)))

    def get_urls(self) -> list[URLPattern]:
        def wrap(view: Any) -> Any:
            return self.admin_site.admin_view(require_POST(view))

        return [
            path("group/<slug:what>/", wrap(self.group_view), name="processing_deadletter_group"),
            path("<int:object_id>/do/<slug:what>/", wrap(self.control_view), name="processing_deadletter_control"),
            *super().get_urls(),
        ]

    def control_view(self, request: HttpRequest, object_id: int, what: str) -> HttpResponse:
        """POST: one letter is tried again or abandoned."""
        return self._act(request, what, DeadLetter.objects.filter(pk=object_id))

    def group_view(self, request: HttpRequest, what: str) -> HttpResponse:
        """POST `stage`, `error_class`: all open letters of one kind of error are tried again or abandoned."""
        letters = DeadLetter.objects.open().filter(
            stage=request.POST.get("stage", ""), error_class=request.POST.get("error_class", "")
        )
        return self._act(request, what, letters)

    def _act(self, request: HttpRequest, what: str, letters: "QuerySet[DeadLetter]") -> HttpResponse:
        if not self.has_control_permission(request) or what not in ("retry", "abandon"):
            raise PermissionDenied
        act(request, what, letters)
        return back(request, reverse("admin:processing_deadletter_changelist"))

    # ---- views ------------------------------------------------------------------------------------------------------
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {
            "groups": [(group, stage_label(group.stage)) for group in error_groups()],
            "may_control": self.has_control_permission(request),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})  # type: ignore[no-any-return]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"may_control": self.has_control_permission(request)}
        if object_id.isdecimal():
            context["letter"] = DeadLetter.objects.filter(pk=object_id).first()
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[no-any-return]


def short_name(letter: DeadLetter) -> str:
    """The name of the file or folder, without the folders above it."""
    name = display_path(letter.label).rpartition("/")[2]
    return name or numbered(letter.target_kind, letter.target_id, letter.get_target_kind_display())


def act(request: HttpRequest, what: str, letters: "QuerySet[DeadLetter]") -> None:
    """Retries or abandons the letters and says how many."""
    if what == "abandon":
        count = abandon_letters(letters=letters, requested_by=current_user(request))
        if count:
            say(
                request,
                f"{counted(count, 'letter is', 'letters are')} abandoned; they can be tried again.",
                is_done=True,
            )
        else:
            say(request, "Nothing was abandoned: what is being tried again ends by itself.", is_done=False)
        return
    try:
        count = retry_letters(letters=letters, requested_by=current_user(request))
    except ProcessingError as error:
        say(request, str(error), is_done=False)
        return
    if count:
        say(request, f"{counted(count, 'letter is', 'letters are')} being tried again.", is_done=True)
    else:
        say(request, "Nothing could be tried again: what it was about is gone, or succeeded since.", is_done=False)
