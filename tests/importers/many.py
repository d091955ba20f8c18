"""A source with rows of nearly every kind, and a library that some of them meet."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from importers.records import FileFacts, Mapped, Record, Ref, Secret, SourcePath, SourcePicture
from library.models import Tag, User
from people.models import Creator
from playback.models import Playlist, PlaylistItem, Rating
from tests.importers.kinds import vector
from tests.importers.memory import World, record
from tests.library.factories import make_user, make_video
from tests.people.factories import picture_bytes

MOMENT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
TOKEN = "abcdefghijklmnopqrstuv"
# What the history and the imports themselves keep: they say more after a roll-back, not less.
_RECORDS = ("importers_", "library_changebatch", "library_auditevent", "django_", "pghistory_")


def make_library() -> None:
    """What is here before: some of it is what the source has too."""
    ann = make_user(username="ann")
    video = make_video(title="Film 1")
    Rating.objects.create(user=ann, video=video, stars=3, rated_at=MOMENT)
    Tag.objects.create(name="beach")
    Creator.objects.create(name="Ana")
    best = Playlist.objects.create(user=ann, name="Best")
    PlaylistItem.objects.create(playlist=best, video=video, position=0)


def make_source(owner: User, films: int = 4) -> World:
    """The source; its user is the owner."""
    films_ = [str(n) for n in range(1, films + 1)]
    return World(
        {
            "users": {"1": record("library.user", username="ann", email="ann@example.org", password="")},
            "folders": {"1": record("library.folder", path=SourcePath("/nowhere/films"), name="films")},
            "tags": {
                "1": record("library.tag", name="Beach", parent=Ref("tags", "2"), color="#00FF00", aliases=["Shore"]),
                "2": record("library.tag", name="Outdoor"),
            },
            "films": {key: _film(int(key)) for key in films_},
            "people": {
                "1": record("people.creator", name="Ana", description="of old", aliases=["Anna"]),
                "2": record("people.creator", name="Bob", picture=SourcePicture(content=picture_bytes())),
            },
            "studios": {
                "1": record("people.studio", name="Blue", parent=Ref("studios", "2")),
                "2": record("people.studio", name="Big", logo=SourcePicture(content=picture_bytes(color="blue"))),
            },
            "credits": {
                key: record("people.credit", video=Ref("films", key), creator=Ref("people", "2")) for key in films_
            },
            "filmtags": {
                key: record("library.videotag", video=Ref("films", key), tag=Ref("tags", "1")) for key in films_
            },
            **{name: {"1": made} for name, made in _single().items()},
            "places": {
                str(n): record(
                    "playback.playlistitem", playlist=Ref("lists", "1"), video=Ref("films", str(n)), position=n
                )
                for n in (1, 2)
            },
            "faces": {str(n): _face(n) for n in (1, 2, 3)},
            "indexers": {"1": Mapped(skipped="no_place_yet", kept={"name": "x", "key": Secret("hush")}, title="x")},
        }
    )


def _film(number: int) -> Record:
    facts = FileFacts(
        f"/nowhere/films/{number}.mp4",
        size_bytes=1000 * number,
        duration_seconds=60.0 * number,
        hashes={"xxh3": f"h{number}"},
    )
    cover = {"cover": SourcePicture(content=picture_bytes(color="green"))} if number == 2 else {}
    return record(
        "library.video", title=f"Film {number}", description=f"The {number}th", file=facts, created_at=MOMENT, **cover
    )


def _face(number: int) -> Record:
    box = {"left": 0.1, "top": 0.2, "width": 0.2, "height": 0.3}
    named = (
        {"status": "matched", "creator": Ref("people", "2"), "confidence": 0.8}
        if number == 1
        else {"status": "pending"}
    )
    return record(
        "faces.detection", video=Ref("films", "2"), time_seconds=float(number), embedding=vector(number, length=20.0),
        quality=0.7, model_name="buffalo_l", imported_status="confirmed", **box, **named,
    )  # fmt: skip


def _single() -> dict[str, Record]:
    user, film = Ref("users", "1"), Ref("films", "2")
    mine: dict[str, Any] = {"user": user, "video": film}
    return {
        "stars": record("playback.rating", **mine, stars=Decimal("4.5"), comment="good", rated_at=MOMENT),
        "likes": record("playback.favorite", user=user, creator=Ref("people", "1"), added_at=MOMENT),
        "counters": record("playback.tally", **mine, count=7),
        "plays": record("playback.playcount", **mine, play_count=5, total_watch_seconds=120.0, last_played_at=MOMENT),
        "sittings": record("playback.watch", **mine, watched_at=MOMENT, watched_seconds=60.0, position_seconds=61.0),
        "views": record("playback.viewcount", **mine, last_counted_at=MOMENT),
        "progress": record("playback.watchprogress", **mine, watched_at=MOMENT, position_seconds=33.0),
        "marks": record("playback.marker", **mine, start_seconds=12.5, end_seconds=20.0, label="Wave", color="#112233"),
        "marktags": record("playback.markertag", marker=Ref("marks", "1"), tag=Ref("tags", "2")),
        "labels": record("playback.markerlabeltag", user=user, label="Wave", tag=Ref("tags", "2")),
        "lists": record("playback.playlist", user=user, name="Best", description="of all"),
        "listtags": record("playback.playlisttag", playlist=Ref("lists", "1"), tag=Ref("tags", "2")),
        "shares": record("playback.sharelink", owner=user, video=film, token=TOKEN, access="public", view_count=3),
        "preferences": record("playback.usersettings", user=user, loop=True, card_config={"rows": [1]}),
        "watching": record("playback.playbacksettings", min_watch_seconds=45),
        "conversions": record(
            "processing.conversion", video=film, preset_key="hevc-1080p", status="completed", finished_at=MOMENT
        ),
        "jobs": record(
            "processing.job", stage="probe", status="completed", target_id=film, label="Film 2", started_at=MOMENT,
            finished_at=MOMENT,
        ),
        "letters": record(
            "processing.deadletter", stage="probe", status="retrying", target_id=film, failed_at=MOMENT, error="broken"
        ),
        "findings": record(
            "processing.integrityfinding", file=Ref("films", "2", "file"), kind="content", code="no_audio",
            severity="warning", sentence="No sound.", found_at=MOMENT,
        ),
        "retries": record("processing.stageconfig", stage="probe", max_retries=7),
        "plugins": record("processing.plugin", name="tmdb", title="TMDb"),
        "facts": record(
            "processing.pluginmetadata", video=film, plugin=Ref("plugins", "1"), field="title", value="A film",
            confidence=0.5, fetched_at=MOMENT,
        ),
        "known": record(
            "faces.reference", creator=Ref("people", "2"), embedding=vector(9, length=3.0), source="manual",
            quality=0.5, is_primary=True, model_name="buffalo_l",
        ),
        "looks": record("faces.facelook", file=Ref("films", "2", "file"), faces_detected=3, frames_processed=5),
        "facing": record("faces.facesettings", match_threshold=0.4),
        "disks": record("stats.storagesnapshot", period=MOMENT, video_bytes=10, video_count=1),
        "days": record("stats.librarysnapshot", day=date(2024, 5, 6), total_count=4),
        "contents": record(
            "stats.contentsnapshot", day=date(2024, 5, 6), top_creators=[{"id": Ref("people", "2"), "name": "Bob"}]
        ),
        "usage": record("stats.usagesnapshot", day=date(2024, 5, 6), play_count=5),
    }  # fmt: skip


def all_rows() -> dict[str, list[str]]:
    """Every row of every table but the history and the records of imports, without when it was last changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        names = sorted(name for (name,) in cursor.fetchall())
        found = {}
        for name in names:
            if name.startswith(_RECORDS) or name.endswith("event"):
                continue
            cursor.execute(f"SELECT (to_jsonb(t) - 'updated_at')::text FROM \"{name}\" t ORDER BY 1")
            found[name] = [row for (row,) in cursor.fetchall()]
    return found
