"""Rules that follow from what is labelled already: words of paths that go with a person, studio or tag.

Only proposed, with how often they hold and what they would reach; a person makes a rule of one, or says no.
"""

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b

from django.db import transaction

from library.exceptions import RuleError
from library.folding import fold
from library.models import DeclinedEvidence, Rule, User, VideoFile
from library.models.rule import RuleKind
from library.paths import display_path
from library.services.changes import change_batch
from library.services.kept import keep_result, kept_result
from library.services.rules.checking import check_rule
from library.services.suggesting.places import links_of
from library.services.suggesting.targets import all_targets, get_target, labels_of
from library.services.suggesting.weighing import wilson_lower_bound

FOLDER_NAME, WORDS = "folder_name", "words"
# Fewer labelled videos than this prove nothing.
LEAST_SUPPORT = 4
LEAST_PRECISION = 0.9
# What 5 in 5 prove: 0.57 with 95 % certainty.
_LEAST_CERTAIN = 0.5
# A word of more of the library than this tells nothing about any of it.
_COMMON = 0.3
_MOST_WORDS = 2
_MOST_LEARNED = 200
_MOST_EXCEPTIONS = 20
_KEY = "learned-rules"
_CHUNK = 5_000

Token = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Learned:
    """Where the `token` (a folder's name, or words of the path) stands, `kind` `object_id` is on `right` of the
    `labelled` videos; `reached` videos aren't labelled yet and would get it. `exceptions` are labelled otherwise."""

    key: str
    field: str
    token: str
    kind: str
    object_id: int
    right: int
    labelled: int
    reached: int
    exceptions: tuple[int, ...]

    @property
    def precision(self) -> float:
        return self.right / self.labelled

    @property
    def at_least(self) -> float:
        """With 95 % certainty it holds at least this often."""
        return wilson_lower_bound(self.right, self.labelled)


def learn_rules() -> list[Learned]:
    """Looks at all paths and labels, and keeps what it finds for `learned_rules`. Workers only: ten seconds and some
    hundred MB for 100,000 videos."""
    tokens = _tokens()
    declined = set(DeclinedEvidence.objects.values_list("key", flat=True))
    ruled = _tokens_of_rules()
    found: list[Learned] = []
    for target in all_targets():
        found += _learn_kind(target.kind, tokens, declined, ruled)
    found.sort(key=lambda one: (-one.at_least * one.reached, one.key))
    kept = found[:_MOST_LEARNED]
    keep_result(_KEY, [asdict(one) for one in kept])
    return kept


def learned_rules() -> list[Learned] | None:
    """What was found at the last look, without what was answered since; None where nobody has looked yet."""
    stored = kept_result(_KEY)
    if stored is None:
        return None
    found = [Learned(**{**one, "exceptions": tuple(one["exceptions"])}) for one in stored]
    declined = set(DeclinedEvidence.objects.filter(key__in=[one.key for one in found]).values_list("key", flat=True))
    ruled = _tokens_of_rules()
    labels = labels_of((one.kind, one.object_id) for one in found)
    return [
        one
        for one in found
        if one.key not in declined
        and (one.field, one.token, one.kind, one.object_id) not in ruled
        and (one.kind, one.object_id) in labels
    ]


def find_learned(key: str) -> Learned | None:
    """None for one that was answered, or isn't true any more."""
    return next((one for one in learned_rules() or () if one.key == key), None)


def rule_of(learned: Learned) -> Rule:
    """As a rule, not saved."""
    label = labels_of([(learned.kind, learned.object_id)]).get((learned.kind, learned.object_id), "?")
    where = "in the folder" if learned.field == FOLDER_NAME else "named"
    operator = "is" if learned.field == FOLDER_NAME else "words"
    return Rule(
        name=f"{label}: {where} {learned.token}"[:200],
        kind=RuleKind.PATH,
        conditions=[
            {"field": "folder_name" if learned.field == FOLDER_NAME else "path", "operator": operator,
             "value": learned.token}
        ],
        actions=[{"do": "add", "kind": learned.kind, "id": learned.object_id}],
        is_learned=True,
        note=f"Learned: held for {learned.right:,} of {learned.labelled:,} videos.",
    )  # fmt: skip


def accept_learned(*, learned: Learned, user: User | None) -> Rule:
    """Makes a rule of it; one batch. It is applied when somebody applies it, and to new videos. Raises RuleError."""
    rule = rule_of(learned)
    check_rule(rule)
    with transaction.atomic(), change_batch(summary=f"Made the rule {rule.name}", user=user):
        same = Rule.objects.filter(name_key=rule.name.lower())
        if same.exists():
            raise RuleError(f"There is a rule named {rule.name} already.")
        rule.save(force_insert=True)
    return rule


def decline_learned(*, learned: Learned, user: User | None) -> None:
    """It isn't proposed again; one batch."""
    label = labels_of([(learned.kind, learned.object_id)]).get((learned.kind, learned.object_id), "?")
    with change_batch(summary=f"Declined the rule “{learned.token}” for {label}", user=user):
        DeclinedEvidence.objects.get_or_create(
            key=learned.key, defaults={"kind": learned.kind, "object_id": learned.object_id, "user": user}
        )


def _learn_kind(
    kind: str, tokens: Mapping[Token, Sequence[int]], declined: set[str], ruled: set[tuple[str, str, str, int]]
) -> Iterator[Learned]:
    videos = sorted({pk for ids in tokens.values() for pk in ids})
    links: dict[int, set[int]] = {}
    for start in range(0, len(videos), _CHUNK):
        links |= links_of(kind, videos[start : start + _CHUNK])
    # The same videos, the same thing: the folder's name says it shorter than words in it.
    told: set[tuple[int, frozenset[int]]] = set()
    for token in sorted(tokens, key=lambda one: (one[0] != FOLDER_NAME, -len(one[1]), one[1])):
        ids = tokens[token]
        labelled = [pk for pk in ids if links.get(pk)]
        if len(labelled) < LEAST_SUPPORT:
            continue
        for pk, right in Counter(pk for video_id in labelled for pk in links[video_id]).items():
            is_likely = right >= LEAST_PRECISION * len(labelled)
            if not is_likely or wilson_lower_bound(right, len(labelled)) < _LEAST_CERTAIN:
                continue
            reached = frozenset(video_id for video_id in ids if pk not in links.get(video_id, ()))
            reached -= set(labelled)
            key = _key_of(*token, kind, pk)
            if not reached or (pk, reached) in told:
                continue
            # What was answered is told, too: other words for the same aren't asked about either.
            told.add((pk, reached))
            if key in declined or (*token, kind, pk) in ruled:
                continue
            exceptions = [video_id for video_id in labelled if pk not in links[video_id]]
            yield Learned(
                key, token[0], token[1], kind, pk, right, len(labelled), len(reached),
                tuple(exceptions[:_MOST_EXCEPTIONS]),
            )  # fmt: skip


def _tokens() -> dict[Token, list[int]]:
    """Folder names and words of paths with the videos that have them: what is in enough of them, and not in most."""
    found: dict[Token, list[int]] = defaultdict(list)
    count = 0
    rows = VideoFile.objects.filter(is_primary=True, video__trashed_at=None).order_by()
    for video_id, root, stored in rows.values_list("video_id", "folder__path", "relative_path").iterator():
        count += 1
        for token in _tokens_of(posixpath.basename(root), display_path(stored)):
            found[token].append(video_id)
    most = max(LEAST_SUPPORT + 1, _COMMON * count)
    return {token: ids for token, ids in found.items() if LEAST_SUPPORT < len(ids) <= most}


def _tokens_of(root: str, path: str) -> set[Token]:
    above, name = posixpath.split(path)
    folders = [part for part in (root, *above.split("/")) if part]
    tokens: set[Token] = {(FOLDER_NAME, part) for part in folders}
    for part in (*folders, posixpath.splitext(name)[0]):
        words = [word for word in fold(part).split() if not word.isdecimal()]
        for size in range(1, _MOST_WORDS + 1):
            for start in range(len(words) - size + 1):
                phrase = " ".join(words[start : start + size])
                if len(phrase) >= 3:
                    tokens.add((WORDS, phrase))
    return tokens


def _tokens_of_rules() -> set[tuple[str, str, str, int]]:
    """What rules say already."""
    return {
        (FOLDER_NAME if one["field"] == "folder_name" else WORDS, one["value"], action["kind"], action["id"])
        for rule in Rule.objects.all()
        for one in rule.conditions
        for action in rule.actions
        if "id" in action and one["field"] in ("folder_name", "path") and one["operator"] in ("is", "words")
    }


def _key_of(field: str, token: str, kind: str, pk: int) -> str:
    text = f"{field}\0{token}\0{kind}\0{pk}"
    return "learned:" + blake2b(text.encode(), digest_size=16).hexdigest()


def say_learned(found: Iterable[Learned]) -> list[tuple[Learned, str, str]]:
    """Each with what it is about in words: ("The folder is named Ana", "the person Ana"). One query for each kind."""
    listed = list(found)
    labels = labels_of((one.kind, one.object_id) for one in listed)
    said = []
    for one in listed:
        where = f"A folder is named “{one.token}”" if one.field == FOLDER_NAME else f"The path has “{one.token}”"
        noun = get_target(one.kind).links.one
        said.append((one, where, f"{noun} {labels.get((one.kind, one.object_id), '?')}"))
    return said
