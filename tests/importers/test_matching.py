"""Which of our videos a video of the source is."""

from pathlib import Path
from typing import Any

import pytest

from importers.models import ImportedRow, ImportRun
from importers.records import FileFacts, Record, SourcePath
from importers.services.running import start_run
from library.hashing import oshash
from library.models import Folder, OldPath, User, Video, VideoFile
from library.paths import encode_path
from people.models import ExternalId
from tests.importers.memory import World, record
from tests.library.factories import LONG_AGO_NS, make_folder, make_user, make_video

pytestmark = pytest.mark.django_db
NOW = "2026-01-01T00:00:00Z"


def move(*videos: Record, **asked: Any) -> ImportRun:
    World({"videos": {str(number): one for number, one in enumerate(videos, 1)}}).put()
    return start_run(system="memory", location="main", **asked)


def film(path: str, title: str = "Theirs", **facts: Any) -> Record:
    return record("library.video", title=title, file=FileFacts(path, **facts))


def have(folder: Folder, path: str, *, title: str = "Ours", **columns: Any) -> Video:
    video = make_video(title=title, duration_seconds=columns.get("duration_seconds"))
    known = {"folder": folder, "video": video, "is_primary": True, "relative_path": path, "size_bytes": 10}
    VideoFile.objects.create(**{**known, "mtime_ns": LONG_AGO_NS, **columns})
    return video


def how(key: str = "1") -> tuple[str, float | None]:
    row = ImportedRow.objects.get(table="videos", key=key, part="")
    return row.how, row.confidence


def test_the_content_at_the_mapped_path_is_surest(tmp_path: Path) -> None:
    film_file = tmp_path / "moved" / "a.mp4"
    film_file.parent.mkdir()
    film_file.write_bytes(b"x" * 200_000)
    folder = make_folder(path=tmp_path)
    ours = have(folder, "elsewhere.mp4", size_bytes=200_000, oshash=oshash(str(film_file)))
    have(folder, "same name and size/a.mp4", size_bytes=200_000, title="Another")

    run = _owned(film("/old/a.mp4"), path_map=[("/old", str(film_file.parent))])

    assert run.report["tables"]["videos"]["merged"] == 1
    assert how() == ("same content", 1.0)
    assert ImportedRow.objects.get(part="").object_id == ours.pk


def _owned(*videos: Record, **asked: Any) -> ImportRun:
    if not User.owners().exists():
        make_user(username="owner", is_superuser=True)
    return move(*videos, **asked)


@pytest.mark.parametrize("missing_since", [None, NOW])
def test_a_file_at_the_mapped_path_is_it_be_it_missing(missing_since: str | None) -> None:
    ours = have(make_folder(path="/srv/films"), "a/b.mp4", missing_since=missing_since)

    _owned(film("/old/a/b.mp4"), path_map=[("/old", "/srv/films")])

    assert ImportedRow.objects.get(part="").object_id == ours.pk
    assert how() == ("same path", 0.95)
    assert VideoFile.objects.count() == 1


def test_a_file_that_was_at_the_old_path_is_it() -> None:
    ours = have(make_folder(path="/srv/films"), "sorted/b.mp4")
    OldPath.objects.create(file=ours.files.get(), path="/old/b.mp4", left_at=NOW)

    _owned(film("/old/b.mp4"))

    assert (ImportedRow.objects.get(part="").object_id, how()[0]) == (ours.pk, "was at that path")


def test_size_and_name_together_tell_it() -> None:
    folder = make_folder(path="/srv/films")
    ours = have(folder, "sorted/b.mp4", size_bytes=12_345)
    have(folder, "other/b.mp4", size_bytes=999, title="Same name")

    _owned(film("/old/b.mp4", size_bytes=12_345))

    assert (ImportedRow.objects.get(part="").object_id, how()[0]) == (ours.pk, "same size and name")
    assert VideoFile.objects.count() == 2


def test_at_last_title_and_length_tell_it() -> None:
    folder = make_folder(path="/srv/films")
    ours = have(folder, "x.mp4", title="The Film", duration_seconds=61.2)
    have(folder, "y.mp4", title="The Film", duration_seconds=99.0)

    _owned(film("/old/b.mp4", "the film", duration_seconds=61.0))

    assert (ImportedRow.objects.get(part="").object_id, how()) == (ours.pk, ("same title and length", 0.6))


def test_where_several_may_be_meant_none_is_taken_and_a_person_decides() -> None:
    folder = make_folder(path="/srv/films")
    ours = [have(folder, f"{n}/b.mp4", size_bytes=12_345).pk for n in range(2)]

    run = _owned(film("/old/b.mp4", size_bytes=12_345))

    assert run.report["tables"]["videos"]["created"] == 1
    (conflict,) = run.report["conflicts"]
    assert (conflict["what"], conflict["how"], conflict["candidates"]) == ("match", "same size and name", ours)


def test_a_decision_says_which_it_is_or_that_it_is_none() -> None:
    folder = make_folder(path="/srv/films")
    ours = [have(folder, f"{n}/b.mp4", size_bytes=12_345).pk for n in range(2)]
    decisions = {"library.video": {"1": ours[1], "2": "new"}}

    run = _owned(film("/old/b.mp4", size_bytes=12_345), film("/srv/films/0/b.mp4"), decisions=decisions)

    assert run.report["tables"]["videos"] | {"reasons": {}} == {
        "read": 2,
        "created": 1,
        "merged": 1,
        "unchanged": 0,
        "skipped": 0,
        "reasons": {},
    }
    assert ImportedRow.objects.get(key="1", part="").object_id == ours[1]


def test_two_of_the_source_never_become_one_of_ours() -> None:
    ours = have(make_folder(path="/srv/films"), "b.mp4", size_bytes=12_345)

    run = _owned(film("/srv/films/b.mp4", size_bytes=12_345), film("/copies/b.mp4", "Copy", size_bytes=12_345))

    assert (run.report["tables"]["videos"]["merged"], run.report["tables"]["videos"]["created"]) == (1, 1)
    assert Video.objects.exclude(pk=ours.pk).get().title == "Copy"


def test_a_file_that_is_there_comes_with_its_content_and_is_looked_at_by_the_next_scan(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x" * 200_000)
    World(
        {
            "folders": {"1": record("library.folder", path=SourcePath("/old"))},
            "videos": {"1": film("/old/a.mp4", size_bytes=1, hashes={"xxh3": "ab12"})},
        }
    ).put()
    make_user(username="owner", is_superuser=True)
    start_run(system="memory", location="main", path_map=[("/old", str(tmp_path))])

    file = VideoFile.objects.get()
    assert file.folder.path == encode_path(str(tmp_path)) and file.folder.is_active
    assert (file.relative_path, file.size_bytes, file.oshash) == ("a.mp4", 200_000, oshash(str(tmp_path / "a.mp4")))
    assert (file.missing_since, file.state, file.mtime_ns, file.is_primary) == (None, "new", -1, True)
    assert file.old_paths.get().path == "/old/a.mp4"
    assert set(ExternalId.objects.values_list("source", "external_id")) == {("memory", "1"), ("memory:xxh3", "ab12")}


def test_a_file_that_is_gone_is_kept_as_missing_in_a_folder_that_is_not_scanned() -> None:
    run = _owned(film("/mnt/gone/x/a.mp4", "", size_bytes=5, duration_seconds=60.5, width=640, video_codec="h264"))

    file = VideoFile.objects.get()
    assert (file.folder.path, file.folder.is_active, file.relative_path) == ("/mnt/gone", False, "x/a.mp4")
    assert (file.missing_since, file.size_bytes, file.oshash) == (run.started_at, 5, "")
    video = file.video
    assert (video.title, video.original_file_name, video.origin) == ("a", "a.mp4", "import")
    assert (video.missing_since, video.width, video.duration_seconds) == (run.started_at, 640, 60.5)
    made = ImportedRow.objects.get(table="(made)")
    assert (made.kind, made.object_id) == ("library.folder", file.folder_id)


def test_a_better_path_map_finds_the_file_at_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x" * 200_000)
    _owned(film("/old/disk/a.mp4"))
    make_folder(path=tmp_path)

    run = start_run(system="memory", location="main", path_map=[("/old/disk", str(tmp_path))])

    assert run.report["tables"]["videos"]["created"] == 0
    file = VideoFile.objects.get()
    assert (file.fs_path, file.missing_since) == (str(tmp_path / "a.mp4"), None)
    assert Video.objects.get().missing_since is None
