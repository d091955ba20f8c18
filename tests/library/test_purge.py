"""Deleting for good: rows, pictures, and files where that is safe."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from library.models import ChangeBatch, IgnoredFile, LibrarySettings, Tag, Video, VideoFile, VideoTag
from library.models.audit import AuditEvent
from library.services import deleting, empty_trash, purge_due, remove_folder
from library.services import purge as purge_module
from library.services.purge import import_again, purge
from library.services.trash import trash
from tests.library.factories import make_file, make_folder, make_user, make_video, write_file
from tests.library.scanning import scan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def trashed(tmp_path) -> VideoFile:
    """The file of a video in the trash."""
    folder = make_folder(path=tmp_path / "films")
    file = make_file(folder=folder, path=write_file(tmp_path / "films/a/film.mp4"))
    write_file(tmp_path / "films/stays.mp4")
    trash(kind="video", ids=[file.video_id])
    return file


def purge_video(file: VideoFile) -> int:
    return purge(kind="video", ids=[file.video_id])


def reason() -> str:
    return IgnoredFile.objects.get().reason


def test_a_purge_deletes_rows_and_the_file_and_nothing_else(trashed, tmp_path):
    VideoTag.objects.create(video_id=trashed.video_id, tag=Tag.objects.create(name="Beach"))

    assert purge_video(trashed) == 1

    assert not Path(trashed.fs_path).exists()
    assert (tmp_path / "films/stays.mp4").exists()
    assert not (Video.objects.exists() or VideoFile.objects.exists() or IgnoredFile.objects.exists())
    assert Tag.objects.exists()


def test_only_what_lies_in_the_trash_is_purged(tmp_path):
    file = make_file(path=write_file(tmp_path / "film.mp4"))

    assert purge_video(file) == 0
    assert Path(file.fs_path).exists()


def test_a_purge_is_recorded_and_can_not_be_undone(trashed):
    user = make_user()
    ChangeBatch.objects.all().delete()

    purge(kind="video", ids=[trashed.video_id], user=user)

    event = AuditEvent.objects.get(kind="purge")
    assert (event.user, event.subject, event.detail["file_count"]) == (user, "Purged 1 video", 1)
    assert not ChangeBatch.objects.get().can_undo


def test_a_chosen_cover_goes_too(trashed):
    name = default_storage.save("covers/one.webp", ContentFile(b"x"))
    Video.objects.update(cover=name)

    purge_video(trashed)

    assert not default_storage.exists(name)


def test_files_stay_when_the_settings_say_so_and_are_not_imported_again(trashed):
    LibrarySettings.objects.create(pk=1, is_trash_kept_on_disk=True, settle_seconds=0)
    purge_video(trashed)

    assert Path(trashed.fs_path).exists()
    assert scan(trashed.folder) == {"seen": 1, "new": 1, "ignored": 1}

    assert [row.folder for row in import_again(ids=[IgnoredFile.objects.get().pk])] == [trashed.folder]
    assert scan(trashed.folder) == {"seen": 2, "unchanged": 1, "new": 1}


def test_other_content_in_the_place_of_an_ignored_file_is_new(trashed):
    LibrarySettings.objects.create(pk=1, is_trash_kept_on_disk=True, settle_seconds=0)
    purge_video(trashed)
    write_file(trashed.fs_path, content=b"12345678" * 99)

    assert scan(trashed.folder) == {"seen": 2, "new": 2}


def test_a_disk_that_is_away_keeps_its_file(trashed, monkeypatch):
    monkeypatch.setattr(purge_module, "is_available", lambda folder: False)

    purge_video(trashed)

    assert Path(trashed.fs_path).exists()
    assert "disk was away" in reason()


def test_a_file_of_a_removed_folder_stays(trashed):
    remove_folder(folder=trashed.folder)

    purge_video(trashed)

    assert Path(trashed.fs_path).exists()
    assert "removed from the library" in reason()


def test_content_that_another_video_uses_stays(trashed):
    other = make_file(size_bytes=trashed.size_bytes, oshash=trashed.oshash, missing_since=timezone.now())

    purge_video(trashed)

    assert Path(trashed.fs_path).exists()
    assert "Another video" in reason()
    assert VideoFile.objects.get() == other


def test_a_file_that_was_replaced_since_is_left_alone_and_free_to_be_imported(trashed):
    write_file(trashed.fs_path, content=b"another film" * 100)

    purge_video(trashed)

    assert Path(trashed.fs_path).exists()
    assert not IgnoredFile.objects.exists()


@pytest.mark.parametrize("link", ["file", "folder"])
def test_no_link_is_followed(tmp_path, link):
    outside = Path(write_file(tmp_path / "outside/film.mp4"))
    root = tmp_path / "films"
    root.mkdir()
    if link == "file":
        (root / "film.mp4").symlink_to(outside)
        path = root / "film.mp4"
    else:
        (root / "a").symlink_to(outside.parent)
        path = root / "a/film.mp4"
    file = make_file(folder=make_folder(path=root), path=path)
    trash(kind="video", ids=[file.video_id])

    purge_video(file)

    assert outside.exists()
    assert reason() == deleting.OUTSIDE


def test_a_file_that_can_not_be_deleted_is_remembered_with_the_reason(trashed, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "unlink", refuse)

    purge_video(trashed)

    assert reason() == "It can't be deleted: permission denied."


def test_a_purge_that_is_cut_off_leaves_nothing_to_be_imported_again(trashed, monkeypatch):
    monkeypatch.setattr(purge_module, "_finish", lambda disk: None)

    purge_video(trashed)

    assert scan(trashed.folder) == {"seen": 1, "new": 1, "ignored": 1}


def test_a_single_copy_is_purged_and_its_video_stays(tmp_path):
    folder = make_folder(path=tmp_path)
    kept = make_file(folder=folder, path=write_file(tmp_path / "a.mp4", content=b"same film" * 8))
    copy = make_file(folder=folder, video=kept.video, path=write_file(tmp_path / "b.mp4", content=b"same film" * 8))
    trash(kind="file", ids=[copy.pk])

    assert purge(kind="file", ids=[copy.pk]) == 1

    assert (Path(kept.fs_path).exists(), Path(copy.fs_path).exists()) == (True, False)
    assert VideoFile.objects.get() == kept


def test_children_of_a_purged_tag_move_up_and_keep_apart():
    Tag.objects.create(name="Sea")
    parent = Tag.objects.create(name="Places")
    child = Tag.objects.create(name="sea", parent=parent)
    trash(kind="tag", ids=[parent.pk])

    purge(kind="tag", ids=[parent.pk])

    child.refresh_from_db()
    assert (child.parent, child.name) == (None, f"sea (Places, {child.pk})")


def test_children_of_purged_tags_come_below_what_is_left_above_and_keep_apart():
    """Two tags that lie in the trash, one below the other, go at once; at the top there is one of the child's name."""
    Tag.objects.create(name="x" * 100)
    top = Tag.objects.create(name="Places")
    middle = Tag.objects.create(name="Coasts", parent=top)
    child = Tag.objects.create(name="x" * 100, parent=middle)
    trash(kind="tag", ids=[top.pk, middle.pk])

    purge(kind="tag", ids=[top.pk, middle.pk])

    child.refresh_from_db()
    assert (child.parent, child.name) == (None, f"{'x' * 40} (Coasts, {child.pk})")


def test_what_has_been_in_the_trash_for_long_is_purged():
    old, new = make_video(), make_video()
    trash(kind="video", ids=[old.pk, new.pk])
    Video.objects.filter(pk=old.pk).update(trashed_at=timezone.now() - timedelta(days=8))

    assert purge_due() == 1
    assert Video.objects.get() == new


def test_zero_days_keep_things_for_ever():
    LibrarySettings.objects.create(pk=1, trash_days=0)
    trash(kind="video", ids=[make_video().pk])
    Video.objects.update(trashed_at=timezone.now() - timedelta(days=8000))

    assert purge_due() == 0


def test_the_trash_is_emptied_of_every_kind():
    trash(kind="video", ids=[make_video().pk])
    trash(kind="tag", ids=[Tag.objects.create(name="x").pk])
    make_video()

    assert empty_trash() == 2
    assert Video.objects.count() == 1
