"""The audit log in the admin: looked at, never changed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.contrib.filters.admin import TextFilter
from unfold.paginator import InfinitePaginator

from library.admin.base import ReadOnlyAdmin
from library.admin.columns import NOTHING, badge, exactly, table, two_lines, when
from library.devices import device_name
from library.models import AuditEvent, AuditKind, User

EVENTS_SHOWN = 20
_LONGEST_FACTS = 160
_TONES = {
    AuditKind.LOGIN_FAILED: "warn",
    AuditKind.LOGIN_THROTTLED: "bad",
    AuditKind.USER_DELETED: "bad",
    AuditKind.PURGE: "bad",
    AuditKind.ROLE_CHANGED: "now",
    AuditKind.USER_CREATED: "info",
    AuditKind.USER_CHANGED: "info",
    AuditKind.SETTINGS_CHANGED: "info",
}


def events_of(user: User) -> list[AuditEvent]:
    """The last events that the user caused or that happened to their account, newest first; one query."""
    return list(AuditEvent.objects.filter(Q(user=user) | Q(account=user)).order_by("-pk")[:EVENTS_SHOWN])


def facts_of(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """An event's detail as (what, how) in words: "is_active", "yes → no"."""
    return [(name.replace("_", " "), _shown(name, value)) for name, value in detail.items()]


def _shown(name: str, value: Any) -> str:
    if name == "sessions":
        return ", ".join(
            f"{device_name(one.get('device') or '')} ({one.get('address') or 'no address'})" for one in value
        )
    if isinstance(value, list) and len(value) == 2 and name not in {"granted", "withdrawn", "given", "taken"}:
        return f"{_word(value[0])} → {_word(value[1])}"
    if isinstance(value, list):
        return ", ".join(_word(one) for one in value)
    return _word(value)


def _word(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


class AccountFilter(TextFilter):
    """Events by or about an account, found by its whole name in any case; of a deleted one, those that it caused."""

    title = "account"
    parameter_name = "who"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        name = (self.value() or "").strip()
        if not name:
            return queryset
        try:
            user = User.objects.get_by_natural_key(name)
        except User.DoesNotExist:
            return queryset.filter(actor_name__iexact=name)
        return queryset.filter(Q(user=user) | Q(account=user))


class PeriodFilter(admin.SimpleListFilter):
    """Events of the last days; the index by time finds them."""

    title = "when"
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Last 24 hours"), ("7", "Last 7 days"), ("30", "Last 30 days"), ("365", "Last year")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        days = dict(self.lookup_choices).get(self.value() or "") and int(self.value() or "0")
        return queryset.filter(created_at__gte=timezone.now() - timedelta(days=days)) if days else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["what", "about", "who", "facts", "seen"]
    list_display_links = ["what"]
    list_filter = ["kind", AccountFilter, PeriodFilter]
    list_filter_submit = True
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-pk"]
    sortable_by: list[str] = []
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    empty_sentence = (
        "Logins, changes of accounts, roles and settings, and everything that can't be undone are listed here."
    )
    fields = ["happened_at", "what", "who", "subject", "address", "all_facts"]
    readonly_fields = ["happened_at", "what", "who", "all_facts"]

    @admin.display(description="To whom or what")
    def about(self, event: AuditEvent) -> str:
        return event.subject or NOTHING

    @admin.display(description="Event")
    def what(self, event: AuditEvent) -> SafeString:
        return badge(event.get_kind_display(), _TONES.get(AuditKind(event.kind), "calm"))

    @admin.display(description="By")
    def who(self, event: AuditEvent) -> SafeString:
        return two_lines(actor_of(event), event.address or NOTHING)

    @admin.display(description="Details")
    def facts(self, event: AuditEvent) -> str:
        words = "; ".join(f"{name}: {value}" for name, value in facts_of(event.detail))
        return Truncator(words).chars(_LONGEST_FACTS) or NOTHING

    @admin.display(description="When")
    def seen(self, event: AuditEvent) -> SafeString | str:
        return when(event.created_at)

    @admin.display(description="When")
    def happened_at(self, event: AuditEvent) -> str:
        return exactly(event.created_at)

    @admin.display(description="Details")
    def all_facts(self, event: AuditEvent) -> SafeString | str:
        return table(["What", "How"], facts_of(event.detail)) if event.detail else NOTHING


def actor_of(event: AuditEvent) -> str:
    """Who did it: a name, the name that somebody typed, or a command."""
    return event.actor_name or ("somebody" if event.kind == AuditKind.LOGIN_FAILED else "a command")
