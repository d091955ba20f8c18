"""What of the library follows a merge of videos or tags. Loaded when Django starts."""

from typing import Any

from library.filters import Kind as FacetKind
from library.filters import all_facets
from library.models import (
    DeclinedEvidence,
    DuplicatePair,
    Rejection,
    Rule,
    RuleLog,
    SavedSearch,
    Suggestion,
    SuggestionInput,
    Tag,
    TagAlias,
    TriageAnswer,
    Video,
    VideoFile,
    VideoMetadata,
    VideoTag,
)
from library.models.change import ChangeSource
from library.models.duplicate import DuplicateVerdict
from library.services.merging import (
    KindRules,
    MergeStep,
    Merging,
    MovedLink,
    describe_kind,
    merge_locked,
    register_merge,
)


def keep_by_hand(stays: Any, goes: Any) -> None:
    """Of two links that say the same the one that a person made counts."""
    if ChangeSource.MANUAL in (stays.source, goes.source):
        stays.source = ChangeSource.MANUAL


def _keep_both_notes(stays: VideoMetadata, goes: VideoMetadata) -> None:
    """Two notes of one name become one, line by line."""
    if goes.value and goes.value not in stays.value.split("\n"):
        stays.value = f"{stays.value}\n{goes.value}" if stays.value else goes.value


def merge_children(merging: Merging) -> None:
    """The tags below the others come below the keeper; those that have the same name there are merged in turn."""
    inside = {merging.keep.pk, *merging.other_ids}
    theirs = Tag.objects.filter(parent__in=merging.other_ids).exclude(pk__in=inside)
    own = {tag.name_key: tag for tag in Tag.objects.filter(parent=merging.keep).exclude(pk__in=inside)}
    for child in theirs.select_for_update().order_by("pk"):
        rival = own.get(child.name_key)
        if rival is not None:
            # The one that is in use stays, the keeper's where both are.
            stays, goes = (child, rival) if rival.trashed_at and not child.trashed_at else (rival, child)
            merge_locked(Merging(merging.kind, stays, [goes], merging.user))
            child = stays
        own[child.name_key] = child
        if child.parent_id != merging.keep.pk:
            child.parent = merging.keep
            child.save(update_fields=["parent"])
    # One of the others may lie below another one, or below the keeper: they go, and nothing hangs on them.


def name_becomes_alias(merging: Merging) -> None:
    """What the others were called still finds the keeper."""
    aliases = merging.keep.aliases
    aliases.filter(name_key=merging.keep.name_key).delete()
    known = {merging.keep.name_key, *aliases.values_list("name_key", flat=True)}
    for other in merging.others:
        if other.name_key not in known:
            known.add(other.name_key)
            aliases.create(name=other.name)


def rewrite_saved_searches(merging: Merging) -> None:
    """Saved searches that ask for one of the others ask for the keeper."""
    names = {_name_in_filters(other): _name_in_filters(merging.keep) for other in merging.others}
    changed = []
    for search in SavedSearch.objects.select_for_update().filter(filter__icontains=merging.kind).order_by("pk"):
        wanted = _rewritten(search.filter, merging.kind, names)
        if wanted != search.filter:
            search.filter = wanted
            changed.append(search)
    SavedSearch.objects.bulk_update(changed, ["filter"])


def _name_in_filters(row: Any) -> int | str:
    """What filters call a row: its public id where it has one, else its number."""
    return str(row.public_id) if hasattr(row, "public_id") else int(row.pk)


def _rewritten(node: Any, kind: str, names: dict[Any, Any]) -> Any:
    """The filter with other names in those of its conditions (`library.filters`) that list rows of the kind."""
    if isinstance(node, list):
        return [_rewritten(one, kind, names) for one in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("value"), list) and _lists_rows(node.get("facet"), kind):
        return {**node, "value": list(dict.fromkeys(names.get(one, one) for one in node["value"]))}
    return {name: _rewritten(value, kind, names) for name, value in node.items()}


def _lists_rows(key: object, kind: str) -> bool:
    """Whether a facet's values are rows of the kind: "tag", "main_studio"."""
    facet = next((one for one in all_facets() if one.key == key), None)
    return facet is not None and facet.kind is FacetKind.ROWS and kind in facet.key


def merge_pairs(merging: Merging) -> None:
    """Pairs of the others with third videos become the keeper's; those among the merged ones go.

    What a person said about a pair counts for the keeper too: its content is the same.
    """
    family = {merging.keep.pk, *merging.other_ids}
    pairs = DuplicatePair.objects.select_for_update().order_by("pk")
    own: dict[int, DuplicatePair] = {}
    for pair in [*pairs.filter(first=merging.keep), *pairs.filter(second=merging.keep)]:
        own[pair.second_id if pair.first_id == merging.keep.pk else pair.first_id] = pair
    theirs = {pair.pk: pair for side in ("first", "second") for pair in pairs.filter(**{f"{side}__in": family})}
    gone = []
    for pair in theirs.values():
        third = {pair.first_id, pair.second_id} - family
        if not third:
            gone.append(pair.pk)
            continue
        other = third.pop()
        known = own.setdefault(other, pair)
        if known.pk == pair.pk:
            continue
        gone.append(pair.pk)
        if known.verdict == DuplicateVerdict.OPEN and pair.verdict != DuplicateVerdict.OPEN:
            known.verdict, known.decided_by_id, known.decided_at = pair.verdict, pair.decided_by_id, pair.decided_at
    DuplicatePair.objects.filter(pk__in=gone).delete()
    for other, pair in own.items():
        if other not in family:
            _point(pair, merging.keep.pk, other)
            pair.save()


def _point(pair: DuplicatePair, keep_id: int, other_id: int) -> None:
    """Makes the pair one of these two; the lower id is the first, and what is said of first and second changes too."""
    was_first = pair.second_id == other_id
    pair.first_id, pair.second_id = min(keep_id, other_id), max(keep_id, other_id)
    if was_first == (pair.second_id == other_id):
        return
    pair.is_first_smaller = not pair.is_first_smaller
    for name in ("from_seconds", "to_seconds"):
        first, second = f"first_{name}", f"second_{name}"
        one, two = getattr(pair, first), getattr(pair, second)
        setattr(pair, first, two)
        setattr(pair, second, one)


describe_kind(
    "video",
    KindRules(
        Video,
        "video",
        fill=("description", "release_date", "recorded_at", "origin", "type", "cover", "original_file_name"),
        sums=("view_count",),
    ),
)


def move_suggestions(merging: Merging) -> None:
    """What was proposed and answered about those that go is about the one that stays; where both have it, once."""
    for model in (Suggestion, Rejection):
        same = model.objects.filter(kind=merging.kind)
        columns = ("video_id", "provider", "subject")
        taken = set(same.filter(object_id=merging.keep.pk).values_list(*columns))
        for row in same.filter(object_id__in=merging.other_ids).order_by("pk"):
            place = (row.video_id, row.provider, row.subject)
            if place in taken:
                row.delete()
                continue
            taken.add(place)
            row.object_id = merging.keep.pk
            row.save(update_fields=["object_id"])
    DeclinedEvidence.objects.filter(kind=merging.kind, object_id__in=merging.other_ids).update(
        object_id=merging.keep.pk
    )


def rewrite_rules(merging: Merging) -> None:
    """Rules that ask for, or put, one of those that go mean the one that stays."""
    changed = []
    for rule in Rule.objects.select_for_update().order_by("pk"):
        before = (rule.conditions, rule.actions)
        rule.conditions = [_same_thing(one, "field", "value", merging) for one in rule.conditions]
        rule.actions = [_same_thing(one, "kind", "id", merging) for one in rule.actions]
        if (rule.conditions, rule.actions) != before:
            changed.append(rule)
    Rule.objects.bulk_update(changed, ["conditions", "actions"])


def _same_thing(part: dict[str, Any], kind: str, key: str, merging: Merging) -> dict[str, Any]:
    is_meant = part.get(kind) == merging.kind and part.get(key) in merging.other_ids
    return {**part, key: merging.keep.pk} if is_meant else part


def propose_anew(merging: Merging) -> None:
    """What is proposed for the video that stays is made of the files of both."""
    SuggestionInput.objects.filter(video__in=[merging.keep.pk, *merging.other_ids]).delete()


register_merge(
    "video",
    MovedLink(VideoTag, "video", ("tag",), keep_by_hand),
    MovedLink(VideoMetadata, "video", ("key",), _keep_both_notes),
    MergeStep(merge_pairs, ((DuplicatePair, "first"), (DuplicatePair, "second"))),
    MovedLink(VideoFile, "video", one_only="is_primary"),
    MovedLink(Suggestion, "video", ("kind", "object_id", "provider", "subject")),
    MovedLink(Rejection, "video", ("kind", "object_id", "provider", "subject")),
    MovedLink(RuleLog, "video"),
    MergeStep(propose_anew, ((SuggestionInput, "video"),)),
    MovedLink(TriageAnswer, "video"),
)
describe_kind("tag", KindRules(Tag, "tag", fill=("description", "color"), trees=("parent",)))
register_merge(
    "tag",
    MergeStep(move_suggestions),
    MergeStep(rewrite_rules),
    MergeStep(merge_children, ((Tag, "parent"),)),
    MovedLink(TagAlias, "tag", ("name_key",)),
    MergeStep(name_becomes_alias),
    MovedLink(VideoTag, "tag", ("video",), keep_by_hand),
    MergeStep(rewrite_saved_searches),
)
