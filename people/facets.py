"""Filters by people, studios and what other systems call a video."""

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

from django.db.models import Q, QuerySet

from library.filters.columns import with_descendants
from library.filters.named import find_named
from library.filters.registry import Ask, Choice, Facet, Kind, register_facet
from people.models import Creator, CreatorAlias, Credit, ExternalId, Studio, StudioAlias, VideoStudio

_PEOPLE = "People and studios"


def _creators(ask: Ask) -> Q:
    if ask.operator == "empty":
        return ~ask.exists(_credits())
    ids = _ids(Creator, ask.value)
    if ask.operator == "any":
        return ask.exists(Credit.objects.filter(creator_id__in=ids))
    q = Q() if len(ids) == len(ask.value) else Q(pk__in=[])
    for creator_id in ids:
        q &= ask.exists(Credit.objects.filter(creator_id=creator_id))
    return q


def _credits() -> QuerySet[Credit]:
    """Those of people who are not in the trash: few are, and a join would be made for every video."""
    trashed = list(Creator.objects.exclude(trashed_at=None).values_list("pk", flat=True))
    return Credit.objects.exclude(creator_id__in=trashed)


def _number_of_creators(ask: Ask) -> Q:
    credits = _credits()
    low, high = {
        "gte": (ask.value, None),
        "lte": (0, ask.value),
        "eq": (ask.value, ask.value),
        "between": tuple(ask.value) if ask.operator == "between" else (0, None),
    }[ask.operator]
    q = ask.has_more_than(ceil(low) - 1, credits) if low > 0 else Q()
    return q if high is None else q & ~ask.has_more_than(floor(high), credits)


def _studios(ask: Ask, *, primary: bool = False) -> Q:
    links = VideoStudio.objects.filter(is_primary=True) if primary else VideoStudio.objects.all()
    if ask.operator == "empty":
        return ~ask.exists(
            links.exclude(studio_id__in=list(Studio.objects.exclude(trashed_at=None).values_list("pk", flat=True)))
        )
    ids = _ids(Studio, ask.value)
    if ask.operator == "any":
        ids = with_descendants("people_studio", ids)
    return ask.exists(links.filter(studio_id__in=ids))


def _ids(model: type[Any], public_ids: Sequence[str]) -> list[int]:
    """Ids of those that are not in the trash: plain numbers plan better than a join. One query."""
    return list(model.objects.in_use().filter(public_id__in=public_ids).order_by("pk").values_list("pk", flat=True))


def _find_creators(text: str, limit: int) -> Sequence[Choice]:
    return find_named(
        Creator.objects.in_use(), CreatorAlias.objects.all(), "creator", text, limit,
        links=Credit.objects.all(), value="public_id",
    )  # fmt: skip


def _find_studios(text: str, limit: int) -> Sequence[Choice]:
    return find_named(
        Studio.objects.in_use().select_related("parent"), StudioAlias.objects.all(), "studio", text, limit,
        links=VideoStudio.objects.all(), value="public_id", detail=lambda studio: str(studio.parent or ""),
    )  # fmt: skip


def _names(model: type[Any]) -> Any:
    def labels(public_ids: Sequence[str]) -> Mapping[Any, str]:
        return {str(row.public_id): str(row) for row in model.objects.filter(public_id__in=public_ids)}

    return labels


def _sources() -> Sequence[Choice]:
    """What other systems videos are known by; few, and read by the index of sources alone."""
    names = ExternalId.objects.order_by("source").values_list("source", flat=True).distinct()
    return [Choice(name, name) for name in names[:50]]


register_facet(
    Facet(
        "creator", "Person", _PEOPLE, Kind.ROWS, _creators, ("any", "all", "empty"),
        find=_find_creators, labels=_names(Creator), is_suggested=True,
    ),
    Facet(
        "creators", "Number of people", _PEOPLE, Kind.NUMBER, _number_of_creators, ("gte", "lte", "between", "eq")
    ),
    Facet(
        "studio", "Studio", _PEOPLE, Kind.ROWS, _studios, ("any", "exact", "empty"),
        find=_find_studios, labels=_names(Studio), is_suggested=True,
        words={"any": "any of, or part of", "exact": "any of, not parts"},
    ),
    Facet(
        "main_studio", "Main studio", _PEOPLE, Kind.ROWS, lambda ask: _studios(ask, primary=True),
        ("any", "exact", "empty"), find=_find_studios, labels=_names(Studio),
        words={"any": "any of, or part of", "exact": "any of, not parts"},
    ),
    Facet(
        "known_by", "Known by", _PEOPLE, Kind.CHOICE,
        lambda ask: ask.exists(ExternalId.objects.filter(source__in=ask.value)), choices=_sources,
    ),
)  # fmt: skip
