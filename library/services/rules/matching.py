"""Which videos meet a rule's conditions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat

from library.folding import fold
from library.models import Rule, VideoFile
from library.services.rules.checking import FIELDS, LINK, NUMBER
from library.services.rules.patterns import limited, read_pattern
from library.services.suggesting.targets import get_target

_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Met:
    """A video that meets a rule, with what the parts of its expressions found."""

    video_id: int
    captures: Mapping[str, str] = field(default_factory=dict)


def videos_meeting(rule: Rule, *, video_ids: Sequence[int] | None = None, limit: int | None = None) -> list[Met]:
    """Those of the library (or of `video_ids`) whose primary file meets the checked rule, by id. One statement, ended
    after ten seconds: raises RuleError then."""
    rows, names = _rows(rule)
    if video_ids is not None:
        rows = rows.filter(video__in=video_ids)
    columns = ["video_id", *(f"found{number}" for number in names)]
    found = rows.order_by("video_id").values_list(*columns)
    with limited():
        # Read to its end inside: the time limit counts for what is fetched later, too.
        listed = list(found[:limit] if limit is not None else found)
    return [Met(row[0], _captures(row[1:], names)) for row in listed]


def _captures(found: Sequence[Any], names: Mapping[int, Mapping[int, str]]) -> dict[str, str]:
    captures = {}
    for parts, groups in zip(found, names.values(), strict=True):
        for number, name in groups.items():
            if parts and number <= len(parts) and parts[number - 1]:
                captures[name] = parts[number - 1]
    return captures


def _rows(rule: Rule) -> tuple[QuerySet[Any], dict[int, Mapping[int, str]]]:
    rows: QuerySet[Any] = VideoFile.objects.filter(is_primary=True, video__trashed_at=None)
    asked: list[Q] = []
    names: dict[int, Mapping[int, str]] = {}
    for number, condition in enumerate(rule.conditions):
        asked.append(_as_q(condition))
        if condition["operator"] == "matches":
            pattern = read_pattern(condition["value"])
            if pattern.groups:
                match = Func(
                    _text(condition["field"]),
                    Value(pattern.sql),
                    Value("i"),
                    function="regexp_match",
                    output_field=ArrayField(TextField(null=True)),
                )
                rows = rows.annotate(**{f"found{number}": match})
                names[number] = pattern.groups
    if not asked:
        return rows, names
    joined = Q()
    for one in asked:
        joined = joined | one if rule.is_any else joined & one
    return rows.alias(**_TEXTS).filter(joined), names


def _text(key: str) -> Any:
    return {
        "path": Concat(F("folder__path"), Value("/"), F("relative_path"), output_field=TextField()),
        "name": Func(F("relative_path"), Value("^.*/"), Value(""), function="regexp_replace", output_field=TextField()),
        "title": F("video__title"),
    }[key]


def _folded(key: str) -> Any:
    return Concat(Value(" "), Func(_text(key), function="videothek_fold"), Value(" "), output_field=TextField())


_TEXTS = {f"{key}_text": _text(key) for key in ("path", "name", "title")} | {
    f"{key}_words": _folded(key) for key in ("path", "name", "title")
}
# The folders between slashes, without the file's name.
_TEXTS["folders_text"] = Concat(
    Value("/"),
    Func(F("folder__path"), Value("^.*/"), Value(""), function="regexp_replace", output_field=TextField()),
    Value("/"),
    Func(F("relative_path"), Value("[^/]*$"), Value(""), function="regexp_replace", output_field=TextField()),
    output_field=TextField(),
)


def _as_q(condition: Mapping[str, Any]) -> Q:
    key, operator, value = condition["field"], condition["operator"], condition["value"]
    kind = FIELDS[key].kind
    if operator == "words":
        return Q(**{f"{key}_words__contains": f" {fold(value)} "})
    if operator == "matches":
        return Q(**{f"{key}_text__iregex": read_pattern(value).sql})
    if operator == "begins":
        return Q(**{f"{key}_text__istartswith": value})
    if key == "folder_name":
        within = Q(folders_text__icontains=f"/{value}/")
        return within if operator == "is" else ~within
    if key == "folder":
        return Q(folder=value)
    if kind == NUMBER:
        lookup = {"at_least": "gte", "at_most": "lte", "is": "exact"}[operator]
        return Q(**{f"{key}__{lookup}": value})
    if kind == LINK:
        links = get_target(key).links
        has = Exists(links.link._default_manager.filter(video=OuterRef("video"), **{links.column: value}))
        return Q(has) if operator == "has" else ~Q(has)
    same = Q(**{f"{key}__iexact": value})
    return same if operator == "is" else ~same


def in_chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
