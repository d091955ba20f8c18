"""Everybody's API tokens in the admin: seen without their secrets, and ended."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.paginator import InfinitePaginator

from library.access import current_user
from library.admin.base import ReadOnlyAdmin, back, may, say
from library.admin.columns import badge, two_lines, when
from library.exceptions import TokenError
from library.models import ApiToken
from library.services.tokens import revoke_token


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("good", "Good"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
        is_over = Q(revoked_at__isnull=False) | Q(expires_at__lt=timezone.now())
        if self.value() == "good":
            return queryset.exclude(is_over)
        return queryset.filter(is_over) if self.value() == "over" else queryset


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    change_form_outer_before_template = "admin/library/apitoken/panel.html"
    list_display = ["names", "whose", "state", "used", "until"]
    list_display_links = ["names"]
    sortable_by: list[str] = []
    ordering = ["-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    search_fields = ["name", "user__username"]
    search_help_text = "Part of a token's or an account's name"
    empty_sentence = "Nobody has made a token yet: people make them on the page of their account."
    list_filter = [StateFilter, "scope"]
    show_facets = admin.ShowFacets.NEVER
    fields = ["names", "whose", "scope", "state", "until", "used", "last_used_address", "made", "why"]
    readonly_fields = ["names", "whose", "state", "until", "used", "made", "why"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return super().get_queryset(request).select_related("user", "revoked_by")  # type: ignore[no-any-return]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether the user may end other people's tokens: library.change_apitoken."""
        return may(request, "library", "change", "apitoken")

    @admin.display(description="Token")
    def names(self, token: ApiToken) -> SafeString:
        return two_lines(token.name, f"ends in {token.last_four} · {token.get_scope_display().lower()}")

    @admin.display(description="Account")
    def whose(self, token: ApiToken) -> str:
        return token.user.username

    @admin.display(description="State")
    def state(self, token: ApiToken) -> SafeString:
        if token.revoked_at is not None:
            return badge("Revoked", "warn")
        is_over = token.expires_at is not None and token.expires_at < timezone.now()
        return badge("Ran out") if is_over else badge("Good", "ok")

    @admin.display(description="Last used")
    def used(self, token: ApiToken) -> SafeString | str:
        return when(token.last_used_at, never="Never")

    @admin.display(description="Good until")
    def until(self, token: ApiToken) -> SafeString | str:
        return when(token.expires_at, never="For ever")

    @admin.display(description="Made")
    def made(self, token: ApiToken) -> SafeString | str:
        return when(token.created_at)

    @admin.display(description="Why it was revoked")
    def why(self, token: ApiToken) -> str:
        if token.revoked_at is None:
            return "–"
        who = token.revoked_by.username if token.revoked_by else "somebody"
        return f"{token.revoked_reason} ({who})"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.revoke_view))
        return [path("<int:object_id>/revoke/", view, name="library_apitoken_revoke"), *super().get_urls()]

    def revoke_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """POST `reason`: ends a token."""
        if not self.has_revoke_permission(request):
            raise PermissionDenied
        token = ApiToken.objects.filter(pk=object_id).first()
        if token is None:
            raise Http404
        try:
            reason = request.POST.get("reason", "")
            is_done = revoke_token(public_id=token.public_id, by=current_user(request), reason=reason)
        except TokenError as error:
            say(request, str(error), is_done=False)
        else:
            say(request, "The token is revoked." if is_done else "It was revoked already.", is_done=is_done)
        return back(request, reverse("admin:library_apitoken_change", args=(object_id,)))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"may_revoke": self.has_revoke_permission(request)}
        if object_id.isdecimal():
            context["token"] = ApiToken.objects.filter(pk=object_id, revoked_at=None).first()
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[no-any-return]
