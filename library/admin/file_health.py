"""What looking after files found, on their pages and as filters of their list."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from library.admin.columns import badge, table, when
from library.models import VideoFile
from processing.models import FileCheck, IntegrityFinding
from processing.models.integrity import PROBLEMS, FindingCode, Severity
from processing.models.media_settings import CheckDepth

SEVERITY_TONES = {Severity.INFO: "calm", Severity.WARNING: "warn", Severity.ERROR: "bad", Severity.CRITICAL: "bad"}
_DEPTHS = {CheckDepth.QUICK: "quick look", CheckDepth.DEEP: "deep look"}
_AGES = {"30": "Over a month ago", "180": "Over half a year ago", "365": "Over a year ago"}


def severity_badge(severity: str) -> SafeString:
    """A severity in a word."""
    known = Severity(severity)
    return badge(str(known.label), SEVERITY_TONES[known])


def findings_table(file: VideoFile) -> SafeString | str:
    """The file's findings, the worst first. One query."""
    order = list(reversed(Severity.values))
    found = sorted(IntegrityFinding.objects.filter(file=file), key=lambda one: (order.index(one.severity), one.code))
    if not found:
        return "None known"
    rows = ([severity_badge(one.severity), one.get_code_display(), one.sentence, when(one.found_at)] for one in found)
    return table(["", "What", "Told", "Found"], rows)


def checks_told(file: VideoFile) -> SafeString | str:
    """When it was read whole and looked at. One query."""
    state = FileCheck.objects.filter(file=file).first()
    verified = when(state.verified_at if state else None, never="never")
    checked = when(state.checked_at if state else None, never="never")
    depth = f" ({_DEPTHS[CheckDepth(state.depth)]})" if state is not None and state.depth else ""
    return format_html("Compared with its checksum: {}. Looked at for damage: {}{}.", verified, checked, depth)


class _FindingFilter(admin.SimpleListFilter):
    def _with(self, **lookups: Any) -> Q:
        return Q(Exists(IntegrityFinding.objects.filter(file=OuterRef("pk"), **lookups)))


class ProblemFilter(_FindingFilter):
    title = "problems"
    parameter_name = "problems"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        worst = [(value, label) for value, label in Severity.choices if value != Severity.INFO]
        return [("any", "Has problems"), *worst, ("none", "None known")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[VideoFile]) -> QuerySet[VideoFile]:
        value = self.value()
        if value in ("any", "none"):
            q = self._with(severity__in=PROBLEMS)
            return queryset.filter(q if value == "any" else ~q)
        return queryset.filter(self._with(severity=value)) if value in Severity.values else queryset


class CodeFilter(_FindingFilter):
    title = "kind of problem"
    parameter_name = "problem"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in FindingCode.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[VideoFile]) -> QuerySet[VideoFile]:
        return queryset.filter(self._with(code=self.value())) if self.value() else queryset


class VerifiedFilter(admin.SimpleListFilter):
    title = "last verified"
    parameter_name = "verified"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("never", "Never"), *_AGES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[VideoFile]) -> QuerySet[VideoFile]:
        checks = FileCheck.objects.filter(file=OuterRef("pk"))
        if self.value() == "never":
            return queryset.exclude(Exists(checks.filter(verified_at__isnull=False)))
        if self.value() in _AGES:
            before = timezone.now() - timedelta(days=int(self.value() or 0))
            return queryset.filter(Exists(checks.filter(verified_at__lt=before)))
        return queryset
