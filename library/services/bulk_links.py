"""Kinds of bulk edits that add, remove and replace links: tags, people and studios on videos."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Count

from library.exceptions import BulkEditError
from library.models.names import clean_name
from library.services.bulk_edit import BulkStep, Effect, Request

ADD, REMOVE, REPLACE = "add", "remove", "replace"
# The right to organise videos in triage, without that to change all about them.
TRIAGE = "library.triage_video"
_MOST_TARGETS = 100


@dataclass(frozen=True, slots=True)
class LinkKind:
    """What tells tags, people and studios apart. `find_or_create(name, user)` returns an id; `edit` is the service
    (`edit_tags`); `link` has a `video` and, as `column`, the target. `one` and `many` are the words for targets."""

    key: str
    one: str
    many: str
    link: type[models.Model]
    column: str
    targets: Callable[[], "models.QuerySet[Any]"]
    find_or_create: Callable[[str, Any], int]
    edit: Callable[..., object]
    order: int


def link_step(kind: LinkKind) -> BulkStep:
    """The step for one kind of link. Its value: {"mode": add|remove|replace, "ids": [...], "names": [...]}.

    `names` are made where they don't exist yet, when the edit is applied. Replacing by nothing takes all away.
    """
    return BulkStep(
        key=kind.key,
        permission="library.change_video",
        check=lambda value: _check(kind, value),
        apply=lambda ids, value, request: _apply(kind, ids, value, request),
        preview=lambda ids, value: _preview(kind, ids, value),
        describe=lambda value: _describe(kind, value),
        order=kind.order,
        in_triage=TRIAGE,
    )


def _check(kind: LinkKind, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or value.get("mode") not in (ADD, REMOVE, REPLACE):
        raise BulkEditError(f"Say whether the {kind.many} are added, removed or replaced.")
    ids = sorted({int(one) for one in value.get("ids", ()) if str(one).isdecimal() and len(str(one)) < 19})
    names = list(dict.fromkeys(filter(None, (clean_name(str(name)) for name in value.get("names", ())))))
    if len(ids) + len(names) > _MOST_TARGETS:
        raise BulkEditError(f"One edit takes {_MOST_TARGETS} {kind.many} at most.")
    if kind.targets().filter(pk__in=ids).count() != len(ids):
        raise BulkEditError(f"One of the {kind.many} is gone or in the trash. Choose again.")
    if value["mode"] == REMOVE and names:
        raise BulkEditError(f"There is no {kind.one} “{names[0]}” that could be removed.")
    if value["mode"] != REPLACE and not ids and not names:
        raise BulkEditError(f"Choose at least one {kind.one}.")
    return {"mode": value["mode"], "ids": ids, "names": names}


def _pairs(kind: LinkKind, video_ids: Sequence[int]) -> Iterable[tuple[int, int]]:
    rows: Any = kind.link._default_manager.filter(video_id__in=video_ids)
    return rows.order_by().values_list("video_id", f"{kind.column}_id")  # type: ignore[no-any-return]


def _changed(kind: LinkKind, video_ids: Sequence[int], mode: str, target_ids: set[int]) -> set[int]:
    """The videos whose links an edit changes. One query."""
    has: dict[int, set[int]] = defaultdict(set)
    for video_id, target_id in _pairs(kind, video_ids):
        has[video_id].add(target_id)
    if mode == ADD:
        return {pk for pk in video_ids if target_ids - has[pk]}
    if mode == REMOVE:
        return {pk for pk in video_ids if target_ids & has[pk]}
    return {pk for pk in video_ids if target_ids != has[pk]}


def _apply(kind: LinkKind, video_ids: Sequence[int], value: dict[str, Any], request: Request) -> set[int]:
    made = [kind.find_or_create(name, request.user) for name in value["names"]]
    targets = sorted({*value["ids"], *made})
    changed = _changed(kind, video_ids, value["mode"], set(targets))
    kind.edit(video_ids=video_ids, user=request.user, **{value["mode"]: targets})
    return changed


def _preview(kind: LinkKind, video_ids: Sequence[int], value: dict[str, Any]) -> list[Effect]:
    labels = _labels(kind, value["ids"])
    if value["mode"] == REPLACE:
        changed = _changed(kind, video_ids, REPLACE, set(value["ids"]))
        if value["names"]:
            changed = set(video_ids)
        listed = listing([*labels.values(), *value["names"]])
        text = f"Have only the {_words(kind, labels, value)} {listed}" if listed else f"Take all {kind.many} away"
        return [Effect(text, len(changed), len(video_ids) - len(changed))]
    rows: Any = kind.link._default_manager.filter(**{"video_id__in": video_ids, f"{kind.column}_id__in": value["ids"]})
    counts = dict(rows.order_by().values_list(f"{kind.column}_id").annotate(count=Count("video_id")))
    effects = []
    for pk, label in labels.items():
        has = counts.get(pk, 0)
        changed_count = len(video_ids) - has if value["mode"] == ADD else has
        effects.append(
            Effect(
                f"{value['mode'].capitalize()} the {kind.one} {label}", changed_count, len(video_ids) - changed_count
            )
        )
    effects += [Effect(f"Make the {kind.one} {name} and add it", len(video_ids), 0) for name in value["names"]]
    return effects


def _labels(kind: LinkKind, ids: Sequence[int]) -> dict[int, str]:
    return {row.pk: str(row) for row in kind.targets().filter(pk__in=ids).order_by("name", "pk")}


def _words(kind: LinkKind, labels: dict[int, str], value: dict[str, Any]) -> str:
    return kind.one if len(labels) + len(value["names"]) == 1 else kind.many


def _describe(kind: LinkKind, value: dict[str, Any]) -> str:
    labels = _labels(kind, value["ids"])
    listed = listing([*labels.values(), *value["names"]])
    words = f"{_words(kind, labels, value)} {listed}"
    said = {ADD: f"added the {words}", REMOVE: f"removed the {words}", REPLACE: f"replaced the {kind.many} by {listed}"}
    return said[value["mode"]] if listed else f"took all {kind.many} away"


def listing(names: Sequence[str]) -> str:
    """ "Ada", "Ada and Bo", "Ada, Bo and 3 more"."""
    if len(names) <= 1:
        return "".join(names)
    if len(names) > 3:
        return f"{names[0]}, {names[1]} and {len(names) - 2} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"
