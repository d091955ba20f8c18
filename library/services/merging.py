"""Merging two or more videos, people, studios or tags into one of them, with everything that points to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import models
from django.utils import timezone

from library.exceptions import MergeError
from library.models import ChangeBatch, User, Video, VideoFile
from library.models.tree import lies_below, lock_tree
from library.services.changes import change_batch
from library.services.moved_links import Combine, MovedLink, move_link
from library.services.videos import copy_facts, lock_files, promote_present_files

__all__ = ["Combine", "MergeReport", "MergeStep", "Merging", "MovedLink", "merge", "merge_videos", "register_merge"]

Kind = Literal["video", "creator", "studio", "tag"]


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge did: rows moved to the keeper and combined with rows it had, by the model's plural name."""

    keep: Any
    merged: int
    moved: dict[str, int] = field(default_factory=dict)
    combined: dict[str, int] = field(default_factory=dict)
    batch: ChangeBatch | None = None


@dataclass(frozen=True, slots=True)
class Merging:
    """A merge under way, for its steps: all rows are locked, nothing of them is deleted yet."""

    kind: Kind
    keep: Any
    others: Sequence[Any]
    user: User | None

    @property
    def other_ids(self) -> list[int]:
        return [one.pk for one in self.others]


@dataclass(frozen=True, slots=True)
class MergeStep:
    """What moving rows can't do. `takes` names the foreign keys (model, field) that `run` leaves none of."""

    run: Callable[[Merging], None]
    takes: tuple[tuple[type[models.Model], str], ...] = ()


@dataclass(slots=True)
class KindRules:
    """How rows of one kind are merged.

    `fill` are columns that the keeper takes from the others where it has nothing; `ranges` are pairs of those, from
    and to, that must stay in order. `sums` are added up. `trees` are the foreign keys to rows above.
    """

    model: type[models.Model]
    noun: str
    fill: tuple[str, ...] = ()
    ranges: tuple[tuple[str, str], ...] = ()
    sums: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()
    steps: list[MovedLink | MergeStep] = field(default_factory=list)


_KINDS: dict[Kind, KindRules] = {}


def describe_kind(kind: Kind, rules: KindRules) -> None:
    """Says how a kind is merged; once, by the app that has its model."""
    _KINDS[kind] = rules


def register_merge(kind: Kind, *steps: MovedLink | MergeStep) -> None:
    """What follows a merge of that kind, in this order. Called by the apps' `merging` modules when Django starts."""
    _KINDS[kind].steps.extend(steps)


def taken_links(kind: Kind) -> set[tuple[type[models.Model], str]]:
    """The foreign keys that a merge of the kind moves or answers for; a test compares them with all there are."""
    taken: set[tuple[type[models.Model], str]] = set()
    for step in _KINDS[kind].steps:
        taken |= {(step.model, step.field)} if isinstance(step, MovedLink) else set(step.takes)
    return taken


def kinds() -> dict[Kind, type[models.Model]]:
    """What can be merged."""
    return {kind: rules.model for kind, rules in _KINDS.items()}


def merge(kind: Kind, *, keep: models.Model, others: Sequence[models.Model], user: User | None) -> MergeReport:
    """Moves everything of `others` to `keep` and deletes them, in one batch that can be undone.

    Raises MergeError, with a sentence, for a row with itself, one in the trash, or a tag or studio with one above it.
    """
    rules = _KINDS[kind]
    names = ", ".join(str(one) for one in others[:3]) + (" and others" if len(others) > 3 else "")
    with change_batch(summary=f"Merged {names} into {keep}", user=user) as batch:
        if rules.trees:
            lock_tree(rules.model)
        _refuse(rules, keep.pk, [one.pk for one in others])
        kept, gone = _lock(rules, keep.pk, [one.pk for one in others])
        _refuse_ancestors(rules, kept, gone)
        return merge_locked(Merging(kind, kept, gone, user), batch=batch)


def merge_locked(merging: Merging, *, batch: ChangeBatch | None = None) -> MergeReport:
    """The merge itself, of rows that are locked and may be merged. For steps that merge what hangs on a row."""
    rules = _KINDS[merging.kind]
    moved: dict[str, int] = {}
    combined: dict[str, int] = {}
    _fill(rules, merging)
    for step in rules.steps:
        if isinstance(step, MergeStep):
            step.run(merging)
            continue
        count = move_link(step, keep_id=merging.keep.pk, other_ids=merging.other_ids)
        name = str(step.model._meta.verbose_name_plural)
        moved[name] = moved.get(name, 0) + count.moved
        combined[name] = combined.get(name, 0) + count.combined
    rules.model._base_manager.filter(pk__in=merging.other_ids).delete()
    return MergeReport(merging.keep, len(merging.others), _without_zeros(moved), _without_zeros(combined), batch=batch)


def merge_videos(
    *,
    keep: Video,
    others: Sequence[Video],
    user: User | None,
    other_files: Literal["alternate", "trash"] = "alternate",
) -> MergeReport:
    """`merge` for videos. Their files become alternates of the keeper, or go to the trash when it has one of its own.

    The keeper's primary file stays the primary one; where it has none, or one that is missing, the first that is
    present takes its place.
    """
    with change_batch(summary=f"Merged {len(others) + 1} videos into {keep}", user=user):
        own = VideoFile.objects.filter(video=keep, trashed_at=None)
        has_own = own.present().exists()
        theirs = list(VideoFile.objects.filter(video__in=[one.pk for one in others]).values_list("pk", flat=True))
        lock_files([*own.values_list("pk", flat=True), *theirs])
        report = merge("video", keep=keep, others=others, user=user)
        promote_present_files(file_ids=theirs)
        primary = VideoFile.objects.filter(video=keep, is_primary=True).first()
        if primary is not None:
            copy_facts(primary)
        if other_files == "trash" and has_own:
            VideoFile.objects.filter(pk__in=theirs, is_primary=False, trashed_at=None).update(trashed_at=timezone.now())
    return report


def _refuse(rules: KindRules, keep_id: int, other_ids: Sequence[int]) -> None:
    if not other_ids:
        raise MergeError(f"Choose another {rules.noun} to merge this one with.")
    if keep_id in other_ids or len(set(other_ids)) < len(other_ids):
        raise MergeError(f"A {rules.noun} can't be merged with itself.")


def _lock(rules: KindRules, keep_id: int, other_ids: Sequence[int]) -> tuple[Any, list[Any]]:
    """The rows as they are now, those that others hang on first; nobody can add to them until the merge is done."""
    rows: dict[int, Any] = {
        row.pk: row
        for row in rules.model._base_manager.filter(pk__in=[keep_id, *other_ids]).select_for_update().order_by("pk")
    }
    if len(rows) < len(other_ids) + 1:
        raise MergeError(f"One of them is gone: somebody else deleted or merged that {rules.noun} meanwhile.")
    for row in rows.values():
        if row.trashed_at is not None:
            raise MergeError(f"{row} lies in the trash. Take it out before you merge it.")
    return rows[keep_id], [rows[one] for one in other_ids]


def _refuse_ancestors(rules: KindRules, keep: Any, others: Sequence[Any]) -> None:
    for other in others:
        if any(lies_below(rules.model, row_id=keep.pk, above_id=other.pk, field=tree) for tree in rules.trees):
            raise MergeError(f"{keep} lies below {other}. Merge it into {other} instead, or move it away first.")


def _fill(rules: KindRules, merging: Merging) -> None:
    """The keeper takes what it lacks from the others, the first that has it."""
    keep, changed = merging.keep, set()
    for other in merging.others:
        for name in rules.fill:
            if _is_empty(keep, name) and not _is_empty(other, name) and _keeps_order(rules, keep, name, other):
                setattr(keep, name, getattr(other, name))
                changed.add(name)
        for name in rules.trees:
            above = getattr(other, f"{name}_id")
            is_free = getattr(keep, f"{name}_id") is None and above is not None and above not in merging.other_ids
            if is_free and not lies_below(rules.model, row_id=above, above_id=keep.pk, field=name):
                setattr(keep, f"{name}_id", above)
                changed.add(name)
        for name in rules.sums:
            setattr(keep, name, getattr(keep, name) + getattr(other, name))
            changed.add(name)
    if changed:
        keep.save(update_fields=sorted(changed))


def _is_empty(row: Any, name: str) -> bool:
    """Whether a column says nothing: NULL, an empty text, or what it is when nobody chose."""
    value, column = getattr(row, name), row._meta.get_field(name)
    is_nothing = value is None or value == "" or (hasattr(value, "storage") and not value)
    return is_nothing or bool(column.has_default() and value == column.get_default())


def _keeps_order(rules: KindRules, keep: Any, name: str, other: Any) -> bool:
    """Whether a date taken from the other still makes sense beside the keeper's own."""
    for first, last in rules.ranges:
        if name == first and (end := getattr(keep, last)) is not None:
            return bool(getattr(other, first) <= end)
        if name == last and (start := getattr(keep, first)) is not None:
            return bool(getattr(other, last) >= start)
    return True


def _without_zeros(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
