"""What the reader makes of Viewra's rows."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from importers.exceptions import SourceError
from importers.records import FileFacts, Mapped, Ref, Secret, SourcePath, SourcePicture
from importers.registry import SourceOptions
from importers.systems.viewra.files import frame_rate
from importers.systems.viewra.source import NOT_IMPORTED, Viewra, ViewraSource
from tests.importers import viewra
from tests.importers.readers import notes_of, read_all, secrets_in, values_of

AT = datetime(2025, 6, 24, 21, 25, 29, 123456, tzinfo=UTC)
FILM = Ref("media_files", viewra.FILM)
Rows = dict[tuple[str, str], Mapped]


def open_source(location: Path | str, **extra: str) -> ViewraSource:
    return Viewra().open(str(location), SourceOptions(extra=extra))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    source = open_source(viewra.build_clean(tmp_path_factory.mktemp("clean") / "viewra.db"), pictures="/pictures")
    yield read_all(source)
    source.close()


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return read_all(open_source(viewra.build_dirty(tmp_path_factory.mktemp("dirty") / "viewra.db")))


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return read_all(open_source(viewra.build_documented(tmp_path_factory.mktemp("seed") / "viewra.db")))


@pytest.fixture
def postgres_url(django_db_setup: None) -> Iterator[str]:
    """An empty database on the tests' own server."""
    settings = connection.settings_dict
    name = f"viewra_source_{os.getpid()}"
    server = {"host": settings["HOST"], "port": settings["PORT"] or None, "user": settings["USER"]}
    password = settings["PASSWORD"] or None
    with psycopg.connect(**server, password=password, dbname="postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            host = str(settings["HOST"]).replace("/", "%2F")
            yield f"postgresql://{settings['USER']}:{password or ''}@{host}:{settings['PORT'] or ''}/{name}"
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_the_oldest_file_of_a_film_becomes_the_video_with_what_the_film_says(clean: Rows) -> None:
    mapped = clean["media_files", viewra.FILM]

    assert mapped.records[0].kind == "library.video"
    assert mapped.records[0].values == {
        "title": "The Keeper",
        "description": "A lighthouse.",
        "release_date": date(1999, 1, 1),
        "cover": SourcePicture(path="/pictures/movie/ab/poster_tmdb_0011.webp"),
        "file": FileFacts(
            path="/mnt/media/films/Keeper.mkv", size_bytes=4_000_000_000, duration_seconds=5400.0, width=1920,
            height=1080, frame_rate=24000 / 1001, bit_rate=5_900_000, video_codec="hevc", audio_codec="aac",
            container="mkv", added_at=AT, last_seen_at=AT,
        ),
        "folder": Ref("media_libraries", "1"),
        "created_at": AT,
        "original_file_name": "Keeper.mkv",
    }  # fmt: skip
    assert not mapped.kept and not mapped.notes


def test_further_files_of_a_film_come_after_all_firsts_as_files_of_its_video(tmp_path: Path, clean: Rows) -> None:
    cut = clean["media_files", viewra.CUT].records[0]
    source = open_source(viewra.build_clean(tmp_path / "viewra.db"))

    assert (cut.kind, cut.values["video"], cut.values["version_name"]) == ("library.videofile", FILM, "Director's Cut")
    assert [row.key for row in source.rows("media_files")][-1] == viewra.CUT


def test_an_episode_is_a_video_named_by_its_show_and_number(clean: Rows) -> None:
    [video] = values_of(clean["media_files", viewra.EPISODE], "library.video")
    episode = clean["episodes", "e-1"]

    assert (video["title"], video["release_date"]) == ("Harbour Lights S02E05 The Storm", date(2013, 2, 8))
    assert notes_of(episode) == {
        "series": "Harbour Lights", "season": "2", "episode": "5", "episode title": "The Storm",
    }  # fmt: skip
    assert values_of(episode, "library.videotag")[0]["tag"] == Ref("tv_shows", "s-1")
    assert episode.kept["season_id"] == "s-1-2"


def test_what_surrounds_a_film_comes_with_its_row_and_its_columns_stay_kept(clean: Rows) -> None:
    film = clean["movies", "m-film"]

    assert {(values["source"], values["external_id"]) for values in values_of(film, "people.externalid")} == {
        ("viewra", "m-film"), ("tmdb", "603"), ("imdb", "tt0133093"), ("wikidata", "Q1"),
    }  # fmt: skip
    assert [values["tag"].key for values in values_of(film, "library.videotag")] == [
        "genre:drama", "genre:sea", "keyword:storm",
    ]  # fmt: skip
    assert [(values["creator"].key, values["role"]) for values in values_of(film, "people.credit")] == [
        ("ann actor", "Keeper"), ("dan director", "Director"),
    ]  # fmt: skip
    assert notes_of(film) == {"original title": "Väktaren", "certificate": "PG-13", "score": "7.5"}
    assert (film.kept["runtime"], film.kept["vote_count"]) == (90, 9)
    assert all(values["video"] == FILM for record in film.records if (values := record.values))


def test_words_and_names_within_films_are_rows_of_their_own_once(clean: Rows) -> None:
    tags = {key: mapped.records[0].values for (table, key), mapped in clean.items() if table == "movies.tags"}
    people = [key for table, key in clean if table == "movies.people"]

    assert tags == {
        "genre:drama": {"name": "Drama", "parent": None},
        "genre:sea": {"name": "Sea", "parent": None},
        "keywords": {"name": "Keywords", "parent": None},
        "keyword:storm": {"name": "storm", "parent": Ref("movies.tags", "keywords")},
    }
    assert people == ["ann actor", "dan director"]


def test_what_has_no_place_yet_is_kept_as_it_was(clean: Rows) -> None:
    for key in (
        ("movies", "m-lost"), ("seasons", "s-1-2"), ("albums", "al-1"), ("tracks", "t-1"), ("media_files", viewra.SONG),
        ("media_external_ids", "s-1:tv_show:tmdb:42"),
    ):  # fmt: skip
        assert clean[key].skipped == "no_place_yet" and not clean[key].records and len(clean[key].kept) >= 4
    assert clean["tracks", "t-1"].kept["track_number"] == 3


def test_people_come_with_the_picture_that_was_chosen_and_one_credit_for_all_their_roles(clean: Rows) -> None:
    [ann] = values_of(clean["people", "p-1"], "people.creator")
    [uma] = values_of(clean["people", "p-2"], "people.creator")
    [credit] = values_of(clean["roles", "m-film:p-1:movie:Actor"], "people.credit")

    assert (ann["birth_date"], ann["picture"].path) == (date(1960, 5, 4), "/pictures/actor/cd/headshot_tmdb_0033.webp")
    assert uma["image_url"] == "https://img.example.org/u.jpg" and "picture" not in uma
    assert credit == {"video": FILM, "creator": Ref("people", "p-1"), "role": "Actor, Producer", "source": "import"}
    assert clean["roles", "m-film:p-1:movie:Producer"].skipped == "duplicate"


def test_pictures_that_came_along_are_told_from_those_that_stay_behind(clean: Rows) -> None:
    assert {key: mapped.skipped for (table, key), mapped in clean.items() if table == "media_assets"} == {
        "as-1": "taken_along", "as-2": "not_imported", "as-3": "taken_along", "as-4": "not_imported",
    }  # fmt: skip


def test_of_what_a_plugin_said_the_newest_counts_by_the_moment_and_not_by_its_text(clean: Rows) -> None:
    older, newer = (
        clean["media_enrichments", f"m-film:tmdb_enricher_v2:{moment}"]
        for moment in ("2025-06-24 17:00:00-04:00", "2025-06-24 22:00:00Z")
    )

    assert older.skipped == "duplicate"
    assert [(values["field"], values["value"]) for values in values_of(newer, "processing.pluginmetadata")] == [
        ("title", "The Keeper"), ("tag", "Drama"), ("tag", "Sea"), ("year", "1999"),
    ]  # fmt: skip
    assert newer.records[0].values["plugin"] == Ref("plugins.of_facts", "tmdb_enricher_v2")
    assert (newer.records[0].values["confidence"], newer.records[0].values["source"]) == (0.93, "tmdb")
    assert values_of(newer, "people.externalid") == [{"video": FILM, "source": "tmdb", "external_id": "603"}]
    assert len({record.part for record in newer.records}) == len(newer.records)


def test_the_plugins_own_table_is_facts_and_ids_too(clean: Rows) -> None:
    mapped = clean["tmdb_enrichments", "1"]

    assert {(v["field"], v["value"]) for v in values_of(mapped, "processing.pluginmetadata")} == {
        ("title", "The Keeper"), ("description", "A lighthouse."), ("tag", "18"),
    }  # fmt: skip
    assert {(v["source"], v["external_id"]) for v in values_of(mapped, "people.externalid")} == {
        ("tmdb", "603"), ("imdb", "tt0133093"),
    }  # fmt: skip


def test_a_plugin_that_said_something_is_one_that_is_gone(clean: Rows) -> None:
    [plugin] = values_of(clean["plugins.of_facts", "tmdb_enricher_v2"], "processing.plugin")

    assert plugin == {
        "name": "tmdb_enricher_v2", "title": "TMDb Enricher", "description": "", "version": "2.1.0", "state": "gone",
        "is_enabled": False,
    }  # fmt: skip


def test_the_history_is_sittings_and_a_session_that_it_has_is_none_again(clean: Rows) -> None:
    [watch] = values_of(clean["playback_histories", "h-1"], "playback.watch")

    assert watch == {
        "user": Ref("users", "1"), "video": FILM, "watched_at": datetime(2025, 5, 1, 20, 0, 5, tzinfo=UTC),
        "watched_seconds": 3000.0, "position_seconds": 3100.0, "is_completed": False,
    }  # fmt: skip
    assert clean["playback_sessions", "ps-1"].skipped == "duplicate"
    assert clean["playback_sessions", "ps-2"].records[0].values["video"] == Ref("media_files", viewra.EPISODE)
    assert clean["playback_sessions", "ps-3"].skipped == "unfinished"
    assert not any("10.0.0.7" in str(mapped.kept) for mapped in clean.values())


def test_progress_is_the_newest_of_somebody_and_a_file_and_the_owners_when_nobody_knows_whose(clean: Rows) -> None:
    found = {key: mapped for (table, key), mapped in clean.items() if table == "user_media_progresses"}

    assert found["pr-1"].skipped == "duplicate"
    assert found["pr-2"].records[0].values["position_seconds"] == 900.0
    assert found["pr-3"].records[0].values["user"] == Ref("users", "1") and found["pr-3"].kept == {
        "user_id": "living room"
    }


def test_accounts_keep_hashes_that_django_can_check_and_nothing_in_clear(clean: Rows) -> None:
    [me], [kid] = (values_of(clean["users", key], "library.user") for key in ("1", "2"))

    assert (me["password"], me["is_owner"]) == (f"bcrypt${viewra.HASH}", True)
    assert (kid["password"], kid["is_owner"]) == ("", False)
    assert "in clear" not in repr(clean)


def test_libraries_are_folders_and_ended_scans_their_history(clean: Rows) -> None:
    [folder] = values_of(clean["media_libraries", "2"], "library.folder")
    [scan] = values_of(clean["scan_jobs", "1"], "library.scanlog")

    assert (folder["path"], folder["name"], folder["kind"]) == (SourcePath("/mnt/media/shows"), "shows", "series")
    assert scan == {
        "folder": Ref("media_libraries", "1"), "status": "completed", "trigger": "manual", "started_at": AT,
        "finished_at": AT, "files_seen": 12, "error": "",
    }  # fmt: skip
    assert clean["scan_jobs", "2"].skipped == "unfinished"


def test_every_table_is_read_or_listed_with_the_reason(tmp_path: Path) -> None:
    source = open_source(viewra.build_dirty(tmp_path / "viewra.db"))
    tables = {table.name: table for table in source.tables()}

    assert tables.keys() >= viewra.SCHEMA.keys()
    assert all(tables[name].not_imported for name in viewra.SCHEMA if name in NOT_IMPORTED)
    assert (tables["user_preferences"].rows, tables["watch_parties"].reason) == (0, "unknown_table")
    assert source.map(next(iter(source.rows("plugins")))).skipped == "not_imported"


def test_rows_of_unknown_tables_are_kept_even_when_two_say_the_same(dirty: Rows) -> None:
    parties = [mapped for (table, _), mapped in dirty.items() if table == "watch_parties"]

    assert len(parties) == 2
    assert all(party.skipped == "unknown_table" and party.kept["access_token"] == Secret("tok-1") for party in parties)


def test_no_secret_shows_itself(clean: Rows, dirty: Rows) -> None:
    assert "plugin-api-key" not in repr(clean) and "tok-1" not in repr(dirty)
    assert {text for mapped in dirty.values() for text in secrets_in(mapped.kept)} == {"tok-1"}


def test_odd_values_are_counted_and_kept(dirty: Rows) -> None:
    orphan = dirty["media_files", "f-orphan"]

    assert set(orphan.notes) == {"dangling_reference", "bad_number", "bad_date"}
    assert orphan.kept == {"library_id": 77, "video_framerate": "25/0", "duration": -5, "created_at": "soon"}
    assert (orphan.records[0].values["title"], orphan.records[0].values["folder"]) == ("Orphan", None)
    assert dirty["media_files", viewra.FILM].kept == {"mood": "blue"}
    assert dirty["media_files", viewra.FILM].notes == ("unknown_column",)
    assert dirty["media_libraries", "4"].skipped == "duplicate"
    assert set(dirty["movies", "m-film"].notes) == {"bad_json", "bad_date"}
    assert dirty["movies", "m-film"].kept["main_cast"] == '[{"name": "Ann'
    assert "dangling_reference" in dirty["episodes", "e-2"].notes
    assert dirty["media_enrichments", f"m-film:filename:{viewra.WHEN}"].skipped == "bad_json"
    assert dirty["user_media_progresses", "pr-4"].skipped == "dangling_reference"
    assert dirty["people", "p-3"].skipped == "no_name"
    assert dirty["artists", "a-1"].records[0].values["description"] == "nul \ufffd here"


def test_the_documented_tables_are_read_by_their_columns(documented: Rows) -> None:
    [folder] = values_of(documented["media_libraries", "lib"], "library.folder")
    [video] = values_of(documented["media_files", "f1"], "library.video")
    film = documented["movies", "m1"]

    assert (folder["name"], folder["scan_interval_minutes"]) == ("Films", 60)
    assert (video["title"], video["release_date"]) == ("The Keeper", date(1999, 5, 6))
    assert (video["file"].path, video["file"].size_bytes) == ("/mnt/media/films/Keeper.mkv", 123)
    assert (video["file"].width, video["file"].height) == (1920, 800)
    assert notes_of(film) == {"score": "7.5"}
    assert [(values["creator"].key, values["role"]) for values in values_of(film, "people.credit")] == [
        ("dan director", "Director"), ("ann actor", ""),
    ]  # fmt: skip
    assert documented["users.owner", "users.owner"].records[0].values == {"username": "viewra", "is_owner": True}
    assert documented["user_media_progress", "x:f1"].records[0].values["user"] == Ref("users.owner", "users.owner")
    assert documented["user_media_progress", "x:f1"].records[0].values["position_seconds"] == 12.5
    assert documented["playback_history", "h1"].records[0].values["watched_seconds"] == 60.0
    assert documented["playback_sessions", "s1"].records[0].kind == "playback.watch"
    assert [v["value"] for v in values_of(documented["plugin_metadata", "pm1"], "processing.pluginmetadata")] == [
        "The Keeper", "sea", "light",
    ]  # fmt: skip
    assert documented["plugin_metadata", "pm2"].records[0].values["external_id"] == "Q1"
    assert documented["transcode_cache", "c1"].skipped == "not_imported"


def test_postgresql_gives_the_same_as_the_file(postgres_url: str, clean: Rows) -> None:
    viewra.fill_postgres(postgres_url)
    with closing(open_source(postgres_url, pictures="/pictures")) as source:
        there = read_all(source)

    def told(rows: Rows) -> dict[Any, Any]:
        # Keys with a moment in them are written otherwise there.
        return {key: rows[key].records for key in rows if key[0] not in ("media_enrichments",)}

    assert told(there) == told(clean)
    assert len(there) == len(clean) and "@" not in source.label


def test_an_installation_is_the_same_in_both_databases(postgres_url: str, tmp_path: Path) -> None:
    viewra.fill_postgres(postgres_url)
    with (
        closing(open_source(postgres_url)) as there,
        closing(open_source(viewra.build_clean(tmp_path / "viewra.db"))) as here,
    ):
        assert there.identity == here.identity == "users 1 2025-06-24T21:25:29+00:00"


def test_reading_goes_on_behind_any_row(tmp_path: Path) -> None:
    source = open_source(viewra.build_dirty(tmp_path / "viewra.db"))

    for table in source.tables():
        keys = [row.key for row in source.rows(table.name)]
        assert len(set(keys)) == len(keys)
        for place, key in enumerate(keys):
            assert [row.key for row in source.rows(table.name, after=key)] == keys[place + 1 :]


def test_the_file_is_found_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "viewra-data").mkdir()
    viewra.build_clean(tmp_path / "viewra-data" / "viewra.db")

    assert open_source(tmp_path).paths()[:3] == ["/mnt/media/films", "/mnt/media/shows", "/mnt/media/music"]


@pytest.mark.parametrize("name", ["nowhere.db", "empty", "text.db", "other.db"])
def test_what_is_no_data_of_viewra_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.db").write_text("hello")
    viewra.build(tmp_path / "other.db", {"notes": "id INTEGER PRIMARY KEY"}, {})

    with pytest.raises(SourceError, match=name.removesuffix(".db")):
        open_source(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24000/1001", (24000 / 1001, "")), ("25", (25.0, "")), (29.97, (29.97, "")), ("", (None, "")),
        ("0/0", (None, "")), ("25/0", (None, "bad_number")), ("fast", (None, "bad_number")),
        ("-1/1", (None, "bad_number")),
    ],
)  # fmt: skip
def test_pictures_a_second_are_read_from_fractions(text: Any, expected: tuple[float | None, str]) -> None:
    assert frame_rate(text) == expected
