"""Films, shows, seasons, episodes, albums and tracks of Viewra.

The video itself is made of the file's row; here are the facts around it. What is typed in Viewra is kept with the row,
for when Videothek has films, series and music as things of their own.
"""

from typing import Any

from importers.records import Mapped, Record, Ref, SourceRow
from importers.sources.cleaning import clean_json, clean_number, clean_text
from importers.systems.cells import Cells, part_name
from importers.systems.viewra.index import Index
from importers.systems.viewra.keeping import keep_row, whole
from importers.systems.viewra.names import PEOPLE, TAGS, people_of, tags_of

FILES = "media_files"
_JSON = (
    "genres", "keywords", "main_cast", "main_crew", "external_ids", "collection", "awards", "production_companies",
    "production_countries", "spoken_languages",
)  # fmt: skip
_ADDRESSES = {"imdb": "https://www.imdb.com/title/{}/", "tmdb": "https://www.themoviedb.org/movie/{}"}


def map_movie(row: SourceRow, index: Index) -> Mapped:
    video = video_of(row.key, index)
    if video is None:
        return keep_row(row, "no_place_yet")
    cells = Cells(row.columns)
    for name in _JSON:
        cells.json(name)
    cells.day("release_date")
    records = [_known(video, "viewra", row.key, "")]
    for source, value in _ids(cells).items():
        records.append(_known(video, source, value, f"id {source}", _ADDRESSES.get(source, "")))
    for key, _ in tags_of(row.columns):
        values = {"video": video, "tag": Ref(TAGS, key), "source": "import"}
        records.append(Record("library.videotag", values, part=part_name("tag", key)))
    for key, (_, role) in people_of(row.columns).items():
        values = {"video": video, "creator": Ref(PEOPLE, key), "role": role, "source": "import"}
        records.append(Record("people.credit", values, part=part_name("credit", key)))
    records += _film_notes(video, cells)
    kept = {**whole(row.columns), **cells.kept}
    return Mapped(tuple(records), kept=kept, notes=tuple(cells.notes), title=cells.line("title", longest=300))


def map_show(row: SourceRow, index: Index) -> Mapped:
    """A tag for its episodes; the show itself is kept."""
    cells = Cells(row.columns)
    name = cells.line("title", longest=100)
    if not name:
        return keep_row(row, "no_name")
    cells.day("first_air_date")
    record = Record("library.tag", {"name": name, "parent": None, "description": cells.text("description")})
    return Mapped((record,), kept={**whole(row.columns), **cells.kept}, notes=tuple(cells.notes), title=name)


def map_episode(row: SourceRow, index: Index) -> Mapped:
    video = video_of(row.key, index)
    if video is None:
        return keep_row(row, "no_place_yet")
    cells = Cells(row.columns)
    cells.day("air_date")
    season_key = cells.line("season_id")
    show, season = index.seasons.get(season_key, ("", None))
    if season_key not in index.seasons or show not in index.shows:
        cells.notes.append("dangling_reference")
    records = [_known(video, "viewra", row.key, "")]
    if index.shows.get(show):
        values = {"video": video, "tag": Ref("tv_shows", show), "source": "import"}
        records.append(Record("library.videotag", values, part="in series"))
    facts = {
        "series": index.shows.get(show, ""), "season": season, "episode": cells.integer("episode_number"),
        "episode title": cells.line("title"),
    }  # fmt: skip
    records += _notes(video, facts)
    kept = {**whole(row.columns), **cells.kept}
    return Mapped(tuple(records), kept=kept, notes=tuple(cells.notes), title=cells.line("title", longest=300))


def map_track(row: SourceRow, index: Index) -> Mapped:
    """A track with a picture is a video; of sound alone the row is kept."""
    video = video_of(row.key, index)
    if video is None:
        return keep_row(row, "no_place_yet")
    cells = Cells(row.columns)
    records = [_known(video, "viewra", row.key, "")]
    if artist := cells.line("artist_id"):
        values = {"video": video, "creator": Ref("artists", artist), "role": "Artist", "source": "import"}
        records.append(Record("people.credit", values, part="artist"))
    records += _notes(video, {"track": cells.integer("track_number")})
    kept = {**whole(row.columns), **cells.kept}
    return Mapped(tuple(records), kept=kept, notes=tuple(cells.notes), title=cells.line("title", longest=300))


def keep_title(row: SourceRow, index: Index) -> Mapped:
    """Seasons and albums."""
    return keep_row(row, "no_place_yet")


def video_of(title: str, index: Index) -> Ref | None:
    """The video of a film, episode or track; None when it has no file that is one."""
    first = index.first_of_media.get(title)
    return Ref(FILES, first) if first else None


def _known(video: Ref, source: str, value: str, part: str, address: str = "") -> Record:
    values = {"video": video, "source": source, "external_id": value[:200]}
    if address:
        values["url"] = address.format(value)[:500]
    return Record("people.externalid", values, part=part)


def _ids(cells: Cells) -> dict[str, str]:
    """What others call the film; 0 and "" are none."""
    found = {"tmdb": cells.line("tmdb_id"), "imdb": cells.line("imdb_id")}
    others = clean_json(cells.columns.get("external_ids"))[0]
    for name, value in others.items() if isinstance(others, dict) else ():
        source = clean_text(name)[0].strip().lower().removesuffix("_id")[:50]
        if source and isinstance(value, str | int) and not isinstance(value, bool):
            found.setdefault(source, clean_text(value)[0].strip())
    return {source: value for source, value in found.items() if value not in ("", "0")}


def _film_notes(video: Ref, cells: Cells) -> list[Record]:
    # The document's rating is a score; the program's is a certificate ("PG-13") and has its score apart.
    score, _ = clean_number(cells.columns.get("tmdb_rating") or _score(cells.columns.get("rating")))
    certificate = "" if _score(cells.columns.get("rating")) is not None else cells.line("rating")
    return _notes(
        video,
        {
            "original title": cells.line("original_title"), "tagline": cells.line("tagline"),
            "certificate": certificate, "score": score or "",
        },
    )  # fmt: skip


def _score(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _notes(video: Ref, facts: dict[str, Any]) -> list[Record]:
    return [
        Record("library.videometadata", {"video": video, "key": key, "value": str(value)}, part=f"note {key}")
        for key, value in facts.items()
        if value is not None and value != ""
    ]
