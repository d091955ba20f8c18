"""Filters by how far the work on a video's file has come."""

from django.db.models import Exists, OuterRef, Q

from library.filters.columns import choices
from library.filters.registry import Ask, Facet, Kind, register_facet
from library.models import VideoFile
from library.models.file import FileState
from processing.models import Storyboard, Thumbnail


def _state(ask: Ask) -> Q:
    return ask.exists(VideoFile.objects.filter(is_primary=True, state__in=ask.value))


def _without_pictures(ask: Ask) -> Q:
    whole = VideoFile.objects.filter(
        Exists(Thumbnail.objects.filter(file=OuterRef("pk"))),
        Exists(Storyboard.objects.filter(file=OuterRef("pk"))),
        is_primary=True,
    )
    return ~ask.exists(whole) if ask.value else ask.exists(whole)


register_facet(
    Facet("state", "Processing", "State", Kind.CHOICE, _state, choices=choices(FileState.choices)),
    Facet("no_pictures", "Without pictures", "State", Kind.FLAG, _without_pictures),
)
