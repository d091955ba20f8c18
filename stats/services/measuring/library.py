"""What the library is made of. Five statements, each one pass over a table."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from library.words import CODECS, CONTAINERS, HDR_FORMATS, RESOLUTIONS, WIDE
from processing.services.conversions.suggestions import suggest_conversions
from stats.services.measuring.rows import one, rows, shares

UNKNOWN = "Unknown"
_ORIENTATIONS = {"landscape": "Landscape", "portrait": "Portrait", "square": "Square"}
# Upper ends in frames per second (with room for 23.976 and its kin) and in minutes.
_RATES = (("24", "Up to 24", 24.5), ("25", "25", 25.5), ("30", "30", 30.5), ("50", "50", 50.5), ("60", "60", 60.5))
_LENGTHS = (
    ("1", "Under 1 min", 1), ("5", "1 to 5 min", 5), ("20", "5 to 20 min", 20), ("60", "20 to 60 min", 60),
    ("120", "1 to 2 h", 120),
)  # fmt: skip
_FAST, _LONG = ("fast", "Above 60"), ("long", "Over 2 h")

_resolution = " ".join(
    f"WHEN least(width, height) >= {least} OR greatest(width, height) >= {round(least * WIDE)} THEN '{key}'"
    for key, _, least in RESOLUTIONS
)
_rate = " ".join(f"WHEN frame_rate < {below} THEN '{key}'" for key, _, below in _RATES)
_length = " ".join(f"WHEN duration_seconds < {60 * minutes} THEN '{key}'" for key, _, minutes in _LENGTHS)

_TOTALS = """
    SELECT count(*) FILTER (WHERE trashed_at IS NULL) AS total_count,
           count(*) FILTER (WHERE trashed_at IS NULL AND missing_since IS NULL) AS available_count,
           count(*) FILTER (WHERE trashed_at IS NULL AND missing_since IS NOT NULL) AS missing_count,
           count(*) FILTER (WHERE trashed_at IS NOT NULL) AS trashed_count,
           count(*) FILTER (WHERE trashed_at IS NULL AND is_corrupted) AS corrupt_count,
           sum(size_bytes) FILTER (WHERE trashed_at IS NULL)::bigint AS total_bytes,
           avg(size_bytes) FILTER (WHERE trashed_at IS NULL)::float8 AS average_bytes,
           sum(duration_seconds) FILTER (WHERE trashed_at IS NULL) AS total_seconds,
           avg(duration_seconds) FILTER (WHERE trashed_at IS NULL) AS average_seconds
      FROM library_video
"""
_KINDS = f"""
    SELECT grouping(resolution, codec, orientation, rate, length) AS which,
           coalesce(resolution, codec, orientation, rate, length) AS key, count(*) AS count
      FROM (
        SELECT CASE WHEN width IS NULL OR height IS NULL THEN '' {_resolution} ELSE '' END AS resolution,
               video_codec AS codec,
               CASE WHEN width > height THEN 'landscape' WHEN width < height THEN 'portrait'
                    WHEN width = height THEN 'square' ELSE '' END AS orientation,
               CASE WHEN frame_rate IS NULL THEN '' {_rate} ELSE 'fast' END AS rate,
               CASE WHEN duration_seconds IS NULL THEN '' {_length} ELSE 'long' END AS length
          FROM library_video WHERE trashed_at IS NULL
      ) AS video
     GROUP BY GROUPING SETS ((resolution), (codec), (orientation), (rate), (length))
"""
# What `grouping` says of the set that a row belongs to: a bit for each column that isn't in it.
_WHICH = {0b01111: "resolution", 0b10111: "codec", 0b11011: "orientation", 0b11101: "frame_rate", 0b11110: "length"}
_FILES = """
    SELECT grouping(container, hdr) AS which, coalesce(container, hdr) AS key, count(*) AS count
      FROM (
        SELECT file.container,
               CASE WHEN file.is_hdr THEN coalesce(nullif(file.hdr_format, ''), 'hdr') ELSE 'sdr' END AS hdr
          FROM library_videofile AS file JOIN library_video AS video ON video.id = file.video_id
         WHERE file.is_primary AND video.trashed_at IS NULL
      ) AS file
     GROUP BY GROUPING SETS ((container), (hdr))
"""
_STATES = """
    SELECT count(*) FILTER (WHERE state = 'failed') AS failed_files,
           count(*) FILTER (WHERE state IN ('new', 'probed')) AS waiting_files
      FROM library_videofile WHERE state <> 'ready' AND missing_since IS NULL
"""
_CARE = """
    SELECT (SELECT count(*) FROM library_duplicatepair WHERE verdict = 'open') AS duplicate_pairs,
           (SELECT sum(wasted_bytes)::bigint FROM library_duplicatepair WHERE verdict = 'open') AS duplicate_bytes,
           (SELECT count(*) FROM processing_deadletter WHERE status IN ('pending_review', 'retrying')) AS open_failures,
           (SELECT count(*) FROM library_folder, LATERAL coalesce(scan_interval_minutes, %(interval)s) AS minutes
             WHERE removed_at IS NULL AND is_active AND is_auto_scanned AND minutes > 0
               AND coalesce(last_scanned_at, created_at) < %(now)s - make_interval(mins => 3 * minutes)
           ) AS stale_folders
"""
_FAILURES = """
    SELECT stage, error_class, count(*) AS count FROM processing_deadletter
     WHERE status IN ('pending_review', 'retrying') GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 50
"""


def measure(*, now: datetime, scan_interval_minutes: int) -> dict[str, Any]:
    """The fields of a LibrarySnapshot. A folder is stale when three of its intervals have passed without a scan."""
    values = one(_TOTALS)
    total = values["total_count"]
    counted: dict[str, list[tuple[str, str, int]]] = {name: [] for name in (*_WHICH.values(), "container", "hdr")}
    for row in rows(_KINDS):
        name = _WHICH[row["which"]]
        counted[name].append((row["key"], _NAMES[name](row["key"]), row["count"]))
    for row in rows(_FILES):
        name = "container" if row["which"] == 0b01 else "hdr"
        counted[name].append((row["key"], _NAMES[name](row["key"]), row["count"]))
    values |= {f"{name}_breakdown": shares(found, total) for name, found in counted.items()}
    values |= one(_STATES) | one(_CARE, {"now": now, "interval": scan_interval_minutes})
    values["failures"] = rows(_FAILURES)
    worth_it = suggest_conversions()
    saved = sum(suggestion.saved_bytes for suggestion in worth_it)
    return values | {"convertible_count": len(worth_it), "convertible_bytes": saved}


def _named(names: dict[str, str]) -> Callable[[str], str]:
    return lambda key: names.get(key) or (key.upper() if key else UNKNOWN)


_NAMES: dict[str, Callable[[str], str]] = {
    "resolution": _named({key: label for key, label, _ in RESOLUTIONS}),
    "codec": _named(CODECS),
    "container": _named(CONTAINERS),
    "orientation": _named(_ORIENTATIONS),
    "frame_rate": _named({key: label for key, label, _ in _RATES} | dict([_FAST])),
    "length": _named({key: label for key, label, _ in _LENGTHS} | dict([_LONG])),
    "hdr": _named(HDR_FORMATS | {"sdr": "Standard range", "hdr": "HDR"}),
}
