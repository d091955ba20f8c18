"""Bases of the project's admin pages."""

from typing import Any

from django.contrib import messages
from django.db.models import Model, URLField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from unfold.admin import ModelAdmin

from library.admin.curated import CuratedAdmin as CuratedAdmin

MOST_AT_ONCE = 5000
# For `formfield_overrides` of pages with addresses: one that is typed without its scheme is taken for HTTPS.
HTTPS = {URLField: {"assume_scheme": "https"}}


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only the machinery writes: looked at, never typed into. Actions name their own permissions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Django counts the right to change as the right to see, but asks has_change_permission, which is False here.
        return bool(
            super().has_view_permission(request, obj)
            or may(request, self.opts.app_label, "change", self.opts.model_name)
        )


def may(request: HttpRequest, app_label: str, action: str, model_name: str | None) -> bool:
    """Whether the user holds e.g. library.change_videofile."""
    user: Any = request.user
    return bool(user.has_perm(f"{app_label}.{action}_{model_name}"))


def say(request: HttpRequest, text: str, *, is_done: bool) -> None:
    """A message: green when something was done, amber when there was nothing to do."""
    messages.add_message(request, messages.SUCCESS if is_done else messages.WARNING, text)


def counted(count: int, one: str, many: str) -> str:
    """ "1 file", "2,091 files"."""
    return f"{count:,} {one if count == 1 else many}"


def chosen_ids(request: HttpRequest, rows: Any) -> list[int]:
    """Ids of the rows that a bulk action was asked for; the first MOST_AT_ONCE, and says so when there are more."""
    ids: list[int] = list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if len(ids) > MOST_AT_ONCE:
        messages.warning(request, f"Only the first {MOST_AT_ONCE:,} were taken; run the action again for the rest.")
    return ids[:MOST_AT_ONCE]


def back(request: HttpRequest, fallback: str) -> HttpResponse:
    """To the page that a button was pressed on, when it is one of ours."""
    from_here = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(from_here, {request.get_host()}, require_https=request.is_secure()):
        return HttpResponseRedirect(from_here)
    return HttpResponseRedirect(fallback)
