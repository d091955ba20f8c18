"""A library with thousands of rows in every table, for what depends on numbers."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from config.services.seed.scale import seed_scale
from faces.ml.pack import DIMENSIONS
from faces.models import FaceCluster, FaceDetection, FaceLook, FaceModel, FaceReference, FaceTrack, PhotoSearch
from importers.models import ImportedRow, ImportRun, PlannedRow
from library.models import (
    ApiToken,
    AuditEvent,
    AuditKind,
    BulkEdit,
    ChangeBatch,
    DuplicatePair,
    FileSignature,
    Folder,
    IgnoredFile,
    LoginCounter,
    OldPath,
    Rejection,
    SavedSearch,
    ScanLog,
    Suggestion,
    Tag,
    TagAlias,
    TriageAnswer,
    TriageLease,
    Upload,
    User,
    UserSession,
    Video,
    VideoFile,
    VideoMetadata,
)
from library.models.duplicate import DuplicateVerdict
from people.models import (
    Creator,
    CreatorAlias,
    CreatorProfile,
    CreatorStudio,
    ExternalId,
    Platform,
    Studio,
    StudioAlias,
)
from playback.models import (
    ClipExport,
    Favorite,
    Marker,
    MarkerLabelTag,
    MarkerPicture,
    MarkerTag,
    PlaybackSession,
    PlayCount,
    Playlist,
    PlaylistItem,
    Rating,
    SharedStream,
    ShareLink,
    StreamRendition,
    StreamSession,
    Tally,
    ViewCount,
    Watch,
    WatchProgress,
)
from processing.models import (
    Conversion,
    ConversionBatch,
    DeadLetter,
    FileCheck,
    IntegrityFinding,
    Job,
    Preview,
    StageRecord,
)
from tests.config.data_model import read_catalogue
from tests.library.factories import make_user

VIDEOS = 10_000
_SOME = 6_000


@dataclass(slots=True)
class Crowd:
    """Ids of what the rows are about."""

    users: list[int]
    videos: list[int]
    files: list[int]
    tags: list[int]
    creators: list[int]
    studios: list[int]
    folders: list[int]


def make_crowd() -> User:
    """Fills the empty database and counts it; returns the owner, who has a part of the rows of every kind."""
    owner = make_user(username="owner", is_superuser=True)
    seed_scale(videos=VIDEOS, user=owner, say=lambda text: None)
    users = User.objects.bulk_create([User(username=f"viewer{number}") for number in range(30)])
    folders = Folder.objects.bulk_create([Folder(name=f"F{n}", path=f"/nowhere/{n}") for n in range(10)])
    crowd = Crowd(
        users=[owner.pk, *(user.pk for user in users)],
        videos=list(Video.objects.order_by("pk").values_list("pk", flat=True)[:_SOME]),
        files=list(VideoFile.objects.order_by("pk").values_list("pk", flat=True)[:_SOME]),
        folders=[folder.pk for folder in folders],
        **{
            name: list(model._default_manager.order_by("pk").values_list("pk", flat=True))
            for name, model in (("tags", Tag), ("creators", Creator), ("studios", Studio))
        },
    )
    with _without_triggers():
        for fill in (
            _files, _names, _accounts, _history, _opinions, _machines, _watching, _jobs, _health, _conversions, _faces,
            _triage, _imports,
        ):  # fmt: skip
            fill(crowd)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return owner


@contextmanager
def _without_triggers() -> Iterator[None]:
    """The rows need neither history nor words of their own."""
    tables = [connection.ops.quote_name(name) for name in read_catalogue().tables]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _each(count: int, make: Callable[[int], Any]) -> None:
    rows = [make(number) for number in range(count)]
    type(rows[0])._default_manager.bulk_create(rows, batch_size=2000)


def _of(values: list[int], number: int) -> int:
    return values[number % len(values)]


def _files(crowd: Crowd) -> None:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE library_videofile SET packet_hash = lpad(to_hex(id / 8), 32, '0'),"
            " content_hash = lpad(to_hex(id / 8), 32, '0') WHERE id %% 4 = 0 AND id = ANY(%s)",
            [crowd.files],
        )
        cursor.execute(
            "UPDATE library_videofile SET trashed_at = %s, is_primary = FALSE WHERE id %% 300 = 7 AND id = ANY(%s)",
            [now, crowd.files],
        )
        cursor.execute("UPDATE library_videofile SET state = 'new' WHERE id % 500 = 9")
    _each(
        2000,
        lambda n: FileSignature(
            file_id=crowd.files[n],
            version=1,
            frame_times=[float(t) for t in range(20)],
            frame_hashes=[(n * 7919 + t * 104729) * 0x9E3779B97F4A7 % 2**63 for t in range(20)],
            keyframe_times=[float(t) for t in range(10)],
            keyframe_hashes=[(n * 7919 + t * 104729) * 0xC2B2AE3D27D4F % 2**63 for t in range(10)],
        ),
    )
    _each(2000, lambda n: OldPath(file_id=_of(crowd.files, n), path=f"/old/{n}.mp4", left_at=now))
    _each(
        2000,
        lambda n: IgnoredFile(
            folder_id=_of(crowd.folders, n), relative_path=f"{n}.mp4", size_bytes=n, reason="It was kept."
        ),
    )
    _each(
        3000,
        lambda n: ScanLog(
            folder_id=_of(crowd.folders, n),
            status="held" if n % 300 == 0 else "completed",
            started_at=now - timedelta(hours=n),
            finished_at=now - timedelta(hours=n),
        ),
    )
    verdicts = itertools.cycle([*[DuplicateVerdict.OPEN] * 3, DuplicateVerdict.REJECTED, DuplicateVerdict.KEPT])
    _each(
        5000,
        lambda n: DuplicatePair(
            first_id=crowd.videos[n],
            second_id=crowd.videos[n + 1],
            kind=("near", "exact", "contained")[n % 3],
            verdict=next(verdicts),
            confidence=(n % 997) / 1000,
            wasted_bytes=n * 7919 % 10_007,
            decided_at=now - timedelta(minutes=n) if n % 5 > 2 else None,
        ),
    )


def _names(crowd: Crowd) -> None:
    _each(2000, lambda n: Tag(name=f"Rare {n}"))
    _each(1000, lambda n: Studio(name=f"Small {n}"))
    Tag.objects.filter(pk__in=crowd.tags[-5:]).update(trashed_at=timezone.now())
    Creator.objects.filter(pk__in=crowd.creators[-5:]).update(trashed_at=timezone.now())
    Studio.objects.filter(pk__in=crowd.studios[-5:]).update(trashed_at=timezone.now())
    _each(1000, lambda n: TagAlias(tag_id=_of(crowd.tags[-20:], n), name=f"Word {n}"))
    _each(1000, lambda n: CreatorAlias(creator_id=_of(crowd.creators[-200:], n), name=f"Known as {n}"))
    _each(1000, lambda n: StudioAlias(studio_id=_of(crowd.studios[-10:], n), name=f"Company {n}"))
    _each(3000, lambda n: VideoMetadata(video_id=crowd.videos[n], key=f"Note {n % 300}", value="said"))
    _each(3000, lambda n: ExternalId(video_id=crowd.videos[n], source=("stash", "other")[n % 2], external_id=f"id{n}"))
    platforms = list(Platform.objects.order_by("pk").values_list("pk", flat=True))
    _each(
        2000,
        lambda n: CreatorProfile(
            creator_id=crowd.creators[n], platform_id=_of(platforms, n), username=f"name{n}", profile_url="https://a.b"
        ),
    )
    _each(2000, lambda n: CreatorStudio(creator_id=crowd.creators[n], studio_id=_of(crowd.studios, n // 5)))


def _accounts(crowd: Crowd) -> None:
    now = timezone.now()
    _each(1500, lambda n: LoginCounter(scope="account", key=f"name{n}", failure_count=1, last_try_at=now))
    _each(
        3000,
        lambda n: UserSession(
            session_key=f"{n:032d}", session_data="", expire_date=now + timedelta(days=1), user_id=_of(crowd.users, n)
        ),
    )
    kinds = [AuditKind.PURGE if n % 100 == 0 else AuditKind.LOGIN for n in range(3000)]
    _each(
        3000,
        lambda n: AuditEvent(
            kind=kinds[n],
            user_id=_of(crowd.users[:-1], n) if n % 1500 else crowd.users[-1],
            account_id=_of(crowd.users[:-1], n // 7) if n % 1000 else crowd.users[-1],
            subject="Somebody",
        ),
    )
    _each(3000, lambda n: SavedSearch(user_id=_of(crowd.users, n), name=f"Search {n}", is_shared=n % 500 == 0))
    _each(
        1500,
        lambda n: BulkEdit(
            user_id=_of(crowd.users, n), video_ids=[n], confirmed_at=now if n % 50 else None, operation={}
        ),
    )


def _history(crowd: Crowd) -> None:
    _each(
        3000,
        lambda n: ChangeBatch(id=uuid.UUID(int=n + 1), user_id=_of(crowd.users, n), summary=f"Did something {n} times"),
    )


def _opinions(crowd: Crowd) -> None:
    now = timezone.now()
    others = crowd.users[1:]
    _each(
        5000,
        lambda n: Rating(user_id=_of(others, n), video_id=crowd.videos[n], stars=(1 + n % 10) / 2, rated_at=now),
    )
    _each(
        5000,
        lambda n: Favorite(user_id=_of(others, n), video_id=crowd.videos[n], added_at=now - timedelta(minutes=n)),
    )
    _each(5000, lambda n: Tally(user_id=_of(crowd.users, n), video_id=crowd.videos[n], count=n % 40))
    _each(
        5000,
        lambda n: Marker(
            user_id=_of(others[:-1], n), video_id=crowd.videos[n], start_seconds=n % 50, label=f"Label {n % 40}"
        ),
    )
    markers = list(Marker.objects.order_by("pk").values_list("pk", flat=True)[:4000])
    _each(4000, lambda n: MarkerTag(marker_id=markers[n], tag_id=_of(crowd.tags, n)))
    _each(
        3000,
        lambda n: MarkerLabelTag(user_id=_of(crowd.users, n), label=f"Label {n}", tag_id=_of(crowd.tags, n)),
    )


def _machines(crowd: Crowd) -> None:
    """Tokens, uploads, links, streams and clips: years of them, of which a few count now."""
    # The last account has nothing of it.
    loud = crowd.users[:-1]
    now, later = timezone.now(), timezone.now() + timedelta(days=60)
    _each(
        2000,
        lambda n: ApiToken(
            user_id=_of(loud, n), name="x", digest=f"{n:064x}", last_four="wxyz", expires_at=later,
            revoked_at=now - timedelta(days=50) if n % 100 == 0 else None,
        ),
    )  # fmt: skip
    folder = Folder.objects.order_by("pk").values_list("pk", flat=True)[0]
    _each(
        2000,
        lambda n: Upload(
            user_id=_of(loud, n), folder_id=folder, name="x.mp4", size_bytes=9, received_bytes=9,
            status="received" if n % 100 == 0 else "done", last_received_at=now - timedelta(days=n % 90),
        ),
    )  # fmt: skip
    _each(
        2000,
        lambda n: ShareLink(token_digest=f"{n:064x}", owner_id=_of(loud, n), target="video", video_id=crowd.videos[n]),
    )
    _each(2000, lambda n: SharedStream(address=f"a{n}", subject="v", last_asked_at=now - timedelta(minutes=n)))
    files = list(VideoFile.objects.order_by("pk").values_list("pk", flat=True)[:2000])
    _each(2000, lambda n: StreamRendition(key=f"{n:032x}", file_id=files[n], parameters={}))
    renditions = list(StreamRendition.objects.order_by("pk").values_list("pk", flat=True))
    _each(
        2000,
        lambda n: StreamSession(
            run_id=uuid.uuid4(), rendition_id=renditions[n], state="running" if n % 400 == 0 else "ended", encoder="x",
            started_at=now - timedelta(hours=n), last_asked_at=now, ended_at=None if n % 400 == 0 else now,
        ),
    )  # fmt: skip
    markers = list(Marker.objects.order_by("pk").values_list("pk", flat=True)[:2000])
    _each(
        2000,
        lambda n: ClipExport(
            marker_id=markers[n], input_key="x", clip=f"x{n}", size_bytes=1, from_seconds=0, to_seconds=1,
            made_at=now - timedelta(minutes=5 * n),
        ),
    )  # fmt: skip


def _watching(crowd: Crowd) -> None:
    now = timezone.now()
    others = crowd.users[1:]
    _each(
        5000,
        lambda n: PlayCount(
            user_id=_of(others, n), video_id=crowd.videos[n], play_count=n % 90, last_played_at=now - timedelta(hours=n)
        ),
    )
    _each(
        8000,
        lambda n: Watch(
            user_id=_of(crowd.users, n), video_id=_of(crowd.videos, n), watched_at=now - timedelta(minutes=n)
        ),
    )
    _each(
        5000,
        lambda n: WatchProgress(
            user_id=_of(others, n), video_id=crowd.videos[n], watched_at=now - timedelta(minutes=n)
        ),
    )
    _each(
        4000,
        lambda n: PlaybackSession(
            public_id=uuid.UUID(int=n + 1),
            user_id=_of(crowd.users[:-1], n) if n % 500 else crowd.users[-1],
            video_id=crowd.videos[n],
            started_at=now - timedelta(hours=3 * n),
            last_activity_at=now - timedelta(hours=3 * n),
            ended_at=None if n % 200 == 0 else now - timedelta(hours=3 * n),
        ),
    )
    _each(5000, lambda n: ViewCount(user_id=_of(crowd.users, n), video_id=crowd.videos[n], last_counted_at=now))
    _each(
        2000,
        lambda n: Playlist(
            user_id=_of(crowd.users, n), name=f"List {n}", visibility="public" if n % 100 == 0 else "private"
        ),
    )
    playlists = list(Playlist.objects.order_by("pk").values_list("pk", flat=True))
    _each(
        8000,
        lambda n: PlaylistItem(playlist_id=playlists[n // 4], video_id=crowd.videos[n * 7 % 6000], position=n % 4),
    )


def _jobs(crowd: Crowd) -> None:
    now = timezone.now()

    def make(n: int) -> Job:
        status = "running" if n % 500 == 0 else "pending" if n % 25 == 0 else "failed" if n % 40 == 1 else "completed"
        return Job(
            stage="frames",
            queue="media",
            target_kind="file",
            target_id=_of(crowd.files, n),
            folder_id=_of(crowd.folders, n // 7),
            status=status,
            priority=n % 3,
            due_at=now - timedelta(minutes=n),
            finished_at=now - timedelta(minutes=n) if status in ("completed", "failed") else None,
            lease_expires_at=now if status == "running" else None,
        )

    _each(6000, make)
    about = {"target_kind": "file", "stage": "frames", "error_class": "UnreadableFileError"}
    _each(
        6000,
        lambda n: StageRecord(
            **about,
            target_id=_of(crowd.files, n),
            status="failed" if n % 40 == 1 else "completed",
            completed_key="" if n % 40 == 1 else "0" * 32,
            finished_at=now - timedelta(minutes=n),
        ),
    )
    _each(
        6000,
        lambda n: DeadLetter(
            **{**about, "error_class": f"Error{n % 50}"},
            target_id=_of(crowd.files, n),
            status="pending_review" if n % 10 == 0 else "resolved",
            failed_at=now - timedelta(minutes=n),
            closed_at=None if n % 10 == 0 else now,
        ),
    )


def _health(crowd: Crowd) -> None:
    now = timezone.now()
    _each(
        5000,
        lambda n: FileCheck(
            file_id=crowd.files[n], size_bytes=1, mtime_ns=1, verified_at=now - timedelta(hours=n) if n % 5 else None
        ),
    )

    def make(n: int) -> IntegrityFinding:
        code, severity = ("bit_rot", "critical") if n % 600 == 0 else ("short_duration", "info")
        return IntegrityFinding(
            file_id=_of(crowd.files, n // 2), kind=("content", "damage")[n % 2], code=code, severity=severity,
            sentence="It is odd.",
        )  # fmt: skip

    _each(6000, make)
    _each(
        2000,
        lambda n: Preview(
            file_id=crowd.files[n], input_key="k", clip=f"previews/{n}", width=1, height=1, seconds=1, size_bytes=1
        ),
    )
    markers = list(Marker.objects.order_by("pk").values_list("pk", flat=True)[:2000])
    _each(
        2000,
        lambda n: MarkerPicture(marker_id=markers[n], input_key="k", image=f"markers/{n}", width=1, height=1),
    )


def _faces(crowd: Crowd) -> None:
    """Faces at random, of which half are named."""
    now = timezone.now()
    model = FaceModel.objects.create(name="crowd", version="1", is_current=True)
    vectors = np.random.default_rng(1).standard_normal((1500, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    shown = [vector.tolist() for vector in vectors]
    _each(
        1500,
        lambda n: FaceCluster(
            model=model, center=shown[n % 20], track_count=1, video_count=n % 97, is_hidden=n % 9 == 0
        ),
    )

    def track(n: int) -> FaceTrack:
        is_named = n % 2 == 0
        return FaceTrack(
            video_id=crowd.videos[n],
            start_seconds=n % 60,
            end_seconds=n % 60 + 9,
            status="manual" if is_named else "pending",
            creator_id=_of(crowd.creators, n) if is_named else None,
            model=model,
            embedding=shown[n],
        )

    _each(1500, track)
    tracks = list(FaceTrack.objects.order_by("pk").values_list("pk", "video_id"))
    _each(
        1000,
        lambda n: FaceDetection(
            video_id=tracks[n][1], track_id=tracks[n][0], time_seconds=n % 60, left=0.1, top=0.1, width=0.2, height=0.2,
            score=0.9, quality=0.5, model=model, embedding=shown[n],
        ),
    )  # fmt: skip
    _each(
        1500,
        lambda n: FaceReference(
            creator_id=crowd.creators[n], model=model, embedding=shown[n], source="manual", quality=n % 100 / 100,
            track_id=tracks[n][0],
        ),
    )  # fmt: skip
    _each(3000, lambda n: FaceLook(file_id=crowd.files[n], state="waiting" if n % 200 == 0 else "done"))
    _each(
        1500,
        lambda n: PhotoSearch(
            user_id=_of(crowd.users[:-1], n), picture=f"photosearches/0000/1/{n}.webp", width=800, height=600,
            status="done", expires_at=now + timedelta(hours=n % 24 + 1) if n % 100 else now - timedelta(hours=1),
        ),
    )  # fmt: skip
    states = ("open", "accepted", "rejected")
    _each(
        5000,
        lambda n: Suggestion(
            provider=("faces", "names")[n % 5 == 0], video_id=crowd.videos[n // 10], kind="creator",
            object_id=_of(crowd.creators, n), subject=f"track:{n}", confidence=n % 1000 / 1000, state=states[n % 3],
            answered_at=now if n % 3 else None,
        ),
    )  # fmt: skip
    _each(
        5000,
        lambda n: Rejection(
            provider="faces", video_id=crowd.videos[n], kind="creator", object_id=_of(crowd.creators, n // 2),
            subject=f"track:{n}",
        ),
    )  # fmt: skip


def _conversions(crowd: Crowd) -> None:
    now = timezone.now()

    def make(n: int) -> Conversion:
        status = "running" if n % 900 == 0 else "pending" if n % 50 == 1 else "failed" if n % 40 == 2 else "completed"
        return Conversion(
            video_id=_of(crowd.videos, n),
            title=f"Film {n}",
            source_path=f"/nowhere/{n}.mp4",
            source_bytes=1_000_000,
            output_bytes=400_000 if status == "completed" else None,
            preset_key=f"preset{n // _SOME}",
            preset_name="720p, AV1",
            status=status,
            finished_at=now - timedelta(hours=n) if status == "completed" else None,
            partial_path=f"/nowhere/{n}.part" if n % 1000 == 2 else "",
        )

    _each(6000, make)
    _each(
        3000,
        lambda n: ConversionBatch(
            user_id=_of(crowd.users, n), video_ids=[1], confirmed_at=None if n % 100 == 0 else now
        ),
    )


def _triage(crowd: Crowd) -> None:
    """A year of answers, and leases that ran out."""
    now, loud = timezone.now(), crowd.users[:-1]
    _each(
        30_000,
        lambda n: TriageAnswer(
            user_id=_of(loud, n), queue=("all", "without-tags", "new")[n % 3], video_id=_of(crowd.videos, n),
            kind="passed", key=uuid.uuid4(), is_last=True, created_at=now - timedelta(minutes=15 * n),
        ),
    )  # fmt: skip
    _each(
        3000,
        lambda n: TriageLease(
            video_id=crowd.videos[n], user_id=_of(loud, n), queue="all", expires_at=now - timedelta(minutes=n)
        ),
    )


def _imports(crowd: Crowd) -> None:
    """Many small installations, and one of thousands of rows whose import was tried before."""
    _each(
        1000,
        lambda n: ImportRun(
            system=("viewra", "goonhub")[n % 2], identity=f"place {n // 2}", label=f"old {n}.db",
            location=f"/old/{n}.db", status="completed", is_dry_run=n % 3 == 0,
        ),
    )  # fmt: skip
    runs = list(ImportRun.objects.order_by("pk"))
    _each(
        _SOME,
        lambda n: ImportedRow(
            system=runs[0].system, identity=runs[0].identity, table=f"table {n % 12}", key=str(n), run=_run_of(runs, n),
            seen_run=_run_of(runs, n), kind="library.video", object_id=crowd.videos[n],
            outcome=("created", "merged")[n % 41 == 0],
            waiting={"studio": ["studios", "7", ""]} if n % 200 == 0 else {},
            conflicts=[{"what": "value", "field": "title"}] if n % 300 == 0 else [],
        ),
    )  # fmt: skip
    _each(
        _SOME,
        lambda n: PlannedRow(
            run=_run_of(runs, n),
            table=f"table {n % 12}",
            key=str(n),
            kind="library.video",
            outcome=("created", "merged")[n % 41 == 0],
        ),
    )


def _run_of(runs: list[ImportRun], number: int) -> ImportRun:
    """The first has most of them."""
    return runs[0] if number % 4 else runs[number % len(runs)]
