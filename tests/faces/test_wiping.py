"""Wiping: nothing that would know a face again is left, in no table, no history and no file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from faces.models import DeletedFace, FaceCluster, FaceReference, FaceSettings, FaceTrack
from faces.services.clustering import cluster_faces
from faces.services.matching import match_tracks
from faces.services.naming import delete_tracks, name_tracks, reject_match
from faces.services.wiping import wipe_folder, wipe_person
from library.models import AuditEvent, Rejection, Suggestion, Video
from people.models import Credit
from processing.services.derived import NewFiles
from tests.faces.factories import make_creator, make_reference, make_track
from tests.faces.vectors import faces_of, person
from tests.library.factories import make_file, make_folder, make_user
from tests.processing.ingesting import turn_aside

pytestmark = pytest.mark.django_db

ANA, BEN = person(1), person(2)
TABLES = """
SELECT DISTINCT rel.relname FROM pg_class AS rel JOIN pg_attribute AS att ON att.attrelid = rel.oid
 WHERE rel.relkind = 'r' AND format_type(att.atttypid, NULL) IN ('halfvec', 'vector')
"""


@pytest.fixture(autouse=True)
def _aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_aside(tmp_path / "derived", monkeypatch)


def vectors_left() -> dict[str, int]:
    """How many rows of each table with vectors, events included, are left."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = [name for (name,) in cursor.fetchall()]
        left = {}
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
            left[name] = cursor.fetchone()[0]
    assert len(names) >= 7, "tables and events"
    return {name: count for name, count in left.items() if count}


@pytest.fixture
def library(tmp_path: Path) -> dict[str, Video]:
    """Two folders with faces of Ana and Ben, named, rejected, grouped; each track has files."""
    videos = {}
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "film.mp4"
        path.write_bytes(b"film")
        video = make_file(path=path, folder=make_folder(path=path.parent)).video
        assert video is not None
        videos[name] = video
    owner, ana = make_user(role="admin"), make_creator(name="Ana")
    make_reference(creator=make_creator(name="Ben"), vector=BEN)
    with NewFiles("faces/0000/1/x") as files:
        for number, video in enumerate(videos.values()):
            named = make_track(
                vector=ANA,
                video=video,
                crop=files.add(f"{number}.webp", b"x"),
                strip=files.add(f"s{number}.webp", b"x"),
            )
            name_tracks(track_ids=[named.pk], creator=ana, user=owner)
            maybe = make_track(vector=faces_of(BEN, 1, likeness=0.6, seed=number)[0], video=video, span=(20, 30))
            match_tracks()
            if number:
                reject_match(track=maybe, creator=FaceReference.objects.get(creator__name="Ben").creator, user=owner)
            make_track(vector=faces_of(person(5), 1, seed=number)[0], video=video, span=(40, 50))
            twice = make_track(vector=ANA, video=video, span=(60, 70), crop=files.add(f"deleted_{number}.webp", b"x"))
            name_tracks(track_ids=[twice.pk], creator=ana, user=owner)
            delete_tracks(track_ids=[twice.pk], user=owner)
        files.keep()
    cluster_faces()
    assert FaceCluster.objects.exists()
    return videos


def stored() -> list[str]:
    return storages["derived"].listdir("faces/0000/1/x")[1] if storages["derived"].exists("faces/0000/1/x") else []


@pytest.mark.django_db(transaction=True)
def test_a_wipe_of_everything_leaves_no_vector_and_no_picture(library: dict[str, Video]) -> None:
    assert len(stored()) == 6
    assert DeletedFace.objects.count() == 2

    call_command("wipe_faces", "--all", "--yes")

    assert vectors_left() == {}
    assert stored() == []
    assert not FaceTrack.objects.exists()
    assert not Suggestion.objects.exists() and not Rejection.objects.exists()
    assert not FaceSettings.load().is_enabled
    assert Credit.objects.count() == 2, "names in videos are no faces"
    assert AuditEvent.objects.filter(kind="purge", subject="All faces").exists()


def test_a_wipe_of_a_folder_leaves_the_other_one_alone(
    library: dict[str, Video], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    first, second = library["first"], library["second"]
    kept = list(FaceTrack.objects.filter(video=second).order_by("pk").values_list("pk", flat=True))

    with django_capture_on_commit_callbacks(execute=True):
        wiped = wipe_folder(folder=first.files.get().folder, user=None)

    assert sorted(stored()) == ["1.webp", "deleted_1.webp", "s1.webp"]
    assert (wiped.tracks, wiped.references) == (3, 1)
    assert DeletedFace.objects.get().video == second
    assert list(FaceTrack.objects.order_by("pk").values_list("pk", flat=True)) == kept
    assert set(FaceReference.objects.values_list("video", flat=True)) == {None, second.pk}
    events = FaceTrack.pgh_event_model.objects  # type: ignore[attr-defined]
    assert set(events.values_list("video_id", flat=True)) == {second.pk}


def test_a_wipe_of_a_person_leaves_the_others_alone(library: dict[str, Video]) -> None:
    ana = Credit.objects.all()[0].creator

    wiped = wipe_person(creator=ana, user=None)

    assert (wiped.tracks, wiped.references) == (2, 2)
    assert not FaceTrack.objects.filter(creator=ana).exists()
    assert not DeletedFace.objects.exists()
    assert list(FaceReference.objects.values_list("creator__name", flat=True)) == ["Ben"]
    events = FaceReference.pgh_event_model.objects  # type: ignore[attr-defined]
    assert not events.filter(creator_id=ana.pk).exists()
    assert FaceTrack.objects.count() == 4


def test_a_person_is_asked_before_faces_are_wiped(library: dict[str, Video], client: Client) -> None:
    folder = library["first"].files.get().folder
    address = f"{reverse('admin:faces_wipe')}?folder={folder.pk}"
    client.force_login(make_user(role="moderator"))
    assert client.get(address).status_code == 403
    client.force_login(make_user(role="admin"))
    assert client.post(f"{reverse('admin:faces_wipe')}?folder=mine", {"sure": "yes"}).status_code == 404

    page = client.get(address).content.decode()
    client.post(address, {})
    before = FaceTrack.objects.count()
    client.post(address, {"sure": "yes"})

    assert "3 appearances" in page
    assert (before, FaceTrack.objects.count()) == (6, 3)


def test_the_command_tells_first_and_knows_whom_it_means(
    library: dict[str, Video], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("wipe_faces", "--person", "ana")
    assert "2 appearances" in capsys.readouterr().out
    assert FaceTrack.objects.count() == 6

    with pytest.raises(CommandError, match="Nobody here is called"):
        call_command("wipe_faces", "--person", "Nobody Known", "--yes")


def test_switching_a_folder_off_offers_to_wipe_what_is_there(library: dict[str, Video], client: Client) -> None:
    folder = library["first"].files.get().folder
    client.force_login(make_user(role="admin"))
    form = {"name": folder.name, "kind": folder.kind, "is_active": "on", "watch_mode": folder.watch_mode}

    page = client.post(reverse("admin:library_folder_change", args=(folder.pk,)), form, follow=True).content.decode()

    folder.refresh_from_db()
    assert not folder.looks_for_faces
    assert f"{reverse('admin:faces_wipe')}?folder={folder.pk}" in page
