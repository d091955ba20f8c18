"""The tables of GoonHub, in the order in which they are read, with their columns and their older names.

Before its migration 34 a scene was called a video, in tables and columns; `dead_letter_queue` was forgotten and still
says so. Columns that its document lacks are real, so both are known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from importers.records import REASONS

REASONS.update(
    {
        "comes_with_another": "It came along with another row of the source, which it is a part of.",
        "studio_conflict": "Its studio and the old text beside it differ; the studio was taken, the text kept.",
        "name_taken": "Another row of the source has that name; this one got a word or a number behind it.",
        "in_a_circle": "It would be a part of itself; that link was left out and kept as it was.",
        "right_of_admins": "A right over accounts, roles or settings; it belongs to the owner and to the role admin.",
        "set_at_start": "That is said when Videothek starts, not in its database; it is kept as it was.",
    }
)


@dataclass(frozen=True, slots=True)
class Table:
    """`name` as it is called since migration 34, `old` before. `key` tells rows apart where there is no `id`."""

    name: str
    columns: frozenset[str]
    key: tuple[str, ...] = ()
    old: str = ""
    not_imported: str = ""
    reason: str = ""
    is_kept: bool = False


def _table(
    name: str,
    columns: str,
    *,
    key: str = "",
    old: str = "",
    not_imported: str = "",
    reason: str = "",
    is_kept: bool = False,
) -> Table:
    known = frozenset(("id", "created_at", "updated_at", *columns.split()))
    return Table(name, known, tuple(key.split()), old, not_imported, reason, is_kept)


_PAIR = "user_id scene_id"

TABLES: tuple[Table, ...] = (
    _table(
        "permissions", "name description",
        not_imported="Rights are fixed in Videothek; which of them a role had comes with the role.",
        reason="comes_with_another",
    ),
    _table(
        "role_permissions", "role_id permission_id", key="role_id permission_id",
        not_imported="They come with their roles.", reason="comes_with_another",
    ),
    _table("roles", "name description"),
    _table("users", "username password role last_login_at"),
    _table("storage_paths", "name path is_default"),
    _table("tags", "name color"),
    _table(
        "studios",
        "uuid deleted_at name short_name url description rating logo favicon poster porndb_id parent_id network_id",
    ),
    _table(
        "actors",
        "uuid deleted_at name image_url gender birthday date_of_death astrology birthplace ethnicity nationality"
        " career_start_year career_end_year height_cm weight_kg measurements cupsize hair_color eye_color tattoos"
        " piercings fake_boobs same_sex_only aliases",
    ),
    _table(
        "scenes",
        "deleted_at trashed_at title description original_filename stored_path storage_path_id size view_count"
        " duration width height frame_rate bit_rate video_codec audio_codec file_hash file_created_at release_date"
        " thumbnail_path thumbnail_width thumbnail_height sprite_sheet_path sprite_sheet_count vtt_path"
        " cover_image_path studio studio_id tags actors origin type porndb_scene_id processing_status"
        " processing_error is_corrupted preview_video_path",
        old="videos",
    ),
    _table("scene_tags", "scene_id tag_id", key="scene_id tag_id", old="video_tags"),
    _table("scene_actors", "scene_id actor_id", key="scene_id actor_id", old="video_actors"),
    _table("user_scene_ratings", f"{_PAIR} rating", key=_PAIR, old="user_video_ratings"),
    _table("user_scene_likes", _PAIR, key=_PAIR, old="user_video_likes"),
    _table("user_scene_jizzed", f"{_PAIR} count", key=_PAIR, old="user_video_jizzed"),
    _table("user_actor_ratings", "user_id actor_id rating", key="user_id actor_id"),
    _table("user_actor_likes", "user_id actor_id", key="user_id actor_id"),
    _table("user_studio_ratings", "user_id studio_id rating", key="user_id studio_id"),
    _table("user_studio_likes", "user_id studio_id", key="user_id studio_id"),
    _table(
        "user_scene_watches", f"{_PAIR} watched_at watch_duration last_position completed", old="user_video_watches"
    ),
    _table("user_scene_view_counts", f"{_PAIR} last_counted_at", key=_PAIR, old="user_video_view_counts"),
    _table(
        "user_scene_markers", f"{_PAIR} timestamp label color thumbnail_path animated_thumbnail_path",
        old="user_video_markers",
    ),
    _table("marker_tags", "marker_id tag_id is_from_label", key="marker_id tag_id"),
    _table("marker_label_tags", "user_id label tag_id", key="user_id label tag_id"),
    _table("saved_searches", "uuid user_id name filters"),
    _table("playlists", "uuid user_id name description visibility"),
    _table("playlist_scenes", "playlist_id scene_id position added_at", key="playlist_id position",
           old="playlist_videos"),
    _table("playlist_tags", "playlist_id tag_id", key="playlist_id tag_id"),
    _table("playlist_likes", "user_id playlist_id", key="user_id playlist_id"),
    _table("playlist_progress", "user_id playlist_id last_scene_id last_position_s", key="user_id playlist_id"),
    _table("share_links", "token scene_id user_id share_type expires_at view_count", key="token"),
    _table(
        "user_settings",
        "user_id autoplay default_volume loop videos_per_page default_sort_order default_tag_sort"
        " marker_thumbnail_cycling homepage_config parsing_rules sort_preferences playlist_auto_advance"
        " playlist_countdown_seconds show_page_size_selector scene_card_config ab_loop_controls",
        key="user_id",
    ),
    _table(
        "scan_history",
        "status started_at completed_at paths_scanned files_found videos_added videos_skipped videos_removed"
        " videos_moved errors error_message current_path current_file",
    ),
    _table(
        "job_history",
        "job_id scene_id scene_title phase status priority error_message progress retry_count max_retries"
        " next_retry_at is_retryable started_at completed_at force_target",
        key="job_id",
    ),
    _table(
        "dead_letter_queue",
        "job_id scene_id scene_title phase original_error failure_count last_error status abandoned_at",
        key="job_id",
    ),
    _table("trigger_config", "phase trigger_type after_phase cron_expression", key="phase"),
    _table("retry_config", "phase max_retries initial_delay_seconds max_delay_seconds backoff_factor", key="phase"),
    _table(
        "processing_config",
        "max_frame_dimension_sm max_frame_dimension_lg frame_quality_sm frame_quality_lg frame_quality_sprites"
        " sprites_concurrency marker_thumbnail_type marker_animated_duration scene_preview_enabled"
        " scene_preview_segments scene_preview_segment_duration marker_preview_crf scene_preview_crf",
    ),
    _table("app_settings", "trash_retention_days serve_og_metadata"),
    _table(
        "pool_config", "metadata_workers thumbnail_workers sprites_workers animated_thumbnails_workers",
        not_imported="How many workers there are is said when Videothek starts (docs/settings.md).",
        reason="set_at_start", is_kept=True,
    ),
    _table(
        "search_config", "max_total_hits",
        not_imported="Search is in the database, and every list is bounded.", reason="not_imported", is_kept=True,
    ),
    _table(
        "revoked_tokens", "token_hash expires_at reason",
        not_imported="Logins end with the move.", reason="not_imported",
    ),
    _table(
        "schema_migrations", "version dirty", key="version",
        not_imported="It says how far GoonHub's own tables were brought.", reason="not_imported",
    ),
)  # fmt: skip
KNOWN: Mapping[str, Table] = {table.name: table for table in TABLES}
_OLD: Mapping[str, str] = {table.old: table.name for table in TABLES if table.old}
_OLD_COLUMNS: Mapping[str, str] = {
    "video_id": "scene_id",
    "video_title": "scene_title",
    "last_video_id": "last_scene_id",
    "porndb_video_id": "porndb_scene_id",
    "video_card_config": "scene_card_config",
}
# What only the old lists of a scene name and no table of names has: made before the scenes, a row for each name.
LEGACY: Mapping[str, str] = {"tags": "scenes.tags", "actors": "scenes.actors", "studios": "scenes.studio"}


def names_in(found: list[str]) -> dict[str, str]:
    """{name since migration 34: name in this database} of the tables that are known; in the order of reading."""
    there = set(found)
    actual = {name: name for name in there if name in KNOWN}
    actual |= {new: old for old, new in _OLD.items() if old in there and new not in there}
    return {table.name: actual[table.name] for table in TABLES if table.name in actual}


def new_column(table: Table, column: str, there: frozenset[str]) -> str:
    """The column's name since migration 34; as it is where that is a column of its own."""
    renamed = _OLD_COLUMNS.get(column, column)
    return renamed if renamed in table.columns and renamed not in there else column
