"""A small library with one of everything that the API names, and what its addresses need."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import URLPattern
from django.utils import timezone

from config.api import urlpatterns
from faces.models import DrawnBox, FaceCluster, FaceReference, FaceTrack, PhotoSearch, ReferencePhoto
from importers.models import ImportRun
from library.models import (
    ApiToken,
    AuditEvent,
    DuplicatePair,
    Folder,
    RenameRun,
    Rule,
    RuleRun,
    SavedSearch,
    ScanLog,
    Suggestion,
    Tag,
    User,
    Video,
    VideoFile,
)
from library.models.token import TokenScope
from library.services.changes import change_batch
from library.services.tokens import make_token
from people.models import Creator, CreatorProfile, Credit, ExternalId, Platform, Studio
from processing.models import Conversion, DeadLetter, IntegrityFinding, Job, Preset, WorkerProcess
from tests.faces.factories import make_reference, make_track
from tests.faces.vectors import faces_of, person
from tests.library.factories import make_file, make_folder, make_role, make_user
from tests.people.factories import assign, credit, make_creator, make_picture, make_studio, make_tag, put
from tests.processing.factories import make_job

# The description, and links that are for whoever has them.
SKIPPED = ("schema/", "docs/", "shared/")
# What stands in an address for a row that isn't there.
_ANY = {"int": "1", "str": "2026-01-01", "slug": "x", "uuid": "00000000-0000-4000-8000-000000000000", "path": "x"}


@dataclass
class World:
    """Rows by what addresses call them."""

    folder: Folder
    video: Video
    file: VideoFile
    tag: Tag
    creator: Creator
    studio: Studio
    keys: dict[str, Any] = field(default_factory=dict)

    def copied(self) -> "World":
        """The same rows, for a test that may change its own objects of them."""
        rows = {
            name: copy.copy(getattr(self, name)) for name in ("folder", "video", "file", "tag", "creator", "studio")
        }
        return World(**rows, keys=copy.deepcopy(self.keys))


def make_world() -> World:
    """One of everything."""
    folder = make_folder()
    file = make_file(folder=folder)
    video = file.video
    assert video is not None
    tag, creator, studio = make_tag(), make_creator(), make_studio()
    put(tag, video)
    credit(creator, video)
    assign(studio, video)
    world = World(folder, video, file, tag, creator, studio)
    add_rows(world)
    owner = make_user()
    user = make_user()
    with change_batch(summary="Renamed a video", user=owner) as batch:
        video.title = "Renamed"
        video.save(update_fields=["title"])
    platform = Platform.objects.create(name="A platform")
    profile = CreatorProfile.objects.create(
        creator=creator, platform=platform, username="x", profile_url="http://x.example"
    )
    search = SavedSearch.objects.create(user=owner, name="Mine", is_shared=True)
    search.refresh_from_db()
    world.keys = {
        "cluster_id": FaceCluster.objects.latest("pk").pk,
        "video_id": video.pk,
        "file_id": file.pk,
        "folder_id": folder.pk,
        "tag_id": tag.pk,
        "credit_id": Credit.objects.get(video=video).pk,
        "edit_id": 1,
        "scan_id": ScanLog.objects.latest("pk").pk,
        "pair_id": DuplicatePair.objects.latest("pk").pk,
        "batch_id": batch.pk,
        "user_id": user.pk,
        "role_id": make_role(name="user").pk,
        "job_id": Job.objects.latest("pk").pk,
        "letter_id": DeadLetter.objects.latest("pk").pk,
        "conversion_id": Conversion.objects.latest("pk").pk,
    }
    track = FaceTrack.objects.latest("pk")
    world.keys |= {
        "track_id": track.pk,
        "reference_id": FaceReference.objects.latest("pk").pk,
        "box_id": DrawnBox.objects.create(video=video, time_seconds=1, left=0, top=0, width=0.5, height=0.5).pk,
    }
    by_route = {
        "searches/": search.public_id,
        "faces/searches/": PhotoSearch.objects.latest("pk").public_id,
        "faces/photos/": ReferencePhoto.objects.create(creator=creator, name="x").public_id,
        "studios/": studio.public_id,
        "people/": creator.public_id,
        "tokens/": make_token(user=user, name="x").token.public_id,
        "external-ids/": ExternalId.objects.create(video=video, source="stash", external_id="1").pk,
        "profiles/": profile.pk,
        "pictures/": make_picture(creator=creator).pk,
        "platforms/": platform.pk,
        "presets/": Preset.objects.create(key="own", name="Own").pk,
        "facets/": "tag",
        "trash/": "video",
        "queues/": "media",
        "stages/": "frames",
        "plugins/": "none",
        "rules/": Rule.objects.first().pk,
        "renames/": RenameRun.objects.create(template="{title}", status="done").pk,
        "imports/": make_import().pk,
        "evidence/": "none",
        "triage/": "all",
    }
    world.keys["by_route"] = by_route
    return world


def make_import() -> ImportRun:
    """An import that stands."""
    return ImportRun.objects.create(system="none", label="Old", location="/nowhere", status="completed")


def add_rows(world: World) -> None:
    """One more of everything that lists show, each of things of its own."""
    now = timezone.now()
    file = make_file(folder=make_folder(), state="ready")
    video = file.video
    assert video is not None
    tag, creator, studio = make_tag(), make_creator(), make_studio()
    put(tag, video)
    credit(creator, video)
    assign(studio, video)
    make_picture(creator=creator)
    failed = make_file(folder=world.folder, state="failed", error="It is empty.")
    gone = make_file(folder=world.folder, missing_since=now)
    assert gone.video is not None
    Video.objects.filter(pk=gone.video_id).update(missing_since=now)
    thrown = make_file(folder=world.folder)
    Video.objects.filter(pk=thrown.video_id).update(trashed_at=now)
    other = make_file(folder=world.folder)
    first, second = sorted((video.pk, other.video_id))
    DuplicatePair.objects.create(first_id=first, second_id=second, kind="near")
    ScanLog.objects.create(folder=world.folder, started_at=now, finished_at=now, status="completed")
    make_job(file=failed, status="failed")
    DeadLetter.objects.create(target_kind="file", target_id=failed.pk, stage="probe", failed_at=now, error="x")
    Suggestion.objects.create(provider="path", video=video, kind="tag", object_id=make_tag().pk, confidence=0.5)
    number = Rule.objects.count()
    Rule.objects.create(
        name=f"Rule {number}",
        conditions=[{"field": "path", "operator": "words", "value": f"nowhere {number}"}],
        actions=[{"do": "add", "kind": "tag", "id": tag.pk}],
    )
    RuleRun.objects.create(status="done")
    RenameRun.objects.create(template="{title}", status="done")
    make_import()
    IntegrityFinding.objects.create(file=file, kind="content", code="no_audio", severity="warning", sentence="x")
    Conversion.objects.create(
        video=video, title="x", source_file=file, source_path="/x", source_bytes=1, preset_key="k", preset_name="K",
        status="completed",
    )  # fmt: skip
    number = WorkerProcess.objects.count()
    WorkerProcess.objects.create(name=f"h:{number}", host="h", pid=1, queue="media", heartbeat_at=now)
    Platform.objects.create(name=f"Platform {number}")
    Preset.objects.create(key=f"key{number}", name=f"Preset {number}")
    make_track(vector=person(number), video=video, creator=creator, status="manual")
    make_reference(creator=creator, vector=person(number))
    PhotoSearch.objects.create(
        user=User.objects.filter(is_superuser=True).first() or make_user(), picture="x.webp", width=9, height=9,
        expires_at=now + timedelta(days=1),
    )  # fmt: skip
    user = make_user(role="")
    SavedSearch.objects.create(user=user, name=f"Search {number}", is_shared=True)
    make_role(name=f"role{number}", permissions=["library.view_video"])
    AuditEvent.objects.create(kind="purge", subject="x")
    add_faces(video, creator)


def add_faces(video: Video, creator: Creator) -> None:
    """A face that may be theirs, and one of somebody unknown."""
    number = 1_000 + creator.pk
    vector = person(number)
    make_reference(creator=creator, vector=vector, is_primary=True)
    track = make_track(vector=faces_of(vector, 1, likeness=0.6, seed=number)[0], video=video)
    Suggestion.objects.create(
        provider="faces", video=video, kind="creator", object_id=creator.pk, subject=f"track:{track.pk}", confidence=0.6
    )
    cluster = FaceCluster.objects.create(model=track.model, center=vector.tolist(), track_count=1, video_count=1)
    make_track(vector=vector, video=video, cluster=cluster)


@dataclass(frozen=True)
class Operation:
    """A method of an endpoint, at an address that names rows of the world."""

    view: Any
    method: str
    route: str

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def wanted(self) -> tuple[str, ...]:
        declared = self.view.required_permissions
        return tuple(declared[self.method] if isinstance(declared, Mapping) else declared)

    @property
    def only_reads(self) -> bool:
        return self.method == "GET" or self.method in self.view.reading_methods

    def address(self, world: World) -> str:
        def value(found: re.Match[str]) -> str:
            name = found[2]
            before = self.route[: found.start()]
            own = world.keys["by_route"].get(before.rsplit(">", 1)[-1].lstrip("/"), None)
            return str(world.keys.get(name, own if own is not None else _ANY[found[1]]))

        return "/api/v1/" + re.sub(r"<(\w+):(\w+)>", value, self.route)


def operations() -> Iterator[Operation]:
    """Everything that can be asked of our endpoints."""
    for route, pattern in _patterns(urlpatterns, ""):
        view = getattr(pattern.callback, "cls", None)
        if view is None or route.startswith(SKIPPED):
            continue
        for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            if hasattr(view, method.lower()):
                yield Operation(view, method, route)


def _patterns(patterns: Any, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for one in patterns:
        if isinstance(one, URLPattern):
            yield prefix + str(one.pattern), one
        else:
            yield from _patterns(one.url_patterns, prefix + str(one.pattern))


def client_for(user: User, *, scope: TokenScope = TokenScope.FULL) -> Client:
    """A client with a token of the account."""
    made = make_token(user=user, name="test", scope=scope)
    return Client(headers={"Authorization": f"Bearer {made.secret}"})


def send(client: Client, method: str, address: str, body: Any = None, **headers: str) -> Any:
    """A request with a JSON body."""
    return client.generic(method, address, json.dumps(body or {}), "application/json", headers=headers)


def run_out(token: ApiToken, *, days: float = 1) -> None:
    """As if it had expired so many days ago."""
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(days=days))
