"""The indexes serve the lists: PostgreSQL's own plans over enough rows, with nothing switched off."""

import json
import random
from hashlib import md5
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import Concat

from library import queries
from library.filters import parse_filter
from library.models import Folder, Tag, User, Video, VideoFile, VideoTag, VideoText
from library.queries import sort_of
from library.services.search import find_stale_texts, rebuild_search
from library.services.statistics import analyze_tables
from library.sorting import placed
from people.models import Creator, CreatorAlias, Credit, Studio, StudioAlias, VideoStudio
from playback.models import Rating
from tests.library.factories import make_file, make_folder, make_user, make_video

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
_VIDEOS = 6_000


@pytest.fixture
def many(renewed_tables: None) -> User:
    """Videos with files, tags, people and stars, by SQL: a factory would take minutes."""
    folder, user = make_folder(), make_user()
    rows = {"folder": folder.pk, "user": user.pk, "videos": _VIDEOS}
    with connection.cursor() as cursor:
        for statement in _ROWS:
            cursor.execute(statement, rows)
        # What the next vacuum would do: words that wait to be sorted in make the index look dear.
        cursor.execute("SELECT gin_clean_pending_list('library_text_document')")
    analyze_tables([Folder, Video, VideoFile, VideoText, VideoTag, Tag, Creator, Credit, Rating])
    return user


_ROWS = (
    """INSERT INTO library_video (title, description, origin, type, cover, original_file_name, view_count, is_corrupted,
           is_hdr, video_codec, audio_codec, created_at, duration_seconds, size_bytes, recorded_at, release_date,
           missing_since)
       SELECT 'Clip ' || i || ' ' || md5(i::text), '', 'scan', '', '', '', i %% 7, i %% 500 = 0, i %% 400 = 0, '', '',
              now() - make_interval(secs => i), i %% 900, i * 1000, now() - make_interval(days => i %% 3000),
              CURRENT_DATE - i %% 3000, CASE WHEN i %% 300 = 0 THEN now() END
         FROM generate_series(1, %(videos)s) AS i""",
    """INSERT INTO library_videofile (folder_id, video_id, is_primary, relative_path, size_bytes, mtime_ns, oshash,
           content_hash, packet_hash, state, error, notes, container, rotation, video_codec, audio_codec, is_hdr,
           hdr_format, streams, chapters, embedded_title, processing_seconds)
       SELECT %(folder)s, id, true, 'shelf ' || id %% 200 || '/' || id || '.mp4', 1, 1, '', '', '', 'ready', '', '[]',
              '', 0, '', '', false, '', '[]', '[]', '', 0 FROM library_video""",
    """INSERT INTO library_tag (name, color, description, position)
       SELECT 'Tag ' || i, '#6B7280', '', i FROM generate_series(1, 300) AS i""",
    """INSERT INTO library_videotag (video_id, tag_id, source)
       SELECT video.id, tag.id, 'manual' FROM library_video AS video
         JOIN library_tag AS tag ON (video.id + tag.id) %% 97 = 0""",
    """INSERT INTO playback_rating (user_id, video_id, stars, comment, rated_at)
       SELECT %(user)s, id, 4, '', now() FROM library_video WHERE id %% 20 = 0""",
)


def indexes_of(rows: QuerySet[Any]) -> set[str]:
    """The indexes of the plan, and "Seq Scan on <table>" for what is read whole."""
    found: set[str] = set()

    def walk(node: dict[str, Any]) -> None:
        if "Index Name" in node:
            found.add(node["Index Name"])
        if node["Node Type"] == "Seq Scan":
            found.add(f"Seq Scan on {node['Relation Name']}")
        for child in node.get("Plans", []):
            walk(child)

    walk(json.loads(rows.explain(format="json"))[0]["Plan"])
    return found


def a_page(sort: str, user: User, *, text: str = "", raw: Any = None) -> QuerySet[Any]:
    """The query of a list's first page."""
    column = sort_of(sort)
    rows = queries.matching_videos(text=text, filter=parse_filter(raw or {}), user=user)
    rows, field = placed(rows, column, text=text, user=user)
    if column.has_nulls or column.relation:
        rows = rows.filter(**{f"{field}__isnull": False})
    direction = "-" if column.is_descending else ""
    return rows.order_by(f"{direction}{field}", f"{direction}pk").values_list("pk", field)[:49]


def test_each_order_has_its_index(many: User) -> None:
    expected = {
        "newest": "library_video_newest",
        "oldest": "library_video_newest",
        "title": "library_video_title",
        "title-desc": "library_video_title",
        "longest": "library_video_duration",
        "smallest": "library_video_size",
        "most-viewed": "library_video_views",
        "recorded": "library_video_recorded",
        "released-first": "library_video_released",
    }

    plans = {sort: indexes_of(a_page(sort, many)) for sort in expected}

    assert {sort: plans[sort] for sort, index in expected.items() if index not in plans[sort]} == {}
    assert {sort for sort, plan in plans.items() if "Seq Scan on library_video" in plan} == set()


def test_filters_that_leave_few_have_their_indexes(many: User) -> None:
    tag = Tag.objects.get(name="Tag 7")
    expected = {
        "library_text_document": queries.matching_videos(text=f'"{md5(b"77").hexdigest()}"').values_list("pk"),
        "library_video_missing": a_page("newest", many, raw={"facet": "missing", "op": "is", "value": True}),
        "library_video_corrupted": a_page("newest", many, raw={"facet": "corrupted", "op": "is", "value": True}),
        "library_video_hdr": a_page("newest", many, raw={"facet": "hdr", "op": "is", "value": True}),
        "library_videotag_of_tag": a_page("title", many, raw={"facet": "tag", "op": "exact", "value": [tag.pk]}),
        "library_file_place": a_page("newest", many, raw={"facet": "path", "op": "under", "value": "shelf 7"}),
        "playback_rating_of_user": a_page("newest", many, raw={"facet": "rating", "op": "gte", "value": 5}),
    }

    assert {index for index, rows in expected.items() if index not in indexes_of(rows)} == set()


# ---- what triggers keep equals what a rebuild makes --------------------------------------------------------------


def _one(rng: random.Random, model: Any) -> Any:
    return rng.choice(list(model.objects.all()) or [None])


def _write(rng: random.Random) -> None:
    """One random write, through the ORM or by SQL, of one row or of many."""
    number = rng.randrange(10**6)
    video, tag, creator, studio = (_one(rng, model) for model in (Video, Tag, Creator, Studio))
    writes: list[Any] = [
        lambda: make_file(video=make_video(title=f"Film {number}")),
        lambda: make_file(video=video, relative_path=f"more/{number}.mkv") if video else None,
        lambda: Tag.objects.create(name=f"Tag {number}").aliases.create(name=f"Other {number}"),
        lambda: Creator.objects.create(name=f"Ana {number}").aliases.create(name=f"Anna {number}"),
        lambda: Studio.objects.create(name=f"Studio {number}").aliases.create(name=f"House {number}"),
        lambda: (
            Tag.objects.filter(pk__lte=tag.pk).update(name=Concat("name", Value(" x")))
            if tag and number % 5 == 0
            else None
        ),
        lambda: (
            Creator.objects.filter(pk=creator.pk).update(trashed_at=None if number % 2 else creator.created_at)
            if creator
            else None
        ),
        lambda: (
            VideoTag.objects.bulk_create(
                [VideoTag(video=one, tag=tag) for one in Video.objects.all()], ignore_conflicts=True
            )
            if tag
            else None
        ),
        lambda: Credit.objects.get_or_create(video=video, creator=creator) if video and creator else None,
        lambda: VideoStudio.objects.get_or_create(video=video, studio=studio) if video and studio else None,
        lambda: Credit.objects.filter(video=video).delete(),
        lambda: VideoTag.objects.filter(tag=tag).delete(),
        lambda: tag.delete() if tag and number % 4 == 0 else None,
        lambda: creator.delete() if creator and number % 4 == 0 else None,
        lambda: video.delete() if video and number % 6 == 0 and not video.files.exists() else None,
        lambda: CreatorAlias.objects.update(name=f"all {number}") if CreatorAlias.objects.count() == 1 else None,
        lambda: StudioAlias.objects.filter(studio=studio).delete(),
        lambda: Studio.objects.filter(pk=studio.pk).update(short_name=f"S{number}") if studio else None,
        lambda: Video.objects.update(description=f"all alike {number}"),
        lambda: (
            VideoFile.objects.filter(video=video).update(relative_path=f"moved/{number}.mp4")
            if video and video.files.count() == 1
            else None
        ),
        lambda: VideoFile.objects.filter(video=video, is_primary=False).update(video=_one(rng, Video)),
    ]
    rng.choice(writes)()


@pytest.mark.parametrize("seed", range(2))
def test_after_any_writes_the_words_are_what_a_rebuild_makes(seed: int) -> None:
    rng = random.Random(seed)

    for _ in range(120):
        _write(rng)

    assert find_stale_texts() == []
    assert VideoText.objects.count() == Video.objects.count() > 0


def test_a_rebuild_puts_right_what_went_past_the_triggers() -> None:
    videos = [make_video(title=f"Film {number}") for number in range(7)]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE library_video DISABLE TRIGGER USER")
        cursor.execute("UPDATE library_video SET title = 'Changed' WHERE id = %s", [videos[0].pk])
        cursor.execute("ALTER TABLE library_video ENABLE TRIGGER USER")
    VideoText.objects.filter(pk=videos[1].pk).delete()

    assert find_stale_texts() == [videos[0].pk, videos[1].pk]
    assert rebuild_search(batch=3) == 2
    assert find_stale_texts() == []
