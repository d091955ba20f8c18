"""What becomes of the rows of GoonHub."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from importers.exceptions import SourceError
from importers.records import REASONS, FileFacts, Mapped, Ref, SourcePath, SourcePicture
from importers.registry import SourceOptions, find_system
from importers.systems.goonhub.source import GoonHubSource
from library.filters import parse_filter
from tests.importers import goonhub
from tests.importers.goonhub import TOKEN, UUIDS


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with goonhub.made_database() as url:
        goonhub.build_clean(url)
        goonhub.build_clean(url, is_old=True, schema="old")
        goonhub.build_dirty(url, schema="dirty")
        yield url


def opened(url: str, **extra: str) -> GoonHubSource:
    source = find_system("goonhub").open(url, SourceOptions(extra=extra))
    assert isinstance(source, GoonHubSource)
    return source


@pytest.fixture(scope="module", params=["now", "before migration 34"])
def source(database: str, request: pytest.FixtureRequest) -> Iterator[GoonHubSource]:
    """A clean one, after and before its renames: both are read alike."""
    source = opened(database) if request.param == "now" else opened(database, schema="old")
    yield source
    source.close()


@pytest.fixture(scope="module")
def now(database: str) -> Iterator[GoonHubSource]:
    source = opened(database)
    yield source
    source.close()


@pytest.fixture(scope="module")
def dirty(database: str) -> Iterator[GoonHubSource]:
    source = opened(database, schema="dirty")
    yield source
    source.close()


def called(source: GoonHubSource, table: str) -> str:
    """What the table is called in this database."""
    names = {one.name for one in source.tables()}
    return table if table in names else goonhub.before_migration_34(table)


def mapped(source: GoonHubSource, table: str) -> list[Mapped]:
    return [source.map(row) for row in source.rows(called(source, table))]


def one(source: GoonHubSource, table: str, key: str) -> Mapped:
    name = called(source, table)
    return next(source.map(row) for row in source.rows(name) if row.key == key)


def values(found: Mapped, kind: str = "", part: str = "") -> dict[str, Any]:
    """What the record of that part, or the only one of that kind, says."""
    return dict(next(r.values for r in found.records if (r.kind == kind if kind else r.part == part)))


def kept(found: Mapped) -> dict[str, Any]:
    """What has no place, but for when the row was last written."""
    return {name: value for name, value in found.kept.items() if name != "updated_at"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_every_table_is_listed_known_ones_before_those_that_point_to_them(source: GoonHubSource) -> None:
    names = [table.name for table in source.tables()]

    assert len(names) == len(set(names))
    for first, then in (("users", "user_settings"), ("roles", "users"), ("tags", called(source, "scenes")),
                        ("scenes.tags", called(source, "scenes")), ("studios", called(source, "scenes")),
                        (called(source, "scenes"), called(source, "scene_tags")),
                        (called(source, "user_scene_markers"), "marker_tags")):  # fmt: skip
        assert names.index(first) < names.index(then)
    if "playlists" in names:
        assert names.index("playlists") < names.index("playlist_scenes")


def test_whatever_is_not_imported_says_why(source: GoonHubSource) -> None:
    left_out = {table.name: table for table in source.tables() if table.not_imported}

    assert set(left_out) == {
        "permissions", "role_permissions", "revoked_tokens", "search_config", "pool_config", "schema_migrations",
    }  # fmt: skip
    assert all(table.reason in REASONS for table in left_out.values())
    assert mapped(source, "pool_config")[0].kept["metadata_workers"] == 5
    assert mapped(source, "revoked_tokens")[0] == Mapped(skipped="not_imported")


def test_the_number_of_rows_is_that_of_the_table(source: GoonHubSource) -> None:
    for table in source.tables():
        assert table.rows == sum(1 for _ in source.rows(table.name)), table.name


def test_keys_are_different_and_reading_goes_on_behind_any_of_them(source: GoonHubSource) -> None:
    for table in source.tables():
        keys = [row.key for row in source.rows(table.name)]

        assert len(set(keys)) == len(keys)
        for index, key in enumerate(keys):
            assert [row.key for row in source.rows(table.name, after=key)] == keys[index + 1 :], table.name


def test_an_installation_is_the_same_in_another_copy(source: GoonHubSource, now: GoonHubSource) -> None:
    assert source.identity == now.identity == "users 1 of 2023-01-01T10:00:00+00:00"
    assert "videothek" not in source.label


def test_accounts_keep_their_password_role_and_moments(source: GoonHubSource) -> None:
    anna = values(one(source, "users", "1"))

    assert anna["password"].startswith("bcrypt$$2a$04$")
    assert (anna["username"], anna["role"], anna["is_owner"]) == ("anna", "admin", False)
    assert anna["date_joined"] == anna["created_at"] == at("2023-01-01T10:00:00")
    assert anna["last_login"] == at("2024-06-01T06:00:00")


def test_roles_of_ones_own_come_with_what_they_allow(source: GoonHubSource) -> None:
    curator = one(source, "roles", "4")

    assert values(curator) == {
        "name": "curator",
        "permissions": ["playback.add_playlist", "library.trash_video", "library.view_video"],
    }
    assert values(one(source, "roles", "1"))["permissions"] == []
    assert not curator.notes


def test_a_scene_is_a_video_with_its_file(source: GoonHubSource) -> None:
    found = one(source, "scenes", "1")
    scenes = called(source, "scenes")

    assert values(found) == {
        "title": "At the sea",
        "description": "Waves.",
        "release_date": date(2022, 8, 9),
        "origin": "web",
        "type": "amateur",
        "trashed_at": None,
        "view_count": 12,
        "is_corrupted": False,
        "original_file_name": "sea.mp4",
        "file_date": at("2022-08-01T12:00:00"),
        "created_at": at("2023-04-01T10:00:00"),
        "cover": SourcePicture("/srv/goonhub/data/covers/1.webp"),
        "folder": Ref("storage_paths", "1"),
        "file": FileFacts(
            path="/srv/goonhub/videos/sea.mp4", size_bytes=1000, duration_seconds=600.0, width=1920, height=1080,
            frame_rate=25.0, bit_rate=4_000_000, video_codec="h264", audio_codec="aac", container="mp4",
            modified_at=at("2022-08-01T12:00:00"), added_at=at("2023-04-01T10:00:00"),
        ),
    }  # fmt: skip
    assert values(found, "people.externalid") == {
        "video": Ref(scenes, "1"), "source": "porndb", "external_id": "p-1",
    }  # fmt: skip
    assert found.notes == ()


def test_the_id_of_a_studio_counts_more_than_the_old_text(source: GoonHubSource) -> None:
    scenes = called(source, "scenes")
    agreed, text_only, other = (one(source, "scenes", key) for key in "123")

    assert values(agreed, part="studio") == {
        "video": Ref(scenes, "1"), "studio": Ref("studios", "1"), "is_primary": True, "source": "import",
    }  # fmt: skip
    assert values(text_only, part="studio")["studio"] == Ref("scenes.studio", "old studio")
    assert values(other, part="studio")["studio"] == Ref("studios", "1")
    assert (other.notes, other.kept["studio"]) == (("studio_conflict",), "Something else")


def test_old_lists_add_what_the_links_lack(source: GoonHubSource) -> None:
    scenes = called(source, "scenes")
    added = [
        (record.kind, record.values.get("tag") or record.values.get("creator"))
        for record in one(source, "scenes", "1").records
        if ":" in record.part
    ]

    assert added == [
        ("library.videotag", Ref("scenes.tags", "old word")),
        ("people.credit", Ref("scenes.actors", "dora")),
    ]
    assert values(one(source, "scenes.tags", "old word")) == {"name": "Old word"}
    assert values(one(source, "scenes.studio", "old studio")) == {"name": "Old Studio"}
    # Studios that no id stands for: of scene 2, and of scene 3, whose own studio counts more.
    assert [row.key for row in source.rows("scenes.studio")] == ["old studio", "something else"]
    assert values(mapped(source, "scene_tags")[0]) == {
        "video": Ref(scenes, "1"), "tag": Ref("tags", "1"), "source": "import",
    }  # fmt: skip
    assert values(mapped(source, "scene_actors")[1])["creator"] == Ref("actors", "2")


def test_trashed_and_missing_are_two_things(source: GoonHubSource) -> None:
    trashed, missing = values(one(source, "scenes", "2")), one(source, "scenes", "3")

    assert trashed["trashed_at"] == at("2024-05-01T10:00:00")
    assert not trashed["file"].is_missing
    assert values(missing)["trashed_at"] is None
    assert values(missing)["file"].is_missing
    assert values(missing)["is_corrupted"]
    assert missing.kept["deleted_at"] == "2024-03-01T10:00:00+00:00"
    assert missing.kept["processing_error"] == "Unreadable"


def test_an_upload_lies_in_the_folder_that_holds_it_and_is_called_by_its_file(source: GoonHubSource) -> None:
    upload = values(one(source, "scenes", "2"))

    assert upload["folder"] == Ref("storage_paths", "1")
    assert upload["title"] == "upload"


def test_a_still_that_somebody_put_there_becomes_the_cover(source: GoonHubSource) -> None:
    assert values(one(source, "scenes", "2"))["cover"] == SourcePicture("/srv/goonhub/data/thumbnails/chosen.png")
    assert "cover" not in values(one(source, "scenes", "3"))


def test_people_come_with_everything_that_is_known_of_them(source: GoonHubSource) -> None:
    anna = values(one(source, "actors", "1"))

    assert anna == {
        "name": "Anna Berg", "public_id": UUID(UUIDS["anna"]), "trashed_at": None, "gender": "female",
        "description": "", "birthplace": "Oslo", "nationality": "Norwegian", "ethnicity": "White",
        "astrology": "Gemini", "height_cm": 170, "weight_kg": 60, "measurements": "90-60-90", "cup_size": "C",
        "hair_color": "brown", "eye_color": "green", "tattoos": "A door", "piercings": "None", "has_implants": True,
        "is_same_sex_only": None, "aliases": anna["aliases"], "birth_date": date(1990, 5, 31), "death_date": None,
        "career_start_year": 2010, "career_end_year": 2020, "created_at": at("2023-03-02T10:00:00"),
        "picture": SourcePicture("/srv/goonhub/data/actors/1.webp"),
    }  # fmt: skip
    assert anna["aliases"] in ([], ["Annie", "A. Berg"])


def test_two_people_of_one_name_are_told_apart(source: GoonHubSource) -> None:
    found = one(source, "actors", "2")
    other = values(found)

    assert other["disambiguation"] == "born 1971"
    assert other["image_url"] == "https://pictures.example/2.jpg"
    assert (other["gender"], other["description"]) == ("", "Gender: Genderfluid")
    assert set(found.notes) == {"name_taken", "bad_value"}
    assert values(one(source, "actors", "3"))["trashed_at"] == at("2024-02-02T10:00:00")


def test_studios_come_with_what_they_are_part_of(source: GoonHubSource) -> None:
    found = one(source, "studios", "1")
    studio = values(found)

    assert (studio["parent"], studio["network"]) == (Ref("studios", "2"), Ref("studios", "2"))
    assert studio["rating"] == Decimal("7.5")
    assert studio["public_id"] == UUID(UUIDS["studio"])
    assert studio["logo"] == SourcePicture("/srv/goonhub/data/logos/1.png")
    assert values(found, part="porndb") == {
        "studio": Ref("studios", "1"), "source": "porndb", "external_id": "s-77",
    }  # fmt: skip
    assert values(one(source, "studios", "2"))["trashed_at"] == at("2024-01-01T00:00:00")


@pytest.mark.parametrize(
    ("table", "field", "target", "key"),
    [
        ("user_scene_ratings", "video", "scenes", "1"),
        ("user_actor_ratings", "creator", "actors", "1"),
        ("user_studio_ratings", "studio", "studios", "1"),
    ],
)
def test_ratings_are_of_videos_people_and_studios(
    source: GoonHubSource, table: str, field: str, target: str, key: str
) -> None:
    stars = {"video": "4.5", "creator": "5.0", "studio": "0.5"}[field]

    assert values(mapped(source, table)[0]) == {
        "user": Ref("users", "1"),
        field: Ref(called(source, target), key),
        "stars": Decimal(stars),
        "rated_at": at("2024-01-02T12:00:00"),
        "created_at": at("2024-01-01T12:00:00"),
    }


@pytest.mark.parametrize(
    ("table", "field", "target"),
    [
        ("user_scene_likes", "video", "scenes"),
        ("user_actor_likes", "creator", "actors"),
        ("user_studio_likes", "studio", "studios"),
    ],
)
def test_likes_are_favourites(source: GoonHubSource, table: str, field: str, target: str) -> None:
    like = values(mapped(source, table)[0])

    assert like[field].table == called(source, target)
    assert like["added_at"] == at("2024-01-01T12:00:00")


def test_moments_without_a_zone_are_in_the_zone_that_was_said(database: str) -> None:
    source = opened(database, timezone="Europe/Berlin")

    # Berlin is an hour ahead in winter; a moment with a zone isn't touched.
    assert values(mapped(source, "user_scene_likes")[0])["added_at"] == at("2024-01-01T11:00:00")
    assert values(mapped(source, "user_studio_likes")[0])["added_at"] == at("2024-01-01T12:00:00")
    source.close()


def test_counters_sittings_and_views(source: GoonHubSource) -> None:
    video, user = Ref(called(source, "scenes"), "1"), Ref("users", "1")

    assert values(mapped(source, "user_scene_jizzed")[0])["count"] == 3
    first = mapped(source, "user_scene_watches")[0]
    assert {name: value for name, value in values(first).items() if name != "created_at"} == {
        "user": user, "video": video, "watched_at": at("2024-02-01T20:00:00"), "watched_seconds": 60.0,
        "position_seconds": 100.0, "is_completed": False,
    }  # fmt: skip
    assert values(mapped(source, "user_scene_view_counts")[0])["last_counted_at"] == at("2024-02-03T20:00:00")


def test_the_newest_sitting_says_where_somebody_is_in_a_video(source: GoonHubSource) -> None:
    watches = mapped(source, "user_scene_watches")

    assert [len(watch.records) for watch in watches] == [1, 1, 2, 2]
    assert values(watches[2], part="progress")["position_seconds"] == 50.0
    finished = values(watches[3], part="progress")
    assert (finished["position_seconds"], finished["is_completed"]) == (0.0, True)


def test_marks_come_with_their_tags_and_those_of_their_labels(source: GoonHubSource) -> None:
    marker = one(source, "user_scene_markers", "1")
    markers = called(source, "user_scene_markers")

    assert values(marker)["start_seconds"] == 90.0
    assert (values(marker)["label"], values(marker)["color"], kept(marker)) == ("Wave", "#00FF00", {})
    tag = values(mapped(source, "marker_tags")[0])
    assert (tag["marker"], tag["tag"], tag["is_from_label"]) == (Ref(markers, "1"), Ref("tags", "1"), True)
    assert values(mapped(source, "marker_label_tags")[0])["label"] == "Wave"


def test_a_saved_search_finds_the_same_here(source: GoonHubSource) -> None:
    found = one(source, "saved_searches", "1")
    search = values(found)

    assert search["public_id"] == UUID(UUIDS["search"])
    assert search["sort"] == "most-viewed"
    assert search["filter"] == {
        "all": [
            {"facet": "text", "op": "has", "value": "sea"},
            {"facet": "tag", "op": "any", "value": [Ref("tags", "1")]},
            {
                "facet": "creator",
                "op": "any",
                "value": [Ref("actors", "1", column="public_id"), Ref("actors", "2", column="public_id")],
            },
            {"facet": "studio", "op": "exact", "value": [Ref("studios", "1", column="public_id")]},
            {"facet": "resolution", "op": "any", "value": ["1080"]},
            {"facet": "duration", "op": "between", "value": [2.0, 60.0]},
            {"facet": "added", "op": "between", "value": ["2023-01-01", "2023-12-31"]},
            {"facet": "favorite", "op": "is", "value": True},
            {"facet": "rating", "op": "gte", "value": 3.0},
            {"facet": "tally", "op": "lte", "value": 5.0},
        ]
    }
    assert kept(found) == {"filters": {"match_type": "broad", "selected_actors": ["Nobody"]}}
    assert found.notes == ("dangling_reference",)
    parse_filter(with_ids(search["filter"]))


def with_ids(found: Any) -> Any:
    """The filter with some id or uuid for each reference."""
    if isinstance(found, Ref):
        return UUIDS["anna"] if found.column else 1
    if isinstance(found, dict):
        return {name: with_ids(value) for name, value in found.items()}
    return [with_ids(value) for value in found] if isinstance(found, list) else found


def test_lists_of_one_name_get_a_number(source: GoonHubSource) -> None:
    second = one(source, "saved_searches", "2")

    assert values(second)["name"] == "mine (2)"
    assert values(second)["sort"] == "random"
    assert (second.notes, kept(second)) == (("name_taken",), {"name": "mine"})


def test_playlists_come_with_their_items_tags_likes_and_places(now: GoonHubSource) -> None:
    evening = values(one(now, "playlists", "1"))
    items = [values(found) for found in mapped(now, "playlist_scenes")]
    progress = values(mapped(now, "playlist_progress")[0])

    assert (evening["visibility"], evening["public_id"]) == ("public", UUID(UUIDS["playlist"]))
    assert values(one(now, "playlists", "2"))["name"] == "evening (2)"
    assert [(item["video"].key, item["position"]) for item in items] == [("2", 0), ("1", 1)]
    assert items[0]["created_at"] == at("2024-01-01T12:00:00")
    assert values(mapped(now, "playlist_tags")[0]) == {"playlist": Ref("playlists", "1"), "tag": Ref("tags", "2")}
    assert values(mapped(now, "playlist_likes")[0])["user"] == Ref("users", "2")
    assert (progress["video"], progress["position_seconds"]) == (Ref("scenes", "1"), 12.5)


def test_shared_links_keep_their_token_which_no_report_shows(source: GoonHubSource) -> None:
    first, second = mapped(source, "share_links")

    assert values(first)["token"] == TOKEN
    assert (values(first)["access"], values(first)["target"], values(first)["view_count"]) == ("public", "video", 4)
    assert values(second)["expires_at"] == at("2024-02-01T12:00:00")
    assert TOKEN not in first.title + str(first.kept) + str(first.notes)


def test_the_home_page_and_the_player_are_as_somebody_liked_them(now: GoonHubSource) -> None:
    found = mapped(now, "user_settings")[0]
    settings = values(found)

    about: list[dict[str, Any]] = [
        {"id": "row-6", "type": "playlist", "filter": "public"},
        {"id": "row-5", "type": "saved_search", "saved_search": Ref("saved_searches", "1", column="public_id")},
        {"id": "row-4", "type": "tag", "tag": Ref("tags", "1")},
        {"id": "row-3", "type": "studio", "studio": Ref("studios", "1", column="public_id")},
        {"id": "row-2", "type": "creator", "creator": Ref("actors", "1", column="public_id")},
        {"id": "row-1", "type": "latest"},
    ]
    assert settings["homepage_config"] == {
        "sections": [{**row, "title": f"Row {row['id'][4:]}", "limit": 12} for row in about]
    }
    assert settings["sort_preferences"] == {"creators": "most", "creator": "title"}
    assert settings["card_config"] == {"views": True, "tags": False}
    assert settings["parsing_rules"]["activePresetId"] == "p"
    plain = {name: settings[name] for name in ("autoplay", "default_volume", "loop", "videos_per_page",
             "default_sort_order", "default_tag_sort", "playlist_auto_advance", "playlist_countdown_seconds",
             "ab_loop_controls", "marker_thumbnail_cycling", "show_page_size_selector")}  # fmt: skip
    assert list(plain.values()) == [True, 40, False, 48, "title", "most", "manual", 9, True, False, True]
    assert found.kept["videos_per_page"] == 50
    assert found.kept["scene_card_config"] == {"layout": "wide"}
    assert [row["id"] for row in found.kept["homepage_config"]["sections"]] == ["row-8", "row-7"]
    assert found.notes == ("dangling_reference",)


def test_a_home_page_that_nobody_changed_is_ours(source: GoonHubSource) -> None:
    assert values(mapped(source, "user_settings")[1])["homepage_config"] == {}


def test_scans_are_history_of_the_default_folder(source: GoonHubSource) -> None:
    completed, failed, cancelled, running = mapped(source, "scan_history")

    assert {name: value for name, value in values(completed).items() if name != "created_at"} == {
        "folder": Ref("storage_paths", "1"), "trigger": "manual", "status": "completed", "error": "",
        "started_at": at("2024-01-01T03:00:00"), "finished_at": at("2024-01-01T03:10:00"), "files_seen": 9,
        "files_new": 2, "files_unchanged": 5, "files_missing": 1, "files_moved": 1, "files_unreadable": 1,
    }  # fmt: skip
    assert (values(failed)["status"], values(failed)["error"]) == ("failed", "Disk")
    assert (values(cancelled)["status"], values(cancelled)["error"]) == ("failed", "It was cancelled.")
    assert (running.skipped, running.kept["files_found"]) == ("unfinished", 9)


def test_jobs_that_have_ended_are_history(source: GoonHubSource) -> None:
    jobs = mapped(source, "job_history")

    assert [job.skipped for job in jobs] == ["", "", "", "", "unfinished", "unfinished", ""]
    assert [values(job)["stage"] for job in jobs if not job.skipped] == ["probe", "frames", "frames", "preview", "scan"]
    failed = values(jobs[1])
    assert failed["target_id"] == Ref(called(source, "scenes"), "1", "file")
    assert (failed["status"], failed["error"], failed["attempts"], failed["max_attempts"]) == (
        "failed",
        "No luck",
        2,
        4,
    )
    assert failed["duration_seconds"] == 60.0
    assert jobs[1].kept == {"phase": "thumbnail", "job_id": "job-2"}
    assert (values(jobs[6])["target_kind"], values(jobs[6])["target_id"]) == ("library", 0)


def test_dead_letters_are_read_by_either_name_of_their_scene(source: GoonHubSource) -> None:
    waiting, retrying, abandoned = (values(found) for found in mapped(source, "dead_letter_queue"))

    assert waiting["target_id"] == Ref(called(source, "scenes"), "1", "file")
    assert (waiting["label"], waiting["failures"], waiting["first_error"]) == ("Scene 1", 3, "First")
    assert retrying["status"] == "pending_review"
    assert (abandoned["status"], abandoned["closed_at"]) == ("abandoned", at("2024-01-06T03:00:00"))


def test_what_was_set_for_a_stage_is_one_row_from_two_tables(source: GoonHubSource) -> None:
    triggers, retries = mapped(source, "trigger_config"), mapped(source, "retry_config")

    assert [found.skipped for found in triggers] == ["", "", "no_place_yet", ""]
    assert [found.records for found in triggers] == [found.records for found in retries]
    probe, scan = values(triggers[0]), values(triggers[3])
    assert (probe["trigger"], probe["max_retries"], probe["first_delay_seconds"]) == ("on_import", 5, 10.0)
    assert (scan["trigger"], scan["cron"]) == ("cron", "0 4 * * *")
    assert set(probe) == {
        "stage", "trigger", "after", "cron", "max_retries", "first_delay_seconds", "max_delay_seconds", "delay_factor",
    }  # fmt: skip
    assert values(triggers[1])["after"] == ["probe"]


def test_settings_come_where_they_mean_the_same(now: GoonHubSource) -> None:
    pictures, trash = mapped(now, "processing_config")[0], mapped(now, "app_settings")[0]

    assert values(pictures) == {
        "thumbnail_small_px": 480, "thumbnail_large_px": 1280, "thumbnail_quality": 90, "sprite_quality": 75,
        "marker_pictures": "animated", "marker_clip_seconds": 10.0, "scene_preview_enabled": True,
        "preview_segments": 12, "preview_segment_seconds": 1.0, "marker_crf": 32, "preview_crf": 27,
    }  # fmt: skip
    assert pictures.kept["sprites_concurrency"] == 4
    assert values(trash) == {"trash_days": 30}
    assert values(trash, part="sharing") == {"serve_og_metadata": True}


def test_a_column_of_theirs_is_imported_kept_or_made_again(now: GoonHubSource) -> None:
    notes = {note for table in now.tables() for row in now.rows(table.name) for note in now.map(row).notes}

    assert "unknown_column" not in notes


def test_paths_are_folders_first(source: GoonHubSource) -> None:
    paths = source.paths()

    assert paths[:2] == ["/srv/goonhub/videos", "/srv/goonhub/videos/sea.mp4"]
    assert "/srv/goonhub/data/actors/1.webp" in paths
    assert not [path for path in paths if path.startswith("http")]


def test_nothing_that_a_row_holds_raises_and_every_reason_has_a_sentence(dirty: GoonHubSource) -> None:
    found = [dirty.map(row) for table in dirty.tables() for row in dirty.rows(table.name)]

    assert len(found) > 30
    assert {note for one in found for note in (*one.notes, one.skipped) if note} <= set(REASONS)
    assert all(one.records or one.skipped for one in found)


def test_impossible_facts_are_left_out_and_kept(dirty: GoonHubSource) -> None:
    actor, scene = one(dirty, "actors", "1"), one(dirty, "scenes", "1")

    assert (values(actor)["death_date"], values(actor)["career_end_year"]) == (None, None)
    assert len(values(actor)["name"]) == 200
    assert {actor.kept[name] for name in ("height_cm", "weight_kg", "career_end_year")} == {-3, 10**9, 2010}
    assert actor.kept["date_of_death"] == "1980-01-01"
    assert set(actor.notes) == {"too_long", "bad_number", "bad_date", "bad_value"}
    assert (values(scene)["title"], values(scene)["file"], values(scene)["origin"]) == ("Scene 1", None, "unknown")
    assert "created_at" not in values(scene)
    assert scene.kept["created_at"] == "10000-01-01 00:00:00+00"
    assert scene.kept["release_date"] == "0044-03-15 BC"
    assert scene.kept["frame_rate"] == "nan"
    assert [r.values["tag"] for r in scene.records if r.part.startswith("tag:")] == [
        Ref("tags", "1"), Ref("scenes.tags", "new"),
    ]  # fmt: skip


def test_paths_below_the_programs_own_folder_begin_with_a_slash(dirty: GoonHubSource) -> None:
    scene = values(one(dirty, "scenes", "2"))

    assert values(one(dirty, "storage_paths", "1"))["path"] == SourcePath("/data/videos")
    assert scene["file"].path == "/data/videos/a.mp4"
    assert scene["file"].hashes == {"sha256": "abcdef"}
    assert scene["folder"] == Ref("storage_paths", "1")


def test_a_circle_of_studios_is_opened_once(dirty: GoonHubSource) -> None:
    found = mapped(dirty, "studios")
    above = [values(studio)["parent"] for studio in found]

    assert sum(parent is None for parent in above) == 1
    assert values(found[0])["network"] is None
    assert values(found[0])["rating"] is None
    assert sum("in_a_circle" in studio.notes for studio in found) == 2


def test_stars_between_two_steps_go_to_the_nearest(dirty: GoonHubSource) -> None:
    first, second, third = mapped(dirty, "user_scene_ratings")

    assert (values(first)["stars"], first.kept["rating"]) == (Decimal("3.5"), "3.7")
    assert (second.skipped, second.kept["rating"]) == ("bad_number", "9.9")
    # Whether a row is there that it points to, the writer finds out.
    assert values(third)["user"] == Ref("users", "404")


def test_accounts_without_a_name_or_a_readable_password(dirty: GoonHubSource) -> None:
    nameless, odd = mapped(dirty, "users")

    assert nameless.skipped == "no_name"
    assert values(odd)["password"] == ""
    assert len(values(odd)["username"]) == 150
    assert set(odd.notes) == {"too_long", "bad_date", "password_unreadable"}
    assert "plain" not in str(odd.kept)


def test_a_search_that_asks_for_what_cannot_be_is_kept(dirty: GoonHubSource) -> None:
    found = one(dirty, "saved_searches", "1")

    assert values(found)["filter"] == {}
    assert found.kept["filters"] == {
        "min_date": "2023-02-30", "min_rating": "many", "resolution": "3p", "studio": "Nobody", "future": [1],
        "text": "!!!",
    }  # fmt: skip


def test_a_token_that_could_be_none_is_kept_as_a_secret(dirty: GoonHubSource) -> None:
    link = mapped(dirty, "share_links")[0]

    assert link.skipped == "bad_value"
    assert "short" not in repr(link)


def test_settings_out_of_range_are_left_out(dirty: GoonHubSource) -> None:
    settings = mapped(dirty, "user_settings")[0]
    probe, scan = mapped(dirty, "trigger_config")

    assert "default_volume" not in values(settings)
    assert values(settings)["parsing_rules"] == values(settings)["homepage_config"] == {}
    # A file's facts are always read first; other beginnings of that aren't possible here.
    assert values(probe) == {"stage": "probe"}
    assert probe.kept["trigger"]["trigger_type"] == "manual"
    assert "trigger" not in values(scan)
    assert values(scan)["max_delay_seconds"] == values(scan)["first_delay_seconds"] == 100
    assert ("max_retries" in values(scan), scan.kept["max_retries"]) == (False, 99)
    assert "thumbnail_small_px" not in values(mapped(dirty, "processing_config")[0])


def test_unknown_columns_and_tables_are_kept(dirty: GoonHubSource) -> None:
    scene = one(dirty, "scenes", "2")
    tables = {table.name: table for table in dirty.tables()}
    wishes = list(dirty.rows("wishes"))

    assert (scene.kept["mood"], scene.notes) == ("fine", ("unknown_column",))
    assert (tables["wishes"].reason, tables["wishes"].is_kept, tables["empty_one"].rows) == ("unknown_table", True, 0)
    assert [row.key for row in wishes] == ["anna", "anna#2"]
    assert dirty.map(wishes[0]) == Mapped(skipped="unknown_table", kept={"what": {"a": "�"}, "wanted_by": "anna"})
    assert [row.key for row in dirty.rows("wishes", after="anna")] == ["anna#2"]


def test_a_mapped_row_says_the_same_each_time(now: GoonHubSource, database: str) -> None:
    again = opened(database)

    for table in now.tables():
        assert list(map(now.map, now.rows(table.name))) == list(map(again.map, again.rows(table.name)))
    again.close()


def test_the_source_is_never_written_to(now: GoonHubSource) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        now._tables._connection.execute("DELETE FROM tags")
    now._tables._connection.rollback()


@pytest.mark.parametrize("location", ["/srv/goonhub.db", "mysql://here/x", "", "postgresql://videothek@/none?host=/no"])
def test_what_is_no_database_of_goonhub_says_so(location: str) -> None:
    with pytest.raises(SourceError):
        opened(location)


def test_another_database_and_a_zone_that_is_none_say_so(database: str) -> None:
    with pytest.raises(SourceError, match="it has no table users and no table scenes"):
        opened(database, schema="pg_catalog")
    with pytest.raises(SourceError, match="There is no time zone"):
        opened(database, timezone="Europe/Nowhere")
