"""Values of fields that can be proposed for a video: its title, and the dates of its release and recording.

A field is proposed only while no person has filled it: its title is still the file's name, its date is empty.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from library.models import Suggestion, Video
from library.models.suggestion import SuggestedKind
from library.services.suggesting.targets import labels_of

_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class ValueTarget:
    """A field (`column` of Video) that a Suggestion of this `kind` fills. `read` makes of the suggestion's text what
    the column takes, and raises ValueError; `say` makes of it what people read."""

    kind: str
    column: str
    one: str
    read: Callable[[str], Any]
    say: Callable[[str], str]


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


_TARGETS = {
    target.kind: target
    for target in (
        ValueTarget(SuggestedKind.TITLE, "title", "title", lambda text: text[:_CHARACTERS], lambda text: text),
        ValueTarget(
            SuggestedKind.RELEASED,
            "release_date",
            "release date",
            date.fromisoformat,
            lambda text: date_format(date.fromisoformat(text), "j F Y"),
        ),
        ValueTarget(
            SuggestedKind.RECORDED,
            "recorded_at",
            "date of recording",
            _moment,
            lambda text: date_format(timezone.localtime(_moment(text)), "j F Y, H:i"),
        ),
    )
}


def find_value_target(kind: str) -> ValueTarget | None:
    """None for kinds of things."""
    return _TARGETS.get(kind)


def value_id(kind: str, value: str) -> int:
    """The `object_id` of a value: the same for the same one, so that what was rejected is known again."""
    return int.from_bytes(blake2b(f"{kind}\0{value}".encode(), digest_size=8).digest()) >> 1


def name_proposals(rows: Iterable[Suggestion]) -> Mapping[tuple[str, int], str]:
    """What is proposed, in words, by (kind, object_id); things that lie in the trash are left out. A query for each
    kind of thing."""
    listed = list(rows)
    values = {
        (row.kind, row.object_id): _TARGETS[row.kind].say(row.value)
        for row in listed
        if row.kind in _TARGETS and is_usable(row.kind, row.value)
    }
    things = labels_of((row.kind, row.object_id) for row in listed if row.kind not in _TARGETS)
    return {**things, **values}


def is_usable(kind: str, value: str) -> bool:
    """Whether the text is a value of that field."""
    try:
        return bool(_TARGETS[kind].read(value)) and len(value) <= _CHARACTERS
    except (KeyError, ValueError):
        return False


def dated_fields(video_ids: Iterable[int]) -> set[tuple[str, int]]:
    """(kind, video) of the dates that the videos have. One query."""
    return {one for one in filled_fields(video_ids, {}) if one[0] != SuggestedKind.TITLE}


def filled_fields(video_ids: Iterable[int], file_titles: Mapping[int, str]) -> set[tuple[str, int]]:
    """(kind, video) of the fields that somebody has filled. `file_titles` are the titles that the videos have by
    themselves. One query."""
    filled: set[tuple[str, int]] = set()
    rows = Video.objects.filter(pk__in=list(video_ids)).values_list("pk", "title", "release_date", "recorded_at")
    for pk, title, released, recorded in rows:
        if title != file_titles.get(pk):
            filled.add((SuggestedKind.TITLE, pk))
        if released is not None:
            filled.add((SuggestedKind.RELEASED, pk))
        if recorded is not None:
            filled.add((SuggestedKind.RECORDED, pk))
    return filled


def write_values(rows: Sequence[Suggestion]) -> tuple[list[Suggestion], list[Suggestion]]:
    """Writes the surest of those for each field into the videos, which the caller has locked; returns those that were
    written and those that lost. One statement for each field."""
    chosen: dict[tuple[int, str], Suggestion] = {}
    lost = []
    for row in sorted(rows, key=lambda row: (-row.confidence, row.pk)):
        first = chosen.setdefault((row.video_id, row.kind), row)
        if first.object_id != row.object_id:
            lost.append(row)
    for kind, target in _TARGETS.items():
        videos = [
            Video(pk=video_id, **{target.column: target.read(row.value)})
            for (video_id, of), row in sorted(chosen.items())
            if of == kind
        ]
        if videos:
            Video.objects.bulk_update(videos, [target.column])
    gone = {row.pk for row in lost}
    return [row for row in rows if row.pk not in gone], lost
