"""Editing many videos: as one change, once, whole or not at all."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from library.exceptions import BulkEditError
from library.models import BulkEdit, ChangeBatch, Tag, User, Video, VideoTag
from library.services.background import submit_background
from library.services.bulk_edit import (
    apply_bulk_edit,
    begin_bulk_edit,
    check_operation,
    confirm_bulk_edit,
    preview_bulk_edit,
)
from library.services.history import undo_batch
from people.models import Credit, Studio, VideoStudio
from processing.jobs import drain_queue
from processing.models import Job
from tests.library.factories import make_user, make_video


def make_owner() -> User:
    return make_user(is_superuser=True)


def make_edit(*, user: User, videos: list[int], operation: dict[str, Any]) -> BulkEdit:
    """An edit that was confirmed."""
    edit = begin_bulk_edit(user=user, video_ids=videos)
    confirm_bulk_edit(edit=edit, operation=operation, user=user)
    edit.refresh_from_db()
    return edit


def add(*names: str, ids: tuple[int, ...] = ()) -> dict[str, Any]:
    return {"mode": "add", "ids": list(ids), "names": list(names)}


def rows() -> list[Any]:
    """Everything that an edit may touch, as it is."""
    return [
        list(model._default_manager.order_by("pk").values())
        for model in (Video.objects.defer("updated_at").model, VideoTag, Credit, VideoStudio, Tag, Studio)
    ]


def without_times(tables: list[Any]) -> list[Any]:
    return [[{k: v for k, v in row.items() if k != "updated_at"} for row in table] for table in tables]


@pytest.mark.slow
@pytest.mark.django_db
def test_5000_videos_are_edited_as_one_change_and_the_undo_restores_each_row():
    user = make_owner()
    sea = Tag.objects.create(name="Sea")
    old = Studio.objects.create(name="Old")
    videos = Video.objects.bulk_create(Video(title=f"raw {number}") for number in range(5000))
    VideoTag.objects.bulk_create(VideoTag(video=video, tag=sea) for video in videos[::3])
    VideoStudio.objects.bulk_create(VideoStudio(video=video, studio=old, is_primary=True) for video in videos[::5])
    before = without_times(rows())
    operation = {
        "tags": add("Sun", ids=(sea.pk,)),
        "people": add("Ada"),
        "studios": {"mode": "replace", "ids": [], "names": ["North"]},
        "title": {"find": "raw", "replace": "cut"},
        "type": "amateur",
    }

    changed = apply_bulk_edit(
        edit_id=make_edit(user=user, videos=[video.pk for video in videos], operation=operation).pk
    )

    assert changed == 5000
    assert Video.objects.filter(title__startswith="cut", type="amateur").count() == 5000
    assert VideoTag.objects.count() == 10_000
    assert VideoStudio.objects.exclude(studio=old).filter(is_primary=True).count() == 5000
    batch = ChangeBatch.objects.get()
    undo_batch(batch=batch, user=user)
    assert without_times(rows()) == before


@pytest.mark.django_db
def test_an_edit_is_applied_once_however_often_its_job_runs():
    user, video = make_owner(), make_video(title="aa")
    edit = make_edit(user=user, videos=[video.pk], operation={"title": {"find": "a", "replace": "aa"}})

    apply_bulk_edit(edit_id=edit.pk)
    apply_bulk_edit(edit_id=edit.pk)

    assert Video.objects.get().title == "aaaa"


@pytest.mark.django_db
def test_an_edit_that_is_interrupted_changes_nothing():
    user = make_owner()
    videos = [make_video(title="raw").pk for _ in range(3)]
    operation = {"tags": add("Sea"), "title": {"find": "raw", "replace": "cut"}}
    edit = make_edit(user=user, videos=videos, operation=operation)

    def stop(done: int, total: int) -> None:
        if done > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        apply_bulk_edit(edit_id=edit.pk, report=stop)

    assert not VideoTag.objects.exists()
    assert not ChangeBatch.objects.exists()
    edit.refresh_from_db()
    assert edit.applied_at is None


@pytest.mark.django_db
def test_an_edit_that_changes_nothing_leaves_no_change():
    user, sea, video = make_owner(), Tag.objects.create(name="Sea"), make_video()
    VideoTag.objects.create(video=video, tag=sea)

    apply_bulk_edit(edit_id=make_edit(user=user, videos=[video.pk], operation={"tags": add(ids=(sea.pk,))}).pk)

    edit = BulkEdit.objects.get()
    assert (edit.video_count, edit.batch) == (0, None)
    assert not ChangeBatch.objects.exists()


@pytest.mark.django_db
def test_videos_that_went_meanwhile_are_passed_over():
    user, stays, gone = make_owner(), make_video(), make_video()
    edit = make_edit(user=user, videos=[stays.pk, gone.pk], operation={"tags": add("Sea")})
    gone.delete()

    assert apply_bulk_edit(edit_id=edit.pk) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("operation", "sentence"),
    [
        ({}, "Say what is to be changed."),
        ({"nonsense": 1}, "Nothing here knows the edit"),
        ({"tags": {"mode": "add", "ids": [12345]}}, "gone or in the trash"),
        ({"tags": {"mode": "twist"}}, "added, removed or replaced"),
        ({"type": "film"}, "There is no type"),
        ({"release_date": "yesterday"}, "year, month and day"),
        ({"title": {"find": "", "replace": "x"}}, "which words"),
        ({"reprocess": "everything"}, "Only facts, pictures and previews"),
    ],
)
def test_what_can_not_be_done_is_refused_with_a_sentence(operation, sentence):
    with pytest.raises(BulkEditError, match=sentence):
        check_operation(operation, user=make_owner())


@pytest.mark.django_db
def test_an_edit_that_the_role_does_not_allow_is_refused():
    with pytest.raises(BulkEditError, match="doesn't allow"):
        check_operation({"trash": True}, user=make_user(role=""))


@pytest.mark.django_db
def test_the_preview_says_what_the_edit_then_does():
    user = make_owner()
    videos = [make_video(title=title).pk for title in ("raw one", "raw two", "other")]
    operation = check_operation(
        {"tags": add("Sea"), "title": {"find": "raw", "replace": "cut"}, "release_date": "2024-05-31"}, user=user
    )

    effects = preview_bulk_edit(video_ids=videos, operation=operation)

    assert [(one.changed, one.already) for one in effects] == [(3, 0), (3, 0), (2, 1)]
    assert not Tag.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_an_edit_of_many(redis_connection):
    user = make_owner()
    videos = [make_video().pk for _ in range(5)]
    edit = make_edit(user=user, videos=videos, operation={"tags": add("Sea")})

    with transaction.atomic():
        submit_background("bulk_edit", edit.pk, requested_by_id=user.pk)
    drain_queue("maintenance")

    assert VideoTag.objects.count() == 5
    assert Job.objects.get().result == {"videos": 5}


@pytest.mark.django_db(transaction=True)
def test_two_edits_of_the_same_videos_wait_for_one_another():
    user = make_owner()
    videos = [make_video().pk for _ in range(200)]
    edits = [
        make_edit(user=user, videos=ids, operation={"tags": add(name)})
        for ids, name in ((videos, "Sea"), (videos[::-1], "Sun"))
    ]
    errors: list[BaseException] = []
    together = threading.Barrier(2)

    def run(edit: BulkEdit) -> None:
        try:
            together.wait()
            apply_bulk_edit(edit_id=edit.pk)
        except BaseException as error:  # noqa: BLE001 - told to the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(edit,)) for edit in edits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not errors
    assert VideoTag.objects.count() == 400
