"""The tables of the "video streaming" backend by its documents, for SQLite and PostgreSQL.

A column is "name:type", with "!" for NOT NULL, "*" for UNIQUE and ">table" for a foreign key; "id" is the key. What
stands behind "|" is the table's own constraint.
"""

_TYPES = {
    "sqlite": {"int": "INTEGER", "big": "INTEGER", "real": "REAL", "text": "TEXT", "bool": "BOOLEAN",
               "date": "DATETIME", "vector": "TEXT", "json": "TEXT", "listed": "TEXT"},
    "postgres": {"int": "INTEGER", "big": "BIGINT", "real": "DOUBLE PRECISION", "text": "TEXT", "bool": "BOOLEAN",
                 "date": "TIMESTAMP", "vector": "vector(512)", "json": "TEXT", "listed": "TEXT"},
}  # fmt: skip
_DATES = "created_at:date updated_at:date"

SCHEMA = {
    "users": f"id username:text!* password_hash:text! {_DATES}",
    "sessions": "id:text user_id:int>users expires_at:date! created_at:date",
    "app_settings": "key:text value:text! updated_at:date | PRIMARY KEY (key)",
    "watched_directories": "id path:text!* is_active:bool auto_scan:bool scan_interval_minutes:int last_scan_at:date"
    " added_at:date updated_at:date",
    "videos": "id file_path:text!* file_name:text! directory_id:int>watched_directories file_size_bytes:big!"
    " file_hash:text duration_seconds:real width:int height:int codec:text bitrate:int fps:real audio_codec:text"
    f" title:text description:text themes:text is_available:bool is_deleted:bool last_verified_at:date"
    f" indexed_at:date {_DATES}",
    "creators": f"id name:text!* description:text {_DATES} profile_picture_path:text is_verified:bool"
    " face_thumbnail_path:text",
    "studios": f"id name:text!* description:text profile_picture_path:text {_DATES} is_verified:bool"
    " parent_studio_id:int",
    "platforms": "id name:text!* base_url:text created_at:date",
    "tags": "id name:text! parent_id:int>tags description:text color:text created_at:date | UNIQUE (name, parent_id)",
    "video_creators": "video_id:int>videos creator_id:int>creators added_at:date | PRIMARY KEY (video_id, creator_id)",
    "video_studios": "video_id:int>videos studio_id:int>studios added_at:date | PRIMARY KEY (video_id, studio_id)",
    "video_tags": "video_id:int>videos tag_id:int>tags added_at:date | PRIMARY KEY (video_id, tag_id)",
    "creator_platforms": "id creator_id:int!>creators platform_id:int!>platforms username:text! profile_url:text!"
    f" is_primary:bool {_DATES} | UNIQUE (creator_id, platform_id)",
    "creator_studios": "creator_id:int>creators studio_id:int>studios added_at:date"
    " | PRIMARY KEY (creator_id, studio_id)",
    "creator_social_links": "id creator_id:int!>creators platform_name:text! url:text! created_at:date",
    "studio_social_links": "id studio_id:int!>studios platform_name:text! url:text! created_at:date",
    "tagging_rules": f"id name:text! description:text rule_type:text! is_enabled:bool priority:int {_DATES}",
    "tagging_rule_conditions": "id rule_id:int!>tagging_rules condition_type:text! operator:text! value:text!",
    "tagging_rule_actions": "id rule_id:int!>tagging_rules action_type:text! target_id:int target_name:text"
    " dynamic_value:text",
    "tagging_rule_log": "id rule_id:int video_id:int applied_at:date success:bool error_message:text",
    "scan_logs": "id directory_id:int>watched_directories files_found:int files_added:int files_updated:int"
    " files_removed:int errors:text started_at:date! completed_at:date",
    "video_stats": "user_id:int>users video_id:int>videos play_count:int total_watch_seconds:real"
    " session_watch_seconds:real session_play_counted:bool last_position_seconds:real last_played_at:date"
    f" last_watch_at:date {_DATES} | PRIMARY KEY (user_id, video_id)",
    "playlists": f"id user_id:int!>users name:text! description:text {_DATES}",
    "playlist_videos": "playlist_id:int>playlists video_id:int>videos position:int! added_at:date"
    " | PRIMARY KEY (playlist_id, video_id)",
    "favorites": "user_id:int>users video_id:int>videos added_at:date | PRIMARY KEY (user_id, video_id)",
    "bookmarks": "id video_id:int!>videos user_id:int!>users timestamp_seconds:real! name:text! description:text"
    f" {_DATES}",
    "ratings": "id video_id:int!>videos rating:int! comment:text rated_at:date",
    "video_metadata": "id video_id:int!>videos key:text! value:text | UNIQUE (video_id, key)",
    "triage_progress": "id user_id:int!>users filter_key:text! last_video_id:int>videos processed_count:int"
    f" total_count:int {_DATES} | UNIQUE (user_id, filter_key)",
    "thumbnails": "id video_id:int!*>videos file_path:text! file_size_bytes:int timestamp_seconds:real width:int"
    " height:int auto_generated:bool generated_at:date",
    "storyboards": "id video_id:int!*>videos sprite_path:text! vtt_path:text! tile_width:int tile_height:int"
    " tile_count:int interval_seconds:real sprite_size_bytes:int generated_at:date",
    "conversion_jobs": "id video_id:int!>videos status:text! preset:text! target_resolution:text codec:text"
    " output_path:text output_size_bytes:big progress_percent:real error_message:text delete_original:bool"
    " is_deleted:bool batch_id:text started_at:date completed_at:date created_at:date ffmpeg_output:text",
    "conversion_history": "id conversion_job_id:int video_id:int source_file_path:text source_file_name:text"
    " output_file_path:text preset:text codec:text target_resolution:text ffmpeg_command:text original_size_bytes:big"
    " output_size_bytes:big size_delta_bytes:big size_change_percent:real conversion_duration_ms:big started_at:date"
    " completed_at:date created_at:date",
    "stats_storage_snapshots": "id total_video_size_bytes:big total_video_count:int thumbnails_size_bytes:big"
    " storyboards_size_bytes:big profile_pictures_size_bytes:big converted_size_bytes:big database_size_bytes:big"
    " directory_breakdown:json created_at:date",
    "stats_library_snapshots": "id total_video_count:int available_video_count:int unavailable_video_count:int"
    " total_size_bytes:big average_size_bytes:big total_duration_seconds:real average_duration_seconds:real"
    " resolution_breakdown:json codec_breakdown:json created_at:date",
    "stats_content_snapshots": "id videos_without_tags:int videos_without_creators:int videos_without_ratings:int"
    " videos_without_thumbnails:int videos_without_storyboards:int total_tags:int total_creators:int"
    " total_studios:int total_playlists:int top_tags:json top_creators:json created_at:date",
    "stats_usage_snapshots": "id total_watch_time_seconds:real total_play_count:int unique_videos_watched:int"
    " videos_never_watched:int average_completion_rate:real top_watched:json activity_by_hour:json created_at:date",
}

_REFERENCE_3 = (
    "id creator_id:int!>creators embedding:listed! source_type:text source_video_id:int source_timestamp_seconds:real"
    " det_score:real is_primary:bool estimated_age:int estimated_gender:text thumbnail_path:text created_at:date"
)
_DETECTION_3 = (
    "id video_id:int!>videos embedding:listed! frame_index:int timestamp_seconds:real bbox_x1:real bbox_y1:real"
    " bbox_x2:real bbox_y2:real det_score:real matched_creator_id:int match_confidence:real match_status:text"
    " estimated_age:int estimated_gender:text created_at:date"
)
_LOOKS = "status:text! total_frames:int processed_frames:int faces_detected:int error_message:text retry_count:int"
# The four shapes that the tables of faces had.
FACES = {
    1: {
        "creator_face_embeddings": "id creator_id:int!>creators embedding:vector! source_type:text! source_path:text"
        " quality_score:real created_at:date"
        " | CHECK (source_type IN ('profile_picture', 'video_frame', 'manual'))",
        "video_face_detections": "id video_id:int!>videos frame_timestamp:real! embedding:vector! bbox_x:real!"
        " bbox_y:real! bbox_width:real! bbox_height:real! quality_score:real matched_creator_id:int>creators"
        " match_confidence:real match_status:text created_at:date"
        " | CHECK (match_status IN ('pending', 'matched', 'rejected', 'manual'))",
        "face_recognition_config": "key:text value:text! updated_at:date | PRIMARY KEY (key)",
    },
    2: {
        "creator_face_embeddings": "id creator_id:int!>creators embedding:vector! source_image_path:text"
        " source_video_id:int confidence:real is_verified:bool created_at:date",
        "video_face_detections": "id video_id:int!>videos embedding:vector! timestamp_seconds:real!"
        " bounding_box_x:int! bounding_box_y:int! bounding_box_width:int! bounding_box_height:int! confidence:real"
        " matched_creator_id:int>creators match_confidence:real is_verified:bool detected_at:date",
        "face_recognition_config": "id key:text!* value:text! description:text updated_at:date",
        "face_match_queue": "id video_id:int!>videos status:text! priority:int frames_to_process:int"
        " frames_processed:int faces_detected:int faces_matched:int error_message:text started_at:date"
        " completed_at:date created_at:date",
    },
    3: {
        "creator_face_embeddings": _REFERENCE_3,
        "video_face_detections": _DETECTION_3,
        "face_extraction_jobs": f"id video_id:int!*>videos {_LOOKS} started_at:date completed_at:date created_at:date",
    },
    4: {
        "creator_face_embeddings": _REFERENCE_3,
        "video_face_detections": f"{_DETECTION_3} face_extraction_job_id:int is_published:bool",
        "face_extraction_jobs": f"id video_id:int!>videos {_LOOKS} started_at:date completed_at:date created_at:date",
        "face_images": "id detection_id:int!* file_path:text! file_size_bytes:int width:int height:int"
        " generated_at:date",
    },
}
_LATER = ("tagging_rules", "tagging_rule_conditions", "tagging_rule_actions", "tagging_rule_log", "conversion_history")


def schema(shape: int) -> dict[str, str]:
    """The tables of a release; the seed's (shape 1) had neither rules nor histories."""
    return {name: text for name, text in SCHEMA.items() if shape > 1 or name not in _LATER} | FACES[shape]


def create_table(name: str, text: str, dialect: str) -> str:
    columns, _, constraint = text.partition(" | ")
    lines = [_column(column, dialect) for column in columns.split()]
    return f"CREATE TABLE {name} ({', '.join([*lines, *filter(None, [constraint])])})"


def columns_of(text: str) -> dict[str, str]:
    """{column: type}"""
    pairs = (column.partition(":") for column in text.partition(" | ")[0].split())
    return {name: kind.split(">")[0].rstrip("!*") or "int" for name, _, kind in pairs}


def _column(text: str, dialect: str) -> str:
    name, _, kind = text.partition(":")
    if name == "id":
        if kind == "text":
            return "id TEXT PRIMARY KEY"
        return "id INTEGER PRIMARY KEY AUTOINCREMENT" if dialect == "sqlite" else "id SERIAL PRIMARY KEY"
    kind, _, target = kind.partition(">")
    marks = f"{' NOT NULL' if '!' in kind else ''}{' UNIQUE' if '*' in kind else ''}"
    reference = f" REFERENCES {target} (id) ON DELETE CASCADE" if target else ""
    return f"{name} {_TYPES[dialect][kind.rstrip('!*')]}{marks}{reference}"
