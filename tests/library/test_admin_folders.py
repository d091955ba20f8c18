"""The pages of folders, held scans, missing videos and the trash in the admin."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.models import Folder, IgnoredFile, ScanLog, Tag, Video, VideoFile
from library.models.scan_log import ScanStatus
from library.services.trash import trash
from processing.models import Job, JobStatus
from tests.library.factories import find_permission, make_file, make_folder, make_user, make_video, write_file
from tests.processing.factories import make_job

pytestmark = pytest.mark.django_db
LONG_AGO = "2026-01-01T00:00Z"


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def told(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def make_held(folder: Folder, **columns) -> ScanLog:
    values = {"status": ScanStatus.HELD, "files_held": 9, "error": "9 of 10 files (90 %) were not found."}
    now = timezone.now()
    return ScanLog.objects.create(folder=folder, started_at=now, finished_at=now, **{**values, **columns})


# ---- folders --------------------------------------------------------------------------------------------------------
def test_every_setting_of_a_folder_is_saved(page, tmp_path):
    make_folder(name="first", is_default=True)
    folder = make_folder(path=tmp_path)
    data = {
        "name": "Films", "kind": "movies", "is_default": "on", "is_active": "on", "scan_interval_minutes": "15",
        "watch_mode": "polling", "globs": "*.tmp.mp4\n\n  Extras/** ", "has_marker": "on",
    }  # fmt: skip

    page.post(reverse("admin:library_folder_change", args=(folder.pk,)), data)

    folder.refresh_from_db()
    assert (folder.name, folder.kind, folder.is_default, folder.is_auto_scanned) == ("Films", "movies", True, False)
    assert (folder.scan_interval_minutes, folder.watch_mode) == (15, "polling")
    assert folder.exclude_globs == ["*.tmp.mp4", "Extras/**"]
    assert folder.sentinel in (tmp_path / ".videothek-folder").read_text()
    assert Folder.objects.filter(is_default=True).count() == 1


def test_only_the_list_counts_the_files_of_folders(page, tmp_path):
    folder = make_file(folder=make_folder(path=tmp_path)).folder
    counting = 'COUNT(U0."id") AS "count" FROM "library_videofile"'

    with CaptureQueriesContext(connection) as of_list:
        assert ">1</a>" in page.get(reverse("admin:library_folder_changelist")).content.decode()
    with CaptureQueriesContext(connection) as of_page:
        assert page.get(reverse("admin:library_folder_change", args=(folder.pk,))).status_code == 200

    assert [sum(counting in query["sql"] for query in asked) for asked in (of_list, of_page)] == [1, 0]


def test_a_folder_whose_disk_is_away_can_be_renamed(page):
    folder = make_folder(path="/no/such/disk")

    page.post(reverse("admin:library_folder_change", args=(folder.pk,)), {"name": "Away", "is_active": "on"})

    assert Folder.objects.get().name == "Away"


def test_the_default_folder_stays_the_default_one(page):
    folder = make_folder(is_default=True)

    response = page.post(reverse("admin:library_folder_change", args=(folder.pk,)), {"name": "x", "is_active": "on"})

    assert "Make another folder the default one" in response.content.decode()


def test_removing_a_folder_asks_with_figures_and_can_be_undone(page, tmp_path):
    folder = make_folder(path=tmp_path, name="Films", is_default=True)
    make_folder(name="Heir")
    make_file(folder=folder, path=write_file(tmp_path / "a.mp4"))
    address = reverse("admin:library_folder_delete", args=(folder.pk,))

    asked = page.get(address).content.decode()
    response = page.post(address)

    assert "Heir becomes the default folder" in asked
    assert told(response) == ["Films was removed; 1 file missing now."]
    assert Folder.objects.in_library().get().name == "Heir"
    page.get(reverse("admin:library_folder_changelist"))
    assert folder.shown_path not in page.get(reverse("admin:library_folder_changelist")).content.decode()


def test_removing_a_folder_with_the_trash_says_what_lies_there(page, tmp_path):
    folder = make_folder(path=tmp_path, name="Films")
    make_file(folder=folder, path=write_file(tmp_path / "a.mp4"))

    response = page.post(reverse("admin:library_folder_delete", args=(folder.pk,)), {"trash": "yes"})

    assert told(response) == [
        "Films was removed; 1 file missing now, and the videos that lay only there are in the trash."
    ]
    assert Video.objects.get().trashed_at is not None


def test_a_question_that_waits_is_told_of_in_the_list_also_after_a_scan_of_a_part(page):
    folder = make_folder()
    make_held(folder)
    make_held(folder, status=ScanStatus.COMPLETED, subpath="part")

    assert "Waits for your answer" in page.get(reverse("admin:library_folder_changelist")).content.decode()


def test_removing_with_the_trash_needs_the_right_to_trash(client):
    user = make_user(is_staff=True, role="")
    for name in ("library.view_folder", "library.change_folder", "library.delete_folder"):
        user.user_permissions.add(find_permission(name))
    client.force_login(user)
    file = make_file()

    client.post(reverse("admin:library_folder_delete", args=(file.folder_id,)), {"trash": "yes"})

    assert Video.objects.get().trashed_at is None
    assert Video.objects.get().missing_since is not None


def test_a_relocation_is_shown_before_it_is_done(page, tmp_path):
    folder = make_folder(path=tmp_path / "old")
    make_file(folder=folder, path=write_file(tmp_path / "old/a.mp4"))
    Path(tmp_path / "old").rename(tmp_path / "new")
    address = reverse("admin:library_folder_relocate", args=(folder.pk,))

    shown = page.get(address, {"new": str(tmp_path / "new")}).content.decode()
    assert "1 of 1 that were looked for" in shown
    page.post(address, {"new": str(tmp_path / "new")})

    assert Folder.objects.get().path == str(tmp_path / "new")
    assert Job.objects.get().stage == "scan"


@pytest.mark.parametrize(("new", "sentence"), [("relative", "Give the whole path"), ("/no/such", "There is no folder")])
def test_a_relocation_to_nowhere_says_so(page, new, sentence):
    address = reverse("admin:library_folder_relocate", args=(make_folder().pk,))

    assert sentence in page.get(address, {"new": new}).content.decode()


def test_a_folder_that_is_being_scanned_is_not_scanned_twice_and_says_so(page):
    folder = make_folder(name="Films")
    make_job(stage="scan", target_kind="folder", target_id=folder.pk, status=JobStatus.RUNNING)

    response = page.post(reverse("admin:library_folder_scan", args=(folder.pk,)))

    assert told(response) == ["Films is being scanned already; ask again when that scan has ended."]


# ---- held scans -----------------------------------------------------------------------------------------------------
def test_a_held_scan_asks_on_the_overview_the_folder_and_its_own_page(page):
    log = make_held(make_folder())
    addresses = [
        reverse("admin:index"),
        reverse("admin:library_folder_change", args=(log.folder_id,)),
        reverse("admin:library_scanlog_change", args=(log.pk,)),
    ]

    for address in addresses:
        assert "Keep them, my disk is away" in page.get(address).content.decode()


def test_the_answer_that_they_are_gone_scans_that_part_again(page):
    log = make_held(make_folder(), subpath="a/b")

    page.post(reverse("admin:library_folder_answer", args=(log.pk, "gone")))

    assert Job.objects.get().params == {"trigger": "manual", "accept_missing": True, "subpath": "a/b"}


def test_the_answer_to_keep_them_marks_nothing(page):
    log = make_held(make_folder())

    page.post(reverse("admin:library_folder_answer", args=(log.pk, "keep")))
    response = page.post(reverse("admin:library_folder_answer", args=(log.pk, "gone")))

    log.refresh_from_db()
    assert (log.status, log.files_held) == (ScanStatus.COMPLETED, 9)
    assert "no answer any more" in told(response)[-1]
    assert not Job.objects.exists()


# ---- missing --------------------------------------------------------------------------------------------------------
def test_missing_videos_are_listed_with_their_last_place(page, django_assert_max_num_queries):
    for number in range(60):
        make_file(relative_path=f"deep/{number:02}.mp4", missing_since=LONG_AGO)
    make_file(relative_path="there.mp4")
    page.get(reverse("missing"))

    with django_assert_max_num_queries(20):
        shown = page.get(reverse("missing")).content.decode()

    assert "deep/59.mp4" in shown
    assert "there.mp4" not in shown
    assert "Page 1 of 2" in shown


def test_looking_again_scans_their_places(page, tmp_path):
    file = make_file(folder=make_folder(path=tmp_path), missing_since=LONG_AGO)

    page.post(reverse("missing"), {"action": "look", "id": [file.video_id]})

    assert Job.objects.get().target_id == file.folder_id


def test_all_missing_videos_go_into_the_trash_at_once(page):
    for _ in range(3):
        make_file(missing_since=LONG_AGO)
    make_file()

    page.post(reverse("missing"), {"action": "trash", "all": "yes"})

    assert Video.objects.trashed().count() == 3


def test_looking_elsewhere_says_what_was_found(page, tmp_path):
    file = make_file(path=write_file(tmp_path / "one/a.mp4"))
    (tmp_path / "one/a.mp4").rename(tmp_path / "b.mp4")
    VideoFile.objects.update(missing_since=LONG_AGO)
    data = {"action": "locate", "id": [file.video_id]}

    found = page.post(reverse("missing"), {**data, "path": str(tmp_path)})
    nowhere = page.post(reverse("missing"), {**data, "path": str(tmp_path / "one")})

    assert f"1 file was found, {tmp_path}/b.mp4 for one, in no folder of the library" in told(found)[0]
    assert "None of them is there" in told(nowhere)[-1]


# ---- trash ----------------------------------------------------------------------------------------------------------
def test_the_trash_shows_every_kind_with_the_days_left(page, django_assert_max_num_queries):
    videos = [make_file().video for _ in range(20)]
    trash(kind="video", ids=[video.pk for video in videos])
    trash(kind="tag", ids=[Tag.objects.create(name="Beach").pk])
    Video.objects.update(trashed_at=timezone.now() - timedelta(days=2, minutes=5))
    page.get(reverse("trash"))

    with django_assert_max_num_queries(22):
        shown = page.get(reverse("trash")).content.decode()

    assert videos[0].title in shown
    assert "5 days left" in shown
    assert "Beach" in page.get(reverse("trash"), {"kind": "tag"}).content.decode()


def test_what_is_taken_out_of_the_trash_is_back(page):
    video = make_video()
    trash(kind="video", ids=[video.pk])

    page.post(reverse("trash"), {"kind": "video", "action": "restore", "id": [video.pk]})

    assert Video.objects.in_library().exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("action", ["purge", "empty"])
def test_deleting_for_good_asks_first(page, tmp_path, action):
    file = make_file(path=write_file(tmp_path / "film.mp4"))
    trash(kind="video", ids=[file.video_id])
    data = {"kind": "video", "action": action, "id": [file.video_id]}

    asked = page.post(reverse("trash"), data).content.decode()
    assert "1 video" in asked
    assert "deleted from the disk" in asked
    assert Path(file.fs_path).exists()

    page.post(reverse("trash"), {**data, "sure": "yes"})
    assert not Path(file.fs_path).exists()
    assert not Video.objects.exists()


def test_who_may_not_delete_may_not_purge(client):
    user = make_user(is_staff=True, role="")
    user.user_permissions.add(find_permission("library.trash_video"))
    client.force_login(user)
    video = make_video()
    trash(kind="video", ids=[video.pk])

    response = client.post(reverse("trash"), {"kind": "video", "action": "purge", "id": [video.pk], "sure": "yes"})

    assert response.status_code == 403
    assert Video.objects.exists()


def test_a_purged_file_can_be_imported_again(page):
    folder = make_folder()
    row = IgnoredFile.objects.create(folder=folder, relative_path="a.mp4", size_bytes=1, reason="Kept.")

    address = reverse("admin:library_ignoredfile_changelist")
    assert "a.mp4" in page.get(address).content.decode()
    page.post(address, {"action": "take_again", "_selected_action": [row.pk]})

    assert not IgnoredFile.objects.exists()
    assert Job.objects.get().target_id == folder.pk
