"""The tables that the system ever had, in the order in which they are read: what others point to first."""

from collections.abc import Callable
from dataclasses import dataclass

from importers.records import Mapped
from importers.systems.video_streaming import (
    accounts,
    conversions,
    faces,
    links,
    names,
    rules,
    snapshots,
    videos,
    watching,
)
from importers.systems.video_streaming.facts import Facts
from importers.systems.video_streaming.fields import Fields

MADE_AGAIN = "Pictures like these are made again from the videos."


@dataclass(frozen=True, slots=True)
class Table:
    """`key` are the columns that tell its rows apart; `columns` all that any release had, less the key.

    `not_imported` is the sentence why nothing of it is written.
    """

    name: str
    key: tuple[str, ...]
    map: Callable[[Fields, Facts], Mapped]
    columns: frozenset[str]
    not_imported: str = ""


def _table(
    name: str, key: str, columns: str, function: Callable[[Fields, Facts], Mapped], not_imported: str = ""
) -> Table:
    return Table(name, tuple(key.split()), function, frozenset(f"{key} {columns}".split()), not_imported)


def _not_meant(fields: Fields, facts: Facts) -> Mapped:
    return fields.skip("not_imported", is_kept=False)


_DATES = "created_at updated_at"
_FACES = (
    "id embedding model model_name model_version embedding_model created_at updated_at quality_score confidence"
    " det_score is_verified estimated_age estimated_gender"
)

TABLES: tuple[Table, ...] = (
    _table("users", "id", f"username password_hash {_DATES}", accounts.map_user),
    _table(
        "sessions", "id", "user_id expires_at created_at", _not_meant,
        "Logins end with the move: everybody logs in anew.",
    ),
    _table("app_settings", "key", "value updated_at", accounts.map_setting),
    _table(
        "watched_directories", "id",
        "path is_active auto_scan scan_interval_minutes last_scan_at added_at created_at updated_at",
        accounts.map_directory,
    ),
    _table(
        "videos", "id",
        "file_path file_name directory_id file_size_bytes file_hash duration_seconds width height codec bitrate fps"
        f" audio_codec title description themes is_available is_deleted last_verified_at indexed_at {_DATES}",
        videos.map_video,
    ),
    _table(
        "creators", "id", f"name description profile_picture_path is_verified face_thumbnail_path {_DATES}",
        names.map_creator,
    ),
    _table(
        "studios", "id", f"name description profile_picture_path is_verified parent_studio_id {_DATES}",
        names.map_studio,
    ),
    _table("platforms", "id", f"name base_url {_DATES}", names.map_platform),
    _table("tags", "id", f"name parent_id description color {_DATES}", names.map_tag),
    _table("video_creators", "video_id creator_id", "id added_at created_at", links.map_credit),
    _table("video_studios", "video_id studio_id", "id added_at created_at", links.map_video_studio),
    _table("video_tags", "video_id tag_id", "id added_at created_at", links.map_video_tag),
    _table("creator_platforms", "id", f"creator_id platform_id username profile_url is_primary {_DATES}",
           links.map_profile),
    _table("creator_studios", "creator_id studio_id", "id added_at created_at", links.map_creator_studio),
    _table("creator_social_links", "id", f"creator_id platform_name url {_DATES}", links.map_creator_link),
    _table("studio_social_links", "id", f"studio_id platform_name url {_DATES}", links.map_studio_link),
    _table("tagging_rules", "id", f"name description rule_type is_enabled priority {_DATES}", rules.map_rule),
    _table("tagging_rule_conditions", "id", f"rule_id condition_type operator value {_DATES}", rules.map_part),
    _table("tagging_rule_actions", "id", f"rule_id action_type target_id target_name dynamic_value {_DATES}",
           rules.map_part),
    _table("tagging_rule_log", "id", "rule_id video_id applied_at success error_message", rules.map_log),
    _table(
        "scan_logs", "id",
        f"directory_id files_found files_added files_updated files_removed errors started_at completed_at {_DATES}",
        accounts.map_scan,
    ),
    _table(
        "video_stats", "user_id video_id",
        "id play_count total_watch_seconds session_watch_seconds session_play_counted last_position_seconds"
        f" last_played_at last_watch_at {_DATES}",
        watching.map_stats,
    ),
    _table("playlists", "id", f"user_id name description {_DATES}", watching.map_playlist),
    _table("playlist_videos", "playlist_id video_id", "id position added_at created_at", watching.map_playlist_item),
    _table("favorites", "user_id video_id", "id added_at created_at", watching.map_favorite),
    _table("bookmarks", "id", f"video_id user_id timestamp_seconds name description {_DATES}", watching.map_bookmark),
    _table("ratings", "id", f"video_id rating comment rated_at {_DATES}", watching.map_rating),
    _table("video_metadata", "id", f"video_id key value {_DATES}", videos.map_metadata),
    _table("triage_progress", "id", f"user_id filter_key last_video_id processed_count total_count {_DATES}",
           watching.map_triage),
    _table(
        "thumbnails", "id",
        "video_id file_path file_size_bytes timestamp_seconds width height auto_generated generated_at created_at",
        videos.map_thumbnail,
    ),
    _table(
        "storyboards", "id",
        "video_id sprite_path vtt_path tile_width tile_height tile_count interval_seconds sprite_size_bytes"
        " generated_at created_at",
        _not_meant, MADE_AGAIN,
    ),
    _table(
        "conversion_jobs", "id",
        "video_id status preset target_resolution codec output_path output_size_bytes progress_percent error_message"
        f" delete_original is_deleted batch_id started_at completed_at ffmpeg_output {_DATES}",
        conversions.map_job,
    ),
    _table(
        "conversion_history", "conversion_job_id",
        "id video_id source_file_path source_file_name output_file_path preset codec target_resolution ffmpeg_command"
        " original_size_bytes output_size_bytes size_delta_bytes size_change_percent conversion_duration_ms started_at"
        f" completed_at {_DATES}",
        conversions.map_history,
    ),
    _table(
        "stats_storage_snapshots", "id",
        "total_video_size_bytes total_video_count thumbnails_size_bytes storyboards_size_bytes"
        " profile_pictures_size_bytes converted_size_bytes database_size_bytes directory_breakdown created_at",
        snapshots.map_storage,
    ),
    _table(
        "stats_library_snapshots", "id",
        "total_video_count available_video_count unavailable_video_count total_size_bytes average_size_bytes"
        " total_duration_seconds average_duration_seconds resolution_breakdown codec_breakdown created_at",
        snapshots.map_library,
    ),
    _table(
        "stats_content_snapshots", "id",
        "videos_without_tags videos_without_creators videos_without_ratings videos_without_thumbnails"
        " videos_without_storyboards total_tags total_creators total_studios total_playlists top_tags top_creators"
        " total_video_count videos_without_studios created_at",
        snapshots.map_content,
    ),
    _table(
        "stats_usage_snapshots", "id",
        "total_watch_time_seconds total_play_count unique_videos_watched videos_never_watched"
        " average_completion_rate top_watched activity_by_hour created_at",
        snapshots.map_usage,
    ),
    _table("face_recognition_config", "key", "id value description created_at updated_at", faces.map_setting),
    _table(
        "face_match_queue", "id",
        "video_id status priority frames_to_process frames_processed faces_detected faces_matched error_message"
        f" started_at completed_at {_DATES}",
        faces.map_job,
    ),
    _table(
        "face_extraction_jobs", "id",
        "video_id status total_frames processed_frames faces_detected error_message retry_count started_at"
        f" completed_at {_DATES}",
        faces.map_job,
    ),
    _table(
        "creator_face_embeddings", "id",
        f"{_FACES} creator_id source_type source_path source_image_path source_video_id source_timestamp_seconds"
        " is_primary thumbnail_path",
        faces.map_reference,
    ),
    _table(
        "video_face_detections", "id",
        f"{_FACES} video_id frame_timestamp timestamp_seconds frame_index bbox_x bbox_y bbox_width bbox_height"
        " bounding_box_x bounding_box_y bounding_box_width bounding_box_height bbox_x1 bbox_y1 bbox_x2 bbox_y2"
        " matched_creator_id match_confidence match_status detected_at face_extraction_job_id is_published",
        faces.map_detection,
    ),
    _table(
        "face_images", "id", "detection_id file_path file_size_bytes width height generated_at created_at", _not_meant,
        MADE_AGAIN,
    ),
)  # fmt: skip

BY_NAME = {table.name: table for table in TABLES}
