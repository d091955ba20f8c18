"""What Viewra's plugins found out about films: facts of plugins here, apart from what people wrote."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.text import slugify

from importers.records import Mapped, Record, Ref, SourceRow
from importers.sources.cleaning import clean_json, clean_text
from importers.systems.cells import Cells, part_name, row_key
from importers.systems.viewra.index import Index
from importers.systems.viewra.keeping import keep_row, whole
from importers.systems.viewra.titles import FILES, video_of

# Made of all tables of facts; no table of Viewra's own.
PLUGINS = "plugins.of_facts"
ENRICHMENTS = ("media_enrichments", "media_enrichment")
# Tables that a plugin made for itself, and the plugin.
OWN_TABLES = {"tmdb_enrichments": "tmdb", "musicbrainz_enrichments": "musicbrainz"}
_DEFAULT_CONFIDENCE = 0.8
_FIELDS = {
    "overview": "description", "plot": "description", "genres": "tag", "genre": "tag", "keywords": "keyword",
    "enriched_title": "title", "enriched_artist": "artist", "enriched_album": "album", "enriched_year": "year",
}  # fmt: skip
# Columns of the plugins' own tables that are no facts.
_NOT_FACTS = frozenset({
    "id", "media_file_id", "media_id", "media_type", "created_at", "updated_at", "enriched_at", "processed_at",
    "confidence_score", "match_score", "source_plugin", "tm_db_type", "match_method", "external_ids",
})  # fmt: skip
# Members of a payload that are no facts.
_AROUND_FACTS = frozenset({
    "source", "source_priority", "fields", "external_ids", "confidence_score", "confidence", "updated_at",
})  # fmt: skip
_ID_TYPES = frozenset({"id", "ids", "external_id", "external_ids"})
_MOST_VALUES = 100


def plugin_rows(index: Index) -> Iterator[SourceRow]:
    """Each plugin that said something, with what Viewra knew of it."""
    known = {row_key(row.get("plugin_id") or row.get("id")): row for row in index.rows("plugins", "id")}
    seen: set[str] = set()
    for name in _plugin_names(index):
        slug = plugin_slug(name)
        if slug not in seen:
            seen.add(slug)
            yield SourceRow(PLUGINS, slug, {"_name": name, "_row": known.get(row_key(name), {})})


def map_plugin(row: SourceRow, index: Index) -> Mapped:
    """A plugin that isn't installed here: what it said needs somebody who said it."""
    cells = Cells(row.columns["_row"])
    title = cells.line("name", longest=100) or clean_text(row.columns["_name"], longest=100)[0]
    values = {
        "name": row.key, "title": title, "description": cells.text("description"),
        "version": cells.line("version", longest=60), "state": "gone", "is_enabled": False,
    }  # fmt: skip
    return Mapped((Record("processing.plugin", values),), title=title)


def map_enrichment(row: SourceRow, index: Index) -> Mapped:
    """A row of `media_enrichments`: {source, fields, external_ids, confidence_score}, or a flat {title, year, source}
    of the plugins inside Viewra. Of several of one plugin the newest counts."""
    if not row.columns.get("_is_newest", True):
        return keep_row(row, "duplicate")
    video = video_of(row_key(row.columns.get("media_id")), index)
    if video is None:
        return keep_row(row, "no_place_yet")
    cells = Cells(row.columns)
    payload = cells.json("payload", shape=dict)
    fields = payload.get("fields")
    if not isinstance(fields, dict):
        fields = {name: value for name, value in payload.items() if name not in ("source", "external_ids")}
        fields = {
            name: value for name, value in fields.items() if not name.startswith(("source_", "confidence", "upd"))
        }
    found = _Found(video, plugin_slug(cells.line("plugin")), cells, cells.moment("updated_at", "created_at"))
    found.confidence = _confidence(payload.get("confidence_score"))
    found.source = clean_text(payload.get("source"), longest=500)[0]
    return found.mapped(row, fields, payload.get("external_ids"))


def map_own_table(row: SourceRow, index: Index) -> Mapped:
    """A row of a plugin's own table: every column that says something is a fact."""
    cells = Cells(row.columns)
    first = index.first_of_file.get(row_key(row.columns.get("media_file_id")))
    if first is None:
        return keep_row(row, "no_place_yet")
    moment = cells.moment("processed_at", "enriched_at", "updated_at", "created_at")
    found = _Found(Ref(FILES, first), OWN_TABLES[row.table], cells, moment)
    found.confidence = _confidence(row.columns.get("confidence_score") or row.columns.get("match_score"))
    fields: dict[str, Any] = {}
    ids: dict[str, Any] = {}
    for name, value in row.columns.items():
        if name in _NOT_FACTS or name.startswith("_"):
            continue
        if name.endswith(("_mb_id", "_db_id", "imdb_id", "tvdb_id", "isrc")):
            ids[name.replace("tm_db", "tmdb").replace("mb_id", "musicbrainz")] = value
        else:
            fields[name] = _parsed(value)
    others = clean_json(row.columns.get("external_ids"))[0]
    return found.mapped(row, fields, {**ids, **(others if isinstance(others, dict) else {})})


def map_documented(row: SourceRow, index: Index) -> Mapped:
    """A row of the documented `plugin_metadata`: ids, or facts with a confidence."""
    cells = Cells(row.columns)
    first = index.first_of_file.get(row_key(row.columns.get("media_file_id")))
    if first is None:
        return keep_row(row, "no_place_yet")
    said = cells.json("metadata")
    kind = cells.line("metadata_type").lower()
    found = _Found(Ref(FILES, first), plugin_slug(cells.line("plugin_id")), cells, cells.moment("created_at"))
    found.confidence = _confidence(row.columns.get("confidence"))
    if kind in _ID_TYPES:
        return found.mapped(row, {}, said)
    return found.mapped(row, said if isinstance(said, dict) else {kind or "value": said}, None)


def plugin_slug(name: str) -> str:
    return slugify(name.replace(".", "-"))[:40] or "unknown"


class _Found:
    """Facts and ids of one row on their way to records; the first of them is the row's own."""

    def __init__(self, video: Ref, plugin: str, cells: Cells, moment: datetime | None) -> None:
        self.video, self.plugin, self.cells = video, plugin, cells
        self.fetched_at = moment or datetime(1970, 1, 1, tzinfo=UTC)
        self.confidence = _DEFAULT_CONFIDENCE
        self.source = ""
        self._records: list[Record] = []

    def mapped(self, row: SourceRow, fields: Mapping[str, Any], ids: Any) -> Mapped:
        for field, text in dict.fromkeys(_facts(fields)):
            self._add_fact(field, text)
        for source, text in dict(_ids(ids)).items():
            self._add_id(source, text)
        kept = {**whole(row.columns), **self.cells.kept}
        notes = tuple(self.cells.notes)
        if not self._records:
            reason = "bad_json" if "bad_json" in notes else "no_place_yet"
            return Mapped(skipped=reason, kept=kept, title=self.plugin)
        return Mapped(tuple(self._records), kept=kept, notes=notes, title=self.plugin)

    def _add_fact(self, field: str, text: str) -> None:
        values = {
            "video": self.video, "plugin": Ref(PLUGINS, self.plugin), "field": field, "value": text,
            "confidence": self.confidence, "source": self.source, "fetched_at": self.fetched_at,
        }  # fmt: skip
        self._records.append(Record("processing.pluginmetadata", values, part=self._part("fact", field, text)))

    def _add_id(self, source: str, text: str) -> None:
        values = {"video": self.video, "source": source, "external_id": text}
        self._records.append(Record("people.externalid", values, part=self._part("id", source)))

    def _part(self, *words: str) -> str:
        """Of the first record "", since it is the row's own."""
        return part_name(*words) if self._records else ""


def _plugin_names(index: Index) -> Iterator[str]:
    for table in ENRICHMENTS:
        for row in index.rows(table, "media_id", "plugin"):
            yield clean_text(row.get("plugin"))[0].strip()
    for row in index.rows("plugin_metadata", "id"):
        yield clean_text(row.get("plugin_id"))[0].strip()
    yield from (plugin for table, plugin in OWN_TABLES.items() if table in index.names)


def _facts(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, value) of everything that says something."""
    for name, value in fields.items():
        field = _FIELDS.get(str(name), slugify(str(name)))[:40]
        yield from ((field, text) for text in _texts(value) if field and text)


def _ids(ids: Any) -> Iterator[tuple[str, str]]:
    """(source, id) of an object of ids."""
    for name, value in ids.items() if isinstance(ids, dict) else ():
        source = clean_text(name)[0].strip().lower().removesuffix("_id")[:50]
        text = clean_text(value, longest=200)[0].strip() if isinstance(value, str | int) else ""
        if source and text not in ("", "0", "False", "True"):
            yield source, text


def _texts(value: Any) -> Iterator[str]:
    """A fact's values: a list's items one by one, objects by their names."""
    if isinstance(value, list):
        for item in value[:_MOST_VALUES]:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield clean_text(value.get("name") or value.get("title") or "")[0].strip()
    elif value is not None and not isinstance(value, bool):
        yield clean_text(value)[0].strip()


def _parsed(value: Any) -> Any:
    """JSON where a column holds some, else the column."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        parsed, reason = clean_json(value)
        return value if reason else parsed
    return value


def _confidence(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return _DEFAULT_CONFIDENCE
    return min(1.0, max(0.0, number)) if number == number else _DEFAULT_CONFIDENCE
