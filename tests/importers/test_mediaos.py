"""What the reader makes of MediaOS's rows."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password

from importers.exceptions import SourceError
from importers.records import FileFacts, Mapped, Ref, Secret, SourcePath
from importers.registry import SourceOptions
from importers.systems.mediaos.members import Member, Torn, members
from importers.systems.mediaos.source import Mediaos, MediaosSource
from tests.importers import mediaos
from tests.importers.readers import notes_of, read_all, secrets_in, values_of


def open_source(path: Path, secret: str = mediaos.OLD_KEY) -> MediaosSource:
    return Mediaos().open(str(path), SourceOptions(secret=secret))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Mapped]]:
    source = open_source(mediaos.build_clean(tmp_path_factory.mktemp("clean") / "config"))
    yield read_all(source)
    source.close()


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Mapped]:
    return read_all(open_source(mediaos.build_dirty(tmp_path_factory.mktemp("dirty") / "config")))


def test_a_scanned_film_becomes_a_video_with_its_file(clean: dict[tuple[str, str], Mapped]) -> None:
    film = clean["library_items", "lq1film"]

    assert film.records[0].kind == "library.video" and film.records[0].part == ""
    assert film.records[0].values == {
        "title": "The Lighthouse Keeper",
        "original_file_name": "keeper.mkv",
        "release_date": date(1999, 1, 1),
        "file": FileFacts(
            path="/volume1/media/movies/The Lighthouse Keeper (1999)/keeper.mkv",
            size_bytes=4_294_967_296,
            container="mkv",
        ),
        "folder": Ref("media_folders", "/volume1/media/movies"),
    }
    assert notes_of(film) == {
        "year": "1999", "quality": "1080p", "source": "BluRay", "codec": "x265",
        "poster": "https://image.example.org/keeper.jpg",
    }  # fmt: skip
    assert not film.kept and not film.notes and not film.skipped


def test_a_series_is_a_video_of_the_one_file_that_is_known_with_its_show_as_a_tag(
    clean: dict[tuple[str, str], Mapped],
) -> None:
    show = clean["library_items", "lq2show"]

    assert show.records[0].values["title"] == "Harbour Lights S02E05 The Storm"
    assert values_of(show, "library.tag") == [{"name": "Harbour Lights", "parent": None}]
    assert values_of(show, "library.videotag")[0]["tag"] == Ref("library_items", "lq2show", "series")
    assert notes_of(show) == {
        "series": "Harbour Lights", "season": "2", "episode": "5", "episode title": "The Storm", "quality": "720p",
    }  # fmt: skip


def test_items_without_a_film_are_kept_as_they_were(clean: dict[tuple[str, str], Mapped]) -> None:
    for number, item in enumerate(mediaos.library()):
        mapped = clean["library_items", item["id"]]
        if number >= 2:
            assert (mapped.skipped, mapped.records, mapped.kept) == ("no_place_yet", (), item)


def test_accounts_come_with_their_hashes_and_the_oldest_admin_is_the_owner(
    clean: dict[tuple[str, str], Mapped],
) -> None:
    [owner] = values_of(clean["users", mediaos.ADMIN], "library.user")
    [viewer] = values_of(clean["users", mediaos.VIEWER], "library.user")

    assert check_password(mediaos.PASSWORD, owner.pop("password"))
    assert owner == {
        "username": "Owner@example.org",
        "email": "Owner@example.org",
        "role": "admin",
        "is_owner": True,
        "created_at": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        "date_joined": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        "last_login": datetime(2025, 3, 1, 18, 30, tzinfo=UTC),
    }
    assert (viewer["role"], viewer["is_owner"], viewer["last_login"]) == ("user", False, None)


def test_folders_stay_to_be_seen_even_those_that_were_switched_off(clean: dict[tuple[str, str], Mapped]) -> None:
    [movies] = values_of(clean["media_folders", "/volume1/media/movies"], "library.folder")
    [series] = values_of(clean["media_folders", "/volume1/media/series"], "library.folder")

    assert movies == {
        "path": SourcePath("/volume1/media/movies"),
        "name": "movies",
        "kind": "movies",
        "is_active": True,
        "is_auto_scanned": True,
        "last_scanned_at": datetime(2025, 3, 2, 1, 2, 3, tzinfo=UTC),
    }
    assert (series["is_active"], series["is_auto_scanned"]) == (True, False)


def test_results_of_verifications_become_findings_of_the_film_alone(clean: dict[tuple[str, str], Mapped]) -> None:
    film = clean["verify_results", "movie:lq1film"]

    assert [
        (values["code"], values["severity"], values["kind"]) for values in values_of(film, film.records[0].kind)
    ] == [
        ("low_bitrate", "warning", "content"),
        ("suspicious_name", "error", "content"),
    ]
    assert film.records[0].values["file"] == Ref("library_items", "lq1film", "file")
    assert film.records[0].values["found_at"] == datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert film.notes == ("no_place_yet",) and film.kept["issues"][0]["kind"] == "container_unsupported"
    assert clean["verify_results", "music:lq4song"].skipped == "no_place_yet"


def test_secrets_are_read_with_the_old_key_and_show_themselves_nowhere(clean: dict[tuple[str, str], Mapped]) -> None:
    kept = [text for mapped in clean.values() for text in secrets_in(mapped.kept)]

    assert sorted(kept) == sorted([*mediaos.SECRETS, "https://indexer.example.org/get?id=5&apikey=grab-api-key"])
    assert not any(text in repr(clean) for text in (*mediaos.SECRETS, "grab-api-key"))
    assert not any("secret_unreadable" in mapped.notes for mapped in clean.values())


def test_a_secret_that_the_key_does_not_open_is_counted_and_stays_encrypted(
    dirty: dict[tuple[str, str], Mapped],
) -> None:
    sabnzbd = dirty["downloaders", "sabnzbd"]

    assert sabnzbd.notes == ("secret_unreadable",)
    assert sabnzbd.kept == {"enabled": "1", "apiKey": Secret(mediaos.encrypt("lost", mediaos.OTHER_KEY))}


def test_numbers_that_a_stub_made_up_stay_behind(clean: dict[tuple[str, str], Mapped]) -> None:
    wanted = clean["wanted_items", "movie:lq3wish"]

    assert (wanted.skipped, wanted.notes) == ("no_place_yet", ("not_imported",))
    assert wanted.kept["addedAt"] == "2024-05-01T10:00:00.000Z" and "lastScan" not in wanted.kept


def test_every_file_is_a_table_and_what_is_unknown_is_kept(tmp_path: Path) -> None:
    source = open_source(mediaos.build_dirty(tmp_path))
    tables = {table.name: table for table in source.tables()}

    assert (tables["artwork"].reason, tables["artwork"].is_kept) == ("unknown_table", True)
    assert all(table.reason for name, table in tables.items() if name in ("monitor", "organizer", "grabs"))
    [row] = source.rows("artwork")
    assert source.map(row).skipped == "unknown_table"
    assert source.map(row).kept["apiToken"] == Secret("art-token")


def test_a_file_that_is_cut_off_gives_what_is_whole_and_the_rest_as_it_is(dirty: dict[tuple[str, str], Mapped]) -> None:
    items = {key: mapped for (table, key), mapped in dirty.items() if table == "library_items"}
    [torn] = [mapped for mapped in items.values() if mapped.skipped == "cut_off"]

    assert {"lq1film", "lq2show", "lq2show:#2", "(version)"} <= items.keys()
    assert torn.kept["text"].text.startswith('{"kind": "movie"')
    assert dirty["wanted_items", "(0)"].skipped == "cut_off"


def test_odd_values_are_counted_and_kept(dirty: dict[tuple[str, str], Mapped]) -> None:
    film = dirty["library_items", "lq1film"]
    viewer = dirty["users", mediaos.VIEWER]

    assert film.records[0].values["title"] == "Nul \ufffd and \ufffd here"
    assert film.records[0].values["file"].size_bytes is None
    assert film.kept == {"title": {"escaped": "Nul \\x00 and \\ud800 here"}, "fileSize": "much", "list": [1]}
    assert set(film.notes) == {"bad_text", "bad_number"}
    assert set(viewer.notes) == {"bad_value", "bad_date"} and viewer.kept == {
        "role": "emperor", "createdAt": "2024-02-30T10:00:00Z"
    }  # fmt: skip
    assert viewer.records[0].values["password"] == ""
    assert dirty["users", "user_nobody"].skipped == "no_name"
    assert dirty["media_folders", "relative"].skipped == "bad_value"


def test_the_planned_database_gives_the_same_rows_as_the_files(tmp_path: Path) -> None:
    files = open_source(mediaos.build_clean(tmp_path / "config"))
    database = open_source(mediaos.build_database(tmp_path / "mediaos.db"))
    there = read_all(database)

    assert database.identity == files.identity == mediaos.ADMIN
    [film] = values_of(there["library_items", "lq1film"], "library.video")
    assert film["title"] == "The Lighthouse Keeper" and film["file"].size_bytes == 4_294_967_296
    assert film["created_at"] == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    job, finding = there["verify_jobs", "v1"].records
    assert (job.values["stage"], job.values["status"], finding.values["code"]) == ("check", "completed", "no_audio")
    assert there["verify_jobs", "v2"].skipped == "unfinished"
    assert there["sessions", "s1"].skipped == "not_imported"
    assert there["downloaders", "qbittorrent"].kept["encryptedPassword"] == Secret(mediaos.SECRETS[0])


def test_reading_goes_on_behind_any_row(tmp_path: Path) -> None:
    source = open_source(mediaos.build_large(tmp_path, rows=25))
    keys = [row.key for row in source.rows("library_items")]

    assert len(keys) == 25
    assert [row.key for row in source.rows("library_items", after=keys[9])] == keys[10:]
    assert [row.key for row in source.rows("library_items", after="gone")] == keys


def test_a_change_of_a_file_changes_the_mark(tmp_path: Path) -> None:
    source = open_source(mediaos.build_clean(tmp_path))
    before = source.mark()

    (tmp_path / "monitor.json").write_text("{}")

    assert source.mark() != before


def test_files_may_lie_in_the_folder_and_in_its_config(tmp_path: Path) -> None:
    mediaos.build_clean(tmp_path / "config")
    (tmp_path / "config" / "users.json").rename(tmp_path / "users.json")
    (tmp_path / "package.json").write_text("{}")

    source = open_source(tmp_path)

    assert source.identity == mediaos.ADMIN and "package" not in {table.name for table in source.tables()}


@pytest.mark.parametrize("name", ["nowhere", "empty", "text.db"])
def test_what_is_no_data_of_mediaos_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.db").write_text("hello")

    with pytest.raises(SourceError, match=name):
        open_source(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"a": 1, "items": [{"b": 2}, 3], "c": [4]}',
            [("a", 1, ""), ("0", {"b": 2}, "items"), ("1", 3, "items"), ("c", [4], "")],
        ),
        ("[1, 22, 333]", [("0", 1, ""), ("1", 22, ""), ("2", 333, "")]),
        ("7", [("", 7, "")]),
        ("{}", []),
    ],
)  # fmt: skip
def test_members_come_one_after_another(tmp_path: Path, text: str, expected: list[tuple[str, Any, str]]) -> None:
    (tmp_path / "f.json").write_text(text)

    assert [(m.name, m.value, m.within) for m in members(tmp_path / "f.json", "items")] == expected


@pytest.mark.parametrize(
    ("text", "whole", "rest"),
    [
        ('{"a": 1, "b": {"c": ', 1, '"b": {"c": '),
        ('{"items": [{"a": 1}, {"a": tru]}', 1, '{"a": tru]}'),
        ('{"items": [1, 2}', 2, "}"),
        ('{"a": 1} trailing', 1, "trailing"),
        ("", 0, ""),
    ],
)
def test_what_is_torn_comes_whole_from_where_it_begins(tmp_path: Path, text: str, whole: int, rest: str) -> None:
    (tmp_path / "f.json").write_text(text)
    *read, torn = members(tmp_path / "f.json", "items")

    assert len(read) == whole and isinstance(torn, Torn) and torn.text == rest


def test_members_longer_than_a_piece_of_the_file_are_read_whole(tmp_path: Path) -> None:
    content = {"items": [{"text": "x" * 200_000}, {"text": "y" * 70_000}], "z": 123_456}
    (tmp_path / "f.json").write_text(json.dumps(content, indent=1))

    read = [member.value for member in members(tmp_path / "f.json", "items") if isinstance(member, Member)]

    assert read == [*content["items"], content["z"]]
