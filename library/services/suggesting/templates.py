"""File names that are built in the owner's way: "{studio} - {creators} - {title} ({date})". Knows no database but for
the known names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from library.models import LibrarySettings, Suggestion, SuggestionInput
from library.models.suggestion import SuggestedKind
from library.services.suggesting.cleaning import clean_names
from library.services.suggesting.guesses import propose_by_guess, without_marks
from library.services.suggesting.memory import last, remember
from library.services.suggesting.names import NameIndex, load_names
from library.services.suggesting.places import FileRow, files_of
from library.services.suggestions import Proposal

FIELDS = ("studio", "creators", "title", "date", "tags", "any")
_LISTED = ", ".join(f"{{{one}}}" for one in FIELDS)
_KIND_OF = {"studio": "studio", "creators": "creator", "tags": "tag"}
_FIELD = re.compile(r"\{(\w+)\}")
_BETWEEN = re.compile(r"\s*(?:,|&|\+|;|\band\b|\bund\b|\bfeat\.?(?=\s)|\bft\.?(?=\s)|\bx\b)\s*", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})[-_. ](\d{1,2})[-_. ](\d{1,2})|(\d{4})(\d{2})(\d{2})|(\d{4})")
# Of several that each name stands alone in its place is worth more than the name anywhere.
_CONFIDENCE = 0.9
# Beside a known name in its place, the rest is very likely in its own.
_CONFIDENCE_OF_VALUE = 0.85
_MOST_TEMPLATES = 20


@dataclass(frozen=True, slots=True)
class Template:
    """`fields` with the text before each, and the one after the last."""

    text: str
    fields: tuple[str, ...]
    literals: tuple[str, ...]


class TemplateError(ValueError):
    """A template that can't be; the text is a sentence for its owner."""


def read_template(text: str) -> Template:
    """Raises TemplateError."""
    text = text.strip()
    fields = tuple(_FIELD.findall(text))
    if not fields:
        raise TemplateError(f"“{text}” names no field. Use some of {_LISTED}.")
    for name in fields:
        if name not in FIELDS:
            raise TemplateError(
                f"“{{{name}}}” is no field. Use some of {', '.join('{' + one + '}' for one in FIELDS)}."
            )
    double = [name for name in set(fields) if fields.count(name) > 1 and name != "any"]
    if double:
        raise TemplateError(f"“{{{double[0]}}}” stands twice in “{text}”.")
    # Split by a group: text, field, text, field, ..., text.
    literals = tuple(_FIELD.split(text)[::2])
    if any(not one.strip() and not one for one in literals[1:-1]):
        raise TemplateError(f"Between two fields of “{text}” something has to stand, to tell them apart.")
    return Template(text, fields, literals)


def parse(stem: str, template: Template) -> dict[str, str] | None:
    """What stands in each field's place; None where the name isn't built so. Each text between is looked for from the
    left, the last one from the right: linear, whatever the name."""
    stem = stem.replace("_", " ").strip()
    first, *between, tail = template.literals
    if not stem.startswith(first) or not stem.endswith(tail):
        return None
    rest = stem[len(first) : len(stem) - len(tail) if tail else None]
    found: dict[str, str] = {}
    for number, (name, literal) in enumerate(zip(template.fields, between, strict=False)):
        is_last = number == len(between) - 1
        before, separator, after = rest.rpartition(literal) if is_last and number else rest.partition(literal)
        if not separator:
            return None
        found[name], rest = before.strip(), after
    found[template.fields[-1]] = rest.strip()
    if not all(found.values()) or ("date" in found and read_date(found["date"]) is None):
        return None
    return found


def read_date(text: str) -> date | None:
    """A day, or the first of a year that stands alone."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    parts = [part for part in match.groups() if part]
    year, month, day = (int(part) for part in (*parts, "1", "1")[:3])
    try:
        return date(year, month, day) if 1880 <= year <= 2100 else None
    except ValueError:
        return None


def split_names(text: str) -> list[str]:
    """ "Ana, Bea & Cleo" as three."""
    return [part.strip() for part in _BETWEEN.split(text) if part and part.strip()]


def load_templates() -> list[Template]:
    """The owner's, those that can't be read left out. One query, once in a run."""

    def make() -> list[Template]:
        found = []
        for line in LibrarySettings.load().filename_templates.splitlines()[:_MOST_TEMPLATES]:
            try:
                found.append(read_template(line))
            except TemplateError:
                continue
        return found

    return remember("templates", make)


def propose_by_template(video_ids: Sequence[int]) -> Iterator[Proposal]:
    """What stands in the places of the first template in which at least one place holds a known name; of a name that
    is like none of them, what it says by custom."""
    names, templates = load_names(), load_templates()
    guesses = _guesses(video_ids)
    files = files_of(video_ids)
    stems = clean_names([file.stem for file in files])
    for file, stem in zip(files, stems, strict=True):
        guess = guesses.get(file.video_id, {})
        found = next(filter(None, (_by_template(file, stem, one, names, guess) for one in templates)), None)
        if found is None:
            found = propose_by_guess(file, guess, names)
        yield from found


def _by_template(
    file: FileRow, stem: str, template: Template, names: NameIndex, guess: Mapping[str, Sequence[str]]
) -> list[Proposal]:
    """Empty where the name isn't built so, or holds no known name in its place."""
    fields = parse(stem, template)
    if fields is None:
        return []
    found = [
        Proposal(file.video_id, kind, pk, _CONFIDENCE, {"words": word, "template": template.text})
        for name, kind in _KIND_OF.items()
        for word in split_names(fields.get(name, ""))
        if (pk := names.exact(kind, word)) is not None
    ]
    if found:
        title = without_marks(fields.get("title", ""), guess, names)
        for name, kind, text in (("title", SuggestedKind.TITLE, title), *_date_of(fields)):
            if text and not (kind == SuggestedKind.TITLE and text == file.title):
                evidence = {"words": fields[name], "template": template.text}
                found.append(Proposal.of_value(file.video_id, kind, text, _CONFIDENCE_OF_VALUE, evidence))
    return found


def _date_of(fields: Mapping[str, str]) -> list[tuple[str, str, str]]:
    released = read_date(fields.get("date", ""))
    return [("date", SuggestedKind.RELEASED, released.isoformat())] if released else []


def _guesses(video_ids: Sequence[int]) -> dict[int, Any]:
    """What a worker read out of their names. One query."""
    ids = tuple(video_ids)
    rows = last("facts", ids, lambda: list(SuggestionInput.objects.filter(video__in=ids).exclude(facts={})))
    return {row.video_id: row.facts.get("name") or {} for row in rows}


def template_reason(suggestion: Suggestion) -> str:
    words, template = suggestion.evidence.get("words", ""), suggestion.evidence.get("template", "")
    if not template:
        return f"The file's name says so: “{words}”."
    return f"The file is named like “{template}”, with “{words}” in that place."
