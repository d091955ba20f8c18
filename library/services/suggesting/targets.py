"""The kinds of things that can be put on a video: tags are the library's own, apps above register theirs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet

from library.models import User, Video
from library.services.bulk_links import LinkKind


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of a `Suggestion` (its `kind`): what links such things to videos, and their other names.

    `alias` has the thing as `links.column`, and a `name`.
    """

    kind: str
    links: LinkKind
    alias: type[models.Model]
    permission: str = "library.change_video"

    def labels(self, ids: Iterable[int]) -> dict[int, str]:
        """What those in use are called. One query."""
        return {row.pk: str(row) for row in self.links.targets().filter(pk__in=set(ids))}

    def addresses(self, ids: Iterable[int]) -> dict[int, str]:
        """What the API calls them: the public id where there is one, else the number. One query."""
        rows = self.links.targets().filter(pk__in=set(ids))
        return {row.pk: str(getattr(row, "public_id", row.pk)) for row in rows}

    def id_of(self, address: str) -> int | None:
        """The opposite of `addresses`; None for what isn't there or lies in the trash."""
        model: Any = self.links.targets().model
        column = "public_id" if any(f.name == "public_id" for f in model._meta.fields) else "pk"
        try:
            value = model._meta.get_field(column if column != "pk" else "id").to_python(address)
        except (ValidationError, TypeError, ValueError):
            return None
        return self.links.targets().filter(**{column: value}).values_list("pk", flat=True).first()

    def names(self) -> list[tuple[int, str]]:
        """Each name and alias of those in use, with its id. Two queries."""
        ours = self.links.targets().order_by("pk").values_list("pk", "name")
        column = f"{self.links.column}_id"
        rows: QuerySet[Any] = self.alias._default_manager.filter(**{f"{self.links.column}__trashed_at": None})
        return [*ours, *rows.order_by("pk").values_list(column, "name")]

    def pairs(self, video_ids: Iterable[int]) -> set[tuple[int, int]]:
        """(video, id) of what the videos have already. One query."""
        rows: QuerySet[Any] = self.links.link._default_manager.filter(video_id__in=list(video_ids))
        return set(rows.values_list("video_id", f"{self.links.column}_id"))

    def put(self, *, video_ids: Iterable[int], ids: Iterable[int], user: User | None, source: str) -> Any:
        """Puts them on the videos; returns the service's `Edited`. Raises TrashedError."""
        return self.links.edit(video_ids=list(video_ids), add=list(ids), user=user, source=source)

    def take(self, *, video_ids: Iterable[int], ids: Iterable[int], user: User | None, source: str) -> Any:
        """Takes them off the videos."""
        return self.links.edit(video_ids=list(video_ids), remove=list(ids), user=user, source=source)


_targets: dict[str, Target] = {}


def register_target(target: Target) -> None:
    """Makes a kind known; a second one of its name is a programming error."""
    if _targets.get(target.kind, target) != target:
        raise ValueError(f"Two kinds of things are called {target.kind!r}.")
    _targets[target.kind] = target


def get_target(kind: str) -> Target:
    """Raises KeyError for a kind that no app registered."""
    return _targets[kind]


def all_targets() -> list[Target]:
    return list(_targets.values())


def lock_videos(video_ids: Iterable[int]) -> list[int]:
    """Those of the videos that still exist, locked in the order of their ids, as all who write links do."""
    rows = Video.objects.filter(pk__in=set(video_ids)).order_by("pk").select_for_update(no_key=True)
    return list(rows.values_list("pk", flat=True))


def labels_of(pairs: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], str]:
    """What the things (kind, id) are called; those in the trash are left out. One query for each kind."""
    wanted: dict[str, set[int]] = {}
    for kind, pk in pairs:
        wanted.setdefault(kind, set()).add(pk)
    return {
        (kind, pk): label
        for kind, ids in wanted.items()
        if kind in _targets
        for pk, label in _targets[kind].labels(ids).items()
    }
