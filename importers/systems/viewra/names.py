"""Words and people that Viewra has only as text within its films: tags and creators made of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from importers.records import Mapped, Record, Ref, SourceRow
from importers.sources.cleaning import clean_json, clean_text
from importers.systems.cells import row_key
from importers.systems.viewra.index import Index
from library.models.names import clean_name, name_key

# Made of the table `movies`; no tables of Viewra's own.
TAGS, PEOPLE = "movies.tags", "movies.people"
KEYWORDS = "keywords"
_GENRE, _KEYWORD = "genre", "keyword"
# Columns with people, and what their roles are called in them.
_PEOPLE_COLUMNS = {"main_cast": ("character", "role"), "cast": ("character", "role"), "main_crew": ("job",)}
_LONGEST_TAG, _LONGEST_NAME, _LONGEST_ROLE = 100, 200, 100


def tag_rows(index: Index) -> Iterator[SourceRow]:
    """Every genre and keyword once, the keywords below a tag of their own, since there are many."""
    seen: set[str] = set()
    for movie in index.rows("movies", "id"):
        for key, name in tags_of(movie):
            if key in seen:
                continue
            if key.startswith(_KEYWORD) and KEYWORDS not in seen:
                seen.add(KEYWORDS)
                yield SourceRow(TAGS, KEYWORDS, {"name": "Keywords"})
            seen.add(key)
            yield SourceRow(TAGS, key, {"name": name})


def map_tag(row: SourceRow, index: Index) -> Mapped:
    parent = Ref(TAGS, KEYWORDS) if row.key.startswith(f"{_KEYWORD}:") else None
    name = str(row.columns["name"])
    return Mapped(records=(Record("library.tag", {"name": name, "parent": parent}),), title=name)


def tags_of(movie: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(key of the tag's row, name) of each genre and keyword of a film, each once."""
    found: dict[str, str] = {}
    for kind, column in ((_GENRE, "genres"), (_KEYWORD, "keywords")):
        for text in _words(movie.get(column)):
            name = clean_name(text)[:_LONGEST_TAG].strip()
            if name:
                found.setdefault(row_key(kind, name_key(name)), name)
    return list(found.items())


def people_rows(index: Index) -> Iterator[SourceRow]:
    seen: set[str] = set()
    for movie in index.rows("movies", "id"):
        for key, (name, _) in people_of(movie).items():
            if key not in seen:
                seen.add(key)
                yield SourceRow(PEOPLE, key, {"name": name})


def map_person_named(row: SourceRow, index: Index) -> Mapped:
    name = str(row.columns["name"])
    return Mapped(records=(Record("people.creator", {"name": name}),), title=name)


def people_of(movie: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """(name, roles) of whom a film names, by the key of the creator's row."""
    roles: dict[str, tuple[str, list[str]]] = {}
    for name, role in _credits(movie):
        name = clean_name(name)[:_LONGEST_NAME].strip()
        if name:
            found = roles.setdefault(row_key(name_key(name)), (name, []))[1]
            if role and role not in found:
                found.append(role)
    return {key: (name, ", ".join(found)[:_LONGEST_ROLE]) for key, (name, found) in roles.items()}


def _credits(movie: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, role), director first."""
    for name in _words(movie.get("director")):
        yield name, "Director"
    for column, names in (
        ("main_cast", ("character", "role")),
        ("cast", ("character", "role")),
        ("main_crew", ("job",)),
    ):
        people = clean_json(movie.get(column))[0]
        for person in people if isinstance(people, list) else ():
            if isinstance(person, str):
                yield clean_text(person)[0], ""
            elif isinstance(person, dict):
                role = next((person[name] for name in names if isinstance(person.get(name), str)), "")
                yield clean_text(person.get("name"))[0], clean_text(role)[0].strip()


def _words(value: Any) -> Iterator[str]:
    """Texts, or the names of objects, of a JSON array; text that is no JSON is a list with commas."""
    parsed, reason = clean_json(value)
    if reason or isinstance(parsed, str):
        text = clean_text(parsed if isinstance(parsed, str) else value)[0]
        # Broken JSON is kept with its row; it isn't taken apart.
        yield from () if text.lstrip().startswith(("[", "{")) else (part.strip() for part in text.split(","))
        return
    for item in parsed if isinstance(parsed, list) else ():
        yield clean_text(item.get("name") if isinstance(item, dict) else item)[0]
