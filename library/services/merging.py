"""Merging two or more videos, people, studios or tags into one of them, with everything that points to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import models

from library.models import ChangeBatch, User, Video

Kind = Literal["video", "creator", "studio", "tag"]
# Changes the row that stays by what the other one says. Nothing is saved: the merge does.
Combine = Callable[[Any, Any], None]


@dataclass(frozen=True, slots=True)
class MovedLink:
    """Rows of `model` whose foreign key `field` follows a merge to the keeper.

    Rows that agree in `unique_with` collide: one stays (the keeper's, else that of the first of the others), `combine`
    tells it what the other said, and the other goes. `one_only` names a flag that only one row of the keeper may have
    set: the keeper's own keeps it.
    """

    model: type[models.Model]
    field: str
    unique_with: tuple[str, ...] = ()
    combine: Combine | None = None
    one_only: str = ""


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge did: rows moved to the keeper and combined with rows it had, by the model's plural name."""

    keep: Any
    merged: int
    moved: dict[str, int] = field(default_factory=dict)
    combined: dict[str, int] = field(default_factory=dict)
    batch: ChangeBatch | None = None


def register_merge(kind: Kind, *links: MovedLink) -> None:
    """What follows a merge of that kind. Apps call it in `AppConfig.ready()`."""
    raise NotImplementedError


def merge(kind: Kind, *, keep: models.Model, others: Sequence[models.Model], user: User | None) -> MergeReport:
    """Moves everything of `others` to `keep` and deletes them, in one batch that can be undone.

    Raises MergeError, with a sentence, for a row with itself, one in the trash, or a tag or studio with one above it.
    """
    raise NotImplementedError


def merge_videos(
    *, keep: Video, others: Sequence[Video], user: User | None, other_files: Literal["alternate", "trash"] = "alternate"
) -> MergeReport:
    """`merge` for videos: their files become alternates of the keeper, or go to the trash when it has one of its own."""
    raise NotImplementedError
