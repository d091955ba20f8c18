"""What is suggested, for pages: chips of videos, and how often each provider was right."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, QuerySet

from library.models import Rejection, Suggestion
from library.models.suggestion import VALUE_KINDS, SuggestionState
from library.services.suggesting.targets import all_targets, get_target
from library.services.suggesting.values import dated_fields, name_proposals
from library.services.suggesting.weighing import wilson_lower_bound
from library.services.suggestions import all_providers, find_provider

MOST_CHIPS = 24
# Of one video; a crowd of faces can make very many.
_MOST_ROWS = 200
_PRECISION_KEPT_SECONDS = 60
_PRECISION_KEY = "suggestions-precision"
# So many answers weigh as much as what the provider itself says.
_TRUST = 20
_MOST_WEIGHED = 80


@dataclass(frozen=True, slots=True)
class Chip:
    """Something suggested for a video, joined over all who suggest it: `id` is the surest one's, and answering it
    answers all. `confidence` (0 to 1) weighs what the provider says with how often it was right; `reason` is a
    sentence, of several providers one after another. `subject` is what in the video it is about, of the surest that
    names something."""

    id: int
    kind: str
    object_id: int
    label: str
    confidence: float
    provider: str
    reason: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Precision:
    """How often a provider was right. `at_least` is the lower end of Wilson's interval: with 95 % certainty it is
    right at least that often; 0 where nobody has answered."""

    provider: str
    label: str
    accepted: int
    rejected: int
    waiting: int

    @property
    def answered(self) -> int:
        return self.accepted + self.rejected

    @property
    def at_least(self) -> float:
        return wilson_lower_bound(self.accepted, self.answered)

    @property
    def ratio(self) -> float | None:
        """None before the first answer."""
        return self.accepted / self.answered if self.answered else None


def provider_precision() -> dict[str, Precision]:
    """By provider, those without answers too. One query, kept for a minute."""
    found: dict[str, Precision] | None = cache.get(_PRECISION_KEY)
    if found is None:
        found = count_precision()
        cache.set(_PRECISION_KEY, found, _PRECISION_KEPT_SECONDS)
    return found


def count_precision() -> dict[str, Precision]:
    """Like `provider_precision`, as it is now."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    rows = Suggestion.objects.order_by().values_list("provider", "state").annotate(count=Count("pk"))
    for provider, state, count in rows:
        counts[provider][state] = count
    labels = {provider.name: provider.label for provider in all_providers()}
    for name in counts:
        labels.setdefault(name, name)
    return {
        name: Precision(
            name,
            label,
            counts[name].get(SuggestionState.ACCEPTED, 0),
            counts[name].get(SuggestionState.REJECTED, 0),
            counts[name].get(SuggestionState.OPEN, 0),
        )
        for name, label in labels.items()
    }


def weigh(confidence: float, precision: Precision | None) -> float:
    """How sure a suggestion is, told by what its provider says and by how often it was right: twenty answers count as
    much as its word, a fifth of which always remains, as it tells the sure from the likely."""
    answered = min(precision.answered, _MOST_WEIGHED) if precision is not None else 0
    if precision is None or not answered:
        return confidence
    return (_TRUST * confidence + answered * precision.at_least) / (_TRUST + answered)


def chips_of(video_ids: Iterable[int], *, has: Set[tuple[str, int, int]] | None = None) -> dict[int, list[Chip]]:
    """What is suggested for each of the videos, the surest first, at most MOST_CHIPS; every id has a list.

    `has` is what the videos have, as (kind, video, object), where the caller knows it. Left out is that, what was
    rejected, and what lies in the trash. Eight queries, whatever their number, nine
    where values of fields are among them.
    """
    ids = list(dict.fromkeys(video_ids))
    groups: dict[int, dict[tuple[str, int], list[Suggestion]]] = {pk: defaultdict(list) for pk in ids}
    rows = waiting().filter(video__in=ids).order_by("-confidence", "pk")[: _MOST_ROWS * max(1, len(ids))]
    for row in rows:
        groups[row.video_id][row.kind, row.object_id].append(row)
    wanted = {key for group in groups.values() for key in group}
    labels = name_proposals(rows)
    there = _there({kind for kind, _ in wanted}, ids) if has is None else has
    dated = dated_fields(ids) if any(kind in VALUE_KINDS for kind, _ in wanted) else set()
    precision = provider_precision() if wanted else {}
    chips: dict[int, list[Chip]] = {}
    for video_id, group in groups.items():
        found = [
            _chip(same, labels[key], precision)
            for key, same in group.items()
            if key in labels and (key[0], video_id, key[1]) not in there and (key[0], video_id) not in dated
        ]
        chips[video_id] = sorted(found, key=lambda chip: (-chip.confidence, chip.label))[:MOST_CHIPS]
    return chips


def waiting() -> "QuerySet[Suggestion]":
    """Open suggestions that nobody has said no to."""
    no = Rejection.objects.filter(
        kind=OuterRef("kind"), object_id=OuterRef("object_id"), video=OuterRef("video"), subject="", provider=""
    )
    kinds = [*(target.kind for target in all_targets()), *VALUE_KINDS]
    return Suggestion.objects.open().filter(~Exists(no), kind__in=kinds)


def _there(kinds: set[str], ids: list[int]) -> set[tuple[str, int, int]]:
    return {(kind, *pair) for kind in kinds - set(VALUE_KINDS) for pair in get_target(kind).pairs(ids)}


def _chip(rows: list[Suggestion], label: str, precision: Mapping[str, Precision]) -> Chip:
    best_of: dict[str, tuple[float, Suggestion]] = {}
    for row in rows:
        score = weigh(row.confidence, precision.get(row.provider))
        if row.provider not in best_of or score > best_of[row.provider][0]:
            best_of[row.provider] = (score, row)
    ordered = sorted(best_of.values(), key=lambda pair: (-pair[0], pair[1].pk))
    surest = ordered[0][1]
    return Chip(
        surest.pk,
        surest.kind,
        surest.object_id,
        label,
        joined([score for score, _ in ordered]),
        surest.provider,
        " ".join(dict.fromkeys(reason_of(row) for _, row in ordered)),
        next((row.subject for row in rows if row.subject), ""),
    )


def joined(scores: list[float]) -> float:
    """How sure several who say the same are: nearly, but not quite, as if they knew nothing of each other."""
    doubt = 1.0
    for number, score in enumerate(scores):
        doubt *= 1 - score / (1 + number)
    return round(min(0.999, 1 - doubt), 4)


def reason_of(suggestion: Suggestion) -> str:
    """Why it is suggested, in a sentence."""
    provider = find_provider(suggestion.provider)
    return provider.reason(suggestion) if provider is not None else "Suggested by something that is not installed now."
