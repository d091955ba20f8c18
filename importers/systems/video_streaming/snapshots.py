"""Figures of the library over time. Of several of one hour or day the last counts, as ours has one."""

from collections.abc import Mapping
from typing import Any

from importers.records import Mapped, Record, Ref
from importers.sources.cleaning import clean_integer, clean_number, clean_text
from importers.systems.video_streaming.facts import Facts
from importers.systems.video_streaming.fields import Fields, key_text

_HOUR, _DAY = "%Y-%m-%d %H", "%Y-%m-%d"
_MOST = 2**31 - 1
# What their words for sizes are among ours; what is smaller than 720 is one there and two here.
_RESOLUTIONS = {"8k": "4320", "4k": "2160", "2160p": "2160", "1440p": "1440", "1080p": "1080", "720p": "720",
                "480p": "sd", "other": "sd", "unknown": ""}  # fmt: skip
_MADE = (
    ("thumbnails_size_bytes", "Thumbnails"),
    ("storyboards_size_bytes", "Storyboards"),
    ("profile_pictures_size_bytes", "Profile pictures"),
)


def map_storage(fields: Fields, facts: Facts) -> Mapped:
    moment, reason = _moment(fields, facts, "stats_storage_snapshots", _HOUR)
    if moment is None or reason:
        return fields.skip(reason)
    sizes = [(label, fields.integer(name) or 0) for name, label in _MADE]
    made = [
        {"label": label, "size_bytes": size, "files": 0} for label, size in sorted(sizes, key=lambda pair: -pair[1])
    ]
    values = {
        "period": moment.replace(minute=0, second=0, microsecond=0),
        "taken_at": moment,
        "video_bytes": fields.integer("total_video_size_bytes") or 0,
        "video_count": _count(fields, "total_video_count"),
        "derived_bytes": sum(size for _, size in sizes),
        "derived_at": moment,
        "converted_bytes": fields.integer("converted_size_bytes") or 0,
        "database_bytes": fields.integer("database_size_bytes") or 0,
        "directory_breakdown": _directories(fields),
        "derived_breakdown": made,
        "created_at": moment,
    }
    return fields.done(Record("stats.storagesnapshot", values), title=f"{moment:%Y-%m-%d %H}")


def map_library(fields: Fields, facts: Facts) -> Mapped:
    moment, reason = _moment(fields, facts, "stats_library_snapshots", _DAY)
    if moment is None or reason:
        return fields.skip(reason)
    total = _count(fields, "total_video_count")
    values = {
        "day": moment.date(),
        "taken_at": moment,
        "total_count": total,
        "available_count": _count(fields, "available_video_count"),
        "missing_count": _count(fields, "unavailable_video_count"),
        "total_bytes": fields.integer("total_size_bytes") or 0,
        "average_bytes": fields.number("average_size_bytes") or 0.0,
        "total_seconds": fields.number("total_duration_seconds") or 0.0,
        "average_seconds": fields.number("average_duration_seconds") or 0.0,
        "resolution_breakdown": _breakdown(fields, "resolution_breakdown", "resolution", total),
        "codec_breakdown": _breakdown(fields, "codec_breakdown", "codec", total),
        "created_at": moment,
    }
    return fields.done(Record("stats.librarysnapshot", values), title=f"{moment:%Y-%m-%d}")


def map_content(fields: Fields, facts: Facts) -> Mapped:
    moment, reason = _moment(fields, facts, "stats_content_snapshots", _DAY)
    if moment is None or reason:
        return fields.skip(reason)
    lacking = ("tags", "creators", "studios", "ratings", "thumbnails", "storyboards")
    values = {
        "day": moment.date(),
        "taken_at": moment,
        "video_count": _count(fields, "total_video_count"),
        **{f"without_{name}": _count(fields, f"videos_without_{name}") for name in lacking},
        **{f"{name}_count": _count(fields, f"total_{name}s") for name in ("tag", "creator", "studio", "playlist")},
        "top_tags": _top(fields, "top_tags", "tags"),
        "top_creators": _top(fields, "top_creators", "creators"),
        "created_at": moment,
    }
    return fields.done(Record("stats.contentsnapshot", values), title=f"{moment:%Y-%m-%d}")


def map_usage(fields: Fields, facts: Facts) -> Mapped:
    moment, reason = _moment(fields, facts, "stats_usage_snapshots", _DAY)
    if moment is None or reason:
        return fields.skip(reason)
    values = {
        "day": moment.date(),
        "taken_at": moment,
        "play_count": fields.integer("total_play_count") or 0,
        "watch_seconds": fields.number("total_watch_time_seconds") or 0.0,
        "watched_videos": _count(fields, "unique_videos_watched"),
        "never_watched": _count(fields, "videos_never_watched"),
        "average_completion": fields.number("average_completion_rate", most=100) or 0.0,
        "top_watched": _watched(fields),
        "activity_by_hour": _hours(fields),
        "created_at": moment,
    }
    return fields.done(Record("stats.usagesnapshot", values), title=f"{moment:%Y-%m-%d}")


def _moment(fields: Fields, facts: Facts, table: str, period: str) -> tuple[Any, str]:
    moment = fields.moment("created_at")
    if moment is None:
        return None, "bad_date"
    is_last = facts.last_of_period(table, period).get(moment.strftime(period)) == fields.key
    return moment, "" if is_last else "duplicate"


def _count(fields: Fields, name: str) -> int:
    return fields.integer(name, most=_MOST) or 0


def _directories(fields: Fields) -> list[dict[str, Any]]:
    shown = []
    for row in _list(fields, "directory_breakdown"):
        directory = key_text(row.get("directory_id"))
        shown.append(
            {
                "directory_id": Ref("watched_directories", directory) if directory else None,
                "path": clean_text(row.get("path"))[0],
                "size_bytes": clean_integer(row.get("size_bytes"))[0] or 0,
                "video_count": clean_integer(row.get("video_count"))[0] or 0,
                "missing_count": 0,
            }
        )
    return sorted(shown, key=lambda row: -row["size_bytes"])


def _breakdown(fields: Fields, column: str, name: str, total: int) -> list[dict[str, Any]]:
    """From a list of {name, count, percentage}, or from a map {word: count}."""
    found = fields.json(column, default=[])
    if isinstance(found, Mapping):
        pairs = list(found.items())
    else:
        pairs = [(row.get(name), row.get("count")) for row in _list(fields, column)]
    counts: dict[str, int] = {}
    labels: dict[str, str] = {}
    for word, value in pairs:
        label = clean_text(word)[0].strip() or "Unknown"
        key = _RESOLUTIONS.get(label.lower(), label.lower()) if name == "resolution" else label.lower()
        key = "" if key == "unknown" else key
        count, reason = clean_integer(value)
        if reason:
            fields.refuse(reason, column)
        counts[key] = counts.get(key, 0) + (count or 0)
        labels.setdefault(key, "SD" if key == "sd" else label)
    whole = total or sum(counts.values())
    return [
        {
            "key": key,
            "label": labels[key],
            "count": count,
            "percentage": round(100 * count / whole, 2) if whole else 0.0,
        }
        for key, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        if count
    ]


def _top(fields: Fields, column: str, table: str) -> list[dict[str, Any]]:
    """From {id, name, video_count}, or from {name, count}, of which the name alone is left."""
    shown = []
    for row in _list(fields, column):
        one: dict[str, Any] = {
            "name": clean_text(row.get("name"))[0],
            "video_count": clean_integer(row.get("video_count", row.get("count")))[0] or 0,
        }
        if key_text(row.get("id")):
            one["id"] = Ref(table, key_text(row.get("id")))
        shown.append(one)
    return shown[:10]


def _watched(fields: Fields) -> list[dict[str, Any]]:
    return [
        {
            "video_id": Ref("videos", key_text(row.get("video_id"))),
            "title": clean_text(row.get("title"))[0],
            "play_count": clean_integer(row.get("play_count"))[0] or 0,
            "total_watch_seconds": clean_number(row.get("total_watch_seconds"))[0] or 0.0,
        }
        for row in _list(fields, "top_watched")
    ][:10]


def _hours(fields: Fields) -> dict[str, int]:
    """Hours with or without a leading zero; a list of 24 counts too."""
    found = fields.json("activity_by_hour", default={})
    if isinstance(found, list) and len(found) == 24 and not any(isinstance(item, Mapping) for item in found):
        found = dict(enumerate(found))
    if not isinstance(found, Mapping):
        fields.refuse("bad_value", "activity_by_hour")
        return {}
    hours = {f"{hour:02}": 0 for hour in range(24)}
    for key, value in found.items():
        hour, count = clean_integer(key, most=23)[0], clean_integer(value)[0]
        if hour is None or count is None:
            fields.refuse("bad_value", "activity_by_hour")
        else:
            hours[f"{hour:02}"] += count
    return hours


def _list(fields: Fields, column: str) -> list[Mapping[str, Any]]:
    found = fields.json(column, default=[])
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        fields.refuse("bad_value", column)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
