"""What the list of videos is filtered by: the tabs above it, and the facts beside it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from library import words
from library.filters import Condition, Group, apply_filter
from library.models import Video, VideoFile, VideoTag
from library.models.file import FileState
from people.models import Credit, VideoStudio

NEW_DAYS = 7

Rows = QuerySet[Video]


def _without(link: Any) -> Callable[[Rows], Rows]:
    return lambda rows: rows.filter(~Exists(link._default_manager.filter(video=OuterRef("pk"))))


def _with_file(condition: Q) -> Callable[[Rows], Rows]:
    files = VideoFile.objects.filter(condition, video=OuterRef("pk"), is_primary=True)
    return lambda rows: rows.filter(Exists(files))


# Key, title, rows. The first one is the whole library.
VIEWS: tuple[tuple[str, str, Callable[[Rows], Rows]], ...] = (
    ("", "All", lambda rows: rows),
    ("untagged", "Without tags", _without(VideoTag)),
    ("nobody", "Without people", _without(Credit)),
    ("no-studio", "Without studio", _without(VideoStudio)),
    ("new", "New this week", lambda rows: rows.filter(created_at__gte=timezone.now() - timedelta(days=NEW_DAYS))),
    ("missing", "Missing", lambda rows: rows.exclude(missing_since=None)),
    ("failed", "Failed", _with_file(Q(state=FileState.FAILED))),
)


class ViewFilter(admin.SimpleListFilter):
    """The tabs. Videos in the trash are on a page of their own, never here."""

    title = "view"
    parameter_name = "view"
    template = "admin/library/video/no_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, title) for key, title, _ in VIEWS]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        rows = queryset.filter(trashed_at=None)
        for key, _, narrow in VIEWS:
            if key and key == self.value():
                return narrow(rows)
        return rows


class FileStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*FileState.choices, ("missing", "Missing")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() == "missing":
            return queryset.exclude(missing_since=None)
        if self.value() in FileState.values:
            return _with_file(Q(state=self.value(), missing_since=None))(queryset)
        return queryset


class SizeFilter(admin.SimpleListFilter):
    """The resolutions of the filters, so that a number of videos is the same here and on the library's page."""

    title = "size of the picture"
    parameter_name = "size"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, name) for key, name, _ in words.RESOLUTIONS]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() not in {key for key, _, _ in words.RESOLUTIONS}:
            return queryset
        wish = Group("all", (Condition("resolution", "any", [self.value()]),))
        return apply_filter(queryset, wish, None)


class LengthFilter(admin.SimpleListFilter):
    title = "length"
    parameter_name = "length"
    minutes = {"short": (0, 5), "medium": (5, 30), "long": (30, 90), "film": (90, None)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("short", "Under 5 min"), ("medium", "5 to 30 min"), ("long", "30 to 90 min"), ("film", "Over 90 min")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() not in self.minutes:
            return queryset
        lowest, below = self.minutes[str(self.value())]
        rows = queryset.filter(duration_seconds__gte=lowest * 60)
        return rows.filter(duration_seconds__lt=below * 60) if below else rows


class TargetFilter(admin.SimpleListFilter):
    """Videos of one tag, person or studio, by its id in the address: links from their lists and pages lead here."""

    template = "admin/library/video/no_filter.html"
    link: Any = None
    column = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = self.used_parameters.get(self.parameter_name or "") or "0"
        return [(str(value), str(value))]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        value = self.value() or ""
        if not value.isdecimal() or len(value) > 18:
            return queryset
        return queryset.filter(Exists(self.link._default_manager.filter(video=OuterRef("pk"), **{self.column: value})))


class TagFilter(TargetFilter):
    title, parameter_name, link, column = "tag", "tag", VideoTag, "tag"


class PersonFilter(TargetFilter):
    title, parameter_name, link, column = "person", "person", Credit, "creator"


class StudioFilter(TargetFilter):
    title, parameter_name, link, column = "studio", "studio", VideoStudio, "studio"
