"""A library of any size made of rows alone, to measure pages and searches with. No file is written."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

from config.services.seed import words
from library.models import ChangeBatch, Folder, Tag, User, Video, VideoFile, VideoTag, VideoText
from library.models.change import ChangeSource
from library.services.search import rebuild_search
from library.services.statistics import analyze_tables
from people.models import Creator, Credit, Studio, VideoStudio
from playback.models import Favorite, Marker, PlayCount, Rating, WatchProgress

FOLDER_PATH = "/synthetic"
CREDITS_PER_VIDEO = 4
TAGS_PER_VIDEO = 7
_TABLES: tuple[type[models.Model], ...] = (
    Video, VideoFile, Tag, VideoTag, Creator, Credit, Studio, VideoStudio,
    Rating, Favorite, Marker, PlayCount, WatchProgress,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seeded:
    """How many rows there are now."""

    videos: int
    creators: int
    studios: int
    tags: int
    video_tags: int
    credits: int


class LibraryInUseError(Exception):
    """The library holds videos of somebody's."""


def seed_scale(*, videos: int, user: User, is_forced: bool = False, say: Callable[[str], None] = print) -> Seeded:
    """Fills the database with `videos` synthetic videos, a fifth as many people, ten tags and credits a video.

    A few tags and people have many videos and most have few, as in real libraries. The rows are the same at each run on
    an empty database. History triggers are off meanwhile; one batch that can't be undone says what happened. Raises
    LibraryInUseError when there are folders, unless it is forced, and ValueError on a number below 1.
    """
    if videos < 1:
        raise ValueError("Give the number of videos, 1 or more.")
    if not is_forced and Folder.objects.exists():
        raise LibraryInUseError(
            "This library has folders already: synthetic rows would lie among yours. Use an empty home, or --force."
        )
    people, studios, tags = max(20, videos // 5), max(10, videos // 100), max(60, min(2000, videos // 50))
    with transaction.atomic(), _without_triggers():
        number = Folder.objects.filter(path__startswith=FOLDER_PATH).count() or ""
        folder = Folder.objects.create(
            name="Synthetic", path=f"{FOLDER_PATH}{number}", is_auto_scanned=False, watch_mode="off"
        )
        # Beside names of somebody's, or of an earlier time, these need another word.
        has_names = any(model.objects.exists() for model in (Creator, Studio, Tag))
        mark = f" {number}" if number else " synthetic" if has_names else ""
        for what, statement, values in _statements(videos, people, studios, tags, folder.pk, user.pk, mark):
            say(f"{what} ...")
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
        ChangeBatch.objects.create(
            source=ChangeSource.SYSTEM,
            summary=f"Made a synthetic library of {videos:,} videos",
            change_count=videos,
            can_undo=False,
        )
    # Without statistics the words below are joined row by row.
    analyze_tables(_TABLES)
    say("Words for search ...")
    rebuild_search()
    analyze_tables((VideoText,))
    counts = [model.objects.count() for model in (Video, Creator, Studio, Tag, VideoTag, Credit)]
    return Seeded(*counts)


@contextmanager
def _without_triggers() -> Iterator[None]:
    """The tables' own triggers (history, timestamps, search) are off until the block ends; foreign keys still count."""
    names = [connection.ops.quote_name(model._meta.db_table) for model in _TABLES]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    yield
    with connection.cursor() as cursor:
        # What foreign keys still have to check would stand in the way of the next statement.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")


_Statement = tuple[str, str, dict[str, Any]]


def _statements(
    videos: int, people: int, studios: int, tags: int, folder: int, user: int, mark: str
) -> Iterator[_Statement]:
    lists = {
        "places": list(words.PLACES), "things": list(words.THINGS), "looks": list(words.LOOKS),
        "firsts": list(words.FIRST_NAMES), "lasts": list(words.LAST_NAMES), "groups": list(words.TAG_GROUPS),
        "studio_words": list(words.STUDIO_WORDS), "studio_kinds": list(words.STUDIO_KINDS),
        "codecs": list(words.CODECS), "widths": [w for w, _ in words.SIZES], "heights": [h for _, h in words.SIZES],
    }  # fmt: skip
    values = lists | {
        "videos": videos, "people": people, "studios": studios, "tags": tags, "folder": folder, "user": user,
        "mark": mark,
        "above": _highest(Video), "above_tag": _highest(Tag),
        "above_creator": _highest(Creator), "above_studio": _highest(Studio),
        "credits": CREDITS_PER_VIDEO, "video_tags": TAGS_PER_VIDEO, "spread_days": max(30, int(math.sqrt(videos) * 10)),
    }  # fmt: skip
    yield "Seed", "SELECT setseed(0.4242)", {}
    for what, statement in _SQL:
        yield what, statement, values


def _highest(model: type[models.Model]) -> int:
    return model._default_manager.aggregate(highest=models.Max("pk"))["highest"] or 0


def _pick(name: str, number: str) -> str:
    """SQL: an element of the list parameter, by any number."""
    values = f"(%({name})s::{'int' if name in ('widths', 'heights') else 'text'}[])"
    return f"{values}[1 + mod(abs({number})::bigint, cardinality({values}))::int]"


_TITLE = (
    f"initcap({_pick('looks', 'i * 7919')}) || ' ' || lower({_pick('things', 'i * 104729')}) || ' in ' || "
    f"{_pick('places', 'i * 1299709')} || ' ' || i"
)
_NOT_OFTEN = "floor(%({0})s::int * power(random(), 3))::int"

_SQL: tuple[tuple[str, str], ...] = (
    (
        "Tags",
        f"""
        WITH roots AS (
            INSERT INTO library_tag (name, parent_id, color, description, position)
            SELECT name || %(mark)s, NULL, '#6B7280', '', ordinality::int
              FROM unnest(%(groups)s::text[]) WITH ORDINALITY AS root(name, ordinality)
            ON CONFLICT DO NOTHING RETURNING id
        ), numbered AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM roots)
        INSERT INTO library_tag (name, parent_id, color, description, position)
        SELECT {_pick("things", "i")} || ' ' || i, numbered.id,
               '#' || lpad(to_hex((i * 2654435) %% 16777216), 6, '0'), '', i
          FROM generate_series(1, %(tags)s::bigint) AS i
          JOIN numbered ON numbered.number = i %% cardinality(%(groups)s::text[])
        """,
    ),
    (
        "People",
        f"""
        INSERT INTO people_creator (name, disambiguation, description, is_verified, gender, birthplace, nationality,
               ethnicity, astrology, measurements, cup_size, hair_color, eye_color, tattoos, piercings, image_url)
        SELECT {_pick("firsts", "i")} || ' ' || {_pick("lasts", "i / 40")} ||
               CASE WHEN i >= 1600 THEN ' ' || (i / 1600) ELSE '' END,
               trim(%(mark)s), '', i %% 10 = 0, '', '', '', '', '', '', '', '', '', '', '', ''
          FROM generate_series(0, %(people)s::bigint - 1) AS i
        """,
    ),
    (
        "Studios",
        f"""
        INSERT INTO people_studio (name, disambiguation, short_name, url, description, is_verified, logo, favicon,
               poster)
        SELECT {_pick("studio_words", "i")} || ' ' || {_pick("studio_kinds", "i / 12")} ||
               CASE WHEN i >= 96 THEN ' ' || (i / 96) ELSE '' END, trim(%(mark)s), '', '', '', false, '', '', ''
          FROM generate_series(0, %(studios)s::bigint - 1) AS i
        """,
    ),
    (
        "Videos",
        f"""
        INSERT INTO library_video (title, description, release_date, recorded_at, origin, type, cover,
               original_file_name, file_date, view_count, is_corrupted, last_verified_at, missing_since, trashed_at,
               duration_seconds, width, height, is_hdr, size_bytes, video_codec, audio_codec, frame_rate, bit_rate,
               created_at, updated_at)
        SELECT {_TITLE},
               CASE WHEN i %% 5 = 0 THEN 'What happened in ' || {_pick("places", "i * 31")} || ' that day.' ELSE '' END,
               CASE WHEN i %% 3 = 0 THEN DATE '2000-01-01' + (i * 37 %% 9000)::int END,
               at, 'scan', '', '', 'clip_' || i || '.mp4', at, floor(20 * power(random(), 6))::int,
               i %% 997 = 0, at, CASE WHEN i %% 101 = 0 THEN at END, CASE WHEN i %% 499 = 0 THEN at END,
               seconds, {_pick("widths", "i")}, {_pick("heights", "i")}, i %% 29 = 0,
               (seconds * 700000)::bigint, {_pick("codecs", "i")}, 'aac', 29.97, 5600000, at, at
          FROM (SELECT i, 20 + 5000 * power(random(), 4) AS seconds,
                       now() - make_interval(secs => random() * %(spread_days)s * 86400) AS at
                  FROM generate_series(1, %(videos)s::bigint) AS i) AS made
        """,
    ),
    (
        "Files",
        """
        INSERT INTO library_videofile (folder_id, video_id, is_primary, relative_path, size_bytes, mtime_ns, oshash,
               content_hash, packet_hash, phash, missing_since, state, error, notes, container, duration_seconds, width,
               height, rotation, frame_rate, bit_rate, video_codec, audio_codec, is_hdr, hdr_format, streams, chapters,
               embedded_title, probed_at, processing_seconds, created_at, updated_at)
        SELECT %(folder)s, id, true, 'shelf ' || (id %% 400) || '/' || original_file_name, size_bytes,
               (extract(epoch FROM created_at) * 1000000000)::bigint, lpad(to_hex(id), 16, '0'), '', '',
               hashint8extended(id - CASE WHEN id %% 50 = 0 THEN 1 ELSE 0 END, 7), missing_since,
               CASE WHEN id %% 250 = 0 THEN 'failed' ELSE 'ready' END,
               CASE WHEN id %% 250 = 0 THEN 'This is not a video that FFmpeg can read.' ELSE '' END,
               '[]', 'mp4', duration_seconds, width, height, 0, frame_rate, bit_rate, video_codec, audio_codec, is_hdr,
               '', '[]', '[]', '', created_at, 1.5, created_at, created_at
          FROM library_video AS video
         WHERE id > %(above)s
        """,
    ),
    (
        "Tags of videos",
        f"""
        WITH tag AS (
                SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM library_tag WHERE id > %(above_tag)s
             ),
             video AS (SELECT id FROM library_video WHERE id > %(above)s AND id %% 40 <> 0),
             drawn AS (SELECT video.id, {_NOT_OFTEN.format("tags")} AS number
                         FROM video, generate_series(1, %(video_tags)s::int))
        INSERT INTO library_videotag (video_id, tag_id, source)
        SELECT drawn.id, tag.id, 'manual' FROM drawn JOIN tag USING (number)
        ON CONFLICT DO NOTHING
        """,
    ),
    (
        "Credits",
        f"""
        WITH creator AS (
                SELECT id, row_number() OVER (ORDER BY id) - 1 AS number
                  FROM people_creator WHERE id > %(above_creator)s
             ),
             video AS (SELECT id FROM library_video WHERE id > %(above)s AND id %% 10 <> 0),
             drawn AS (SELECT video.id, {_NOT_OFTEN.format("people")} AS number
                         FROM video, generate_series(1, %(credits)s::int))
        INSERT INTO people_credit (video_id, creator_id, source, confidence, role)
        SELECT drawn.id, creator.id, 'manual', NULL, '' FROM drawn JOIN creator USING (number)
        ON CONFLICT DO NOTHING
        """,
    ),
    (
        "Studios of videos",
        f"""
        WITH studio AS (
                SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM people_studio WHERE id > %(above_studio)s
             ),
             drawn AS (SELECT id, {_NOT_OFTEN.format("studios")} AS number
                         FROM library_video WHERE id > %(above)s AND id %% 4 <> 0)
        INSERT INTO people_videostudio (video_id, studio_id, is_primary, source)
        SELECT drawn.id, studio.id, true, 'manual' FROM drawn JOIN studio USING (number)
        ON CONFLICT DO NOTHING
        """,
    ),
    (
        "Ratings, favourites, marks",
        """
        WITH rated AS (
            INSERT INTO playback_rating (user_id, video_id, stars, comment, rated_at)
            SELECT %(user)s, id, (1 + id %% 10) / 2.0, '', created_at
              FROM library_video WHERE id > %(above)s AND id %% 10 = 3
            ON CONFLICT DO NOTHING
        ), liked AS (
            INSERT INTO playback_favorite (user_id, video_id, added_at)
            SELECT %(user)s, id, created_at
              FROM library_video WHERE id > %(above)s AND id %% 20 = 3 ON CONFLICT DO NOTHING
        )
        INSERT INTO playback_marker (user_id, video_id, start_seconds, label, description, color)
        SELECT %(user)s, id, 5 + id %% 15, 'Mark', '', '#FFFFFF'
          FROM library_video WHERE id > %(above)s AND id %% 25 = 3
        """,
    ),
    (
        "Plays",
        """
        WITH played AS (
            INSERT INTO playback_playcount (user_id, video_id, play_count, total_watch_seconds, session_watch_seconds,
                   is_session_counted, last_played_at, last_watched_at)
            SELECT %(user)s, id, 1 + id %% 7, 60 + id %% 900, 0, false, created_at, created_at
              FROM library_video WHERE id > %(above)s AND id %% 5 = 1 ON CONFLICT DO NOTHING
        )
        INSERT INTO playback_watchprogress (user_id, video_id, position_seconds, duration_seconds, is_completed,
               watched_at)
        SELECT %(user)s, id, duration_seconds / 3, duration_seconds, id %% 2 = 0, created_at
          FROM library_video WHERE id > %(above)s AND id %% 5 = 1 ON CONFLICT DO NOTHING
        """,
    ),
)
