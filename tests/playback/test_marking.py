"""Marks: their rules, their tags and those of their labels, and the pages that show them."""

import threading
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from library.models import Tag, User, Video
from library.services.history import undo_batch
from playback.exceptions import MarkerError
from playback.models import Marker, MarkerLabelTag, MarkerTag
from playback.queries_markers import find_markers, label_groups, list_markers, markers_of, suggest_labels
from playback.services import marking
from playback.services.marking import (
    change_marker,
    create_marker,
    delete_marker,
    rename_label,
    set_label_tags,
    set_marker_tags,
)
from processing.models import Job
from tests.library.batches import nothing_outside_batches
from tests.library.factories import make_file, make_user, make_video
from tests.people.factories import make_tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user(username="Ana")


@pytest.fixture
def video() -> Video:
    return shown_video()


def shown_video(**columns: Any) -> Video:
    video = make_video(duration_seconds=100.0, **columns)
    make_file(video=video, duration_seconds=100.0)
    return video


def mark(user: User, video: Video, at: float = 10, **columns: Any) -> Marker:
    return create_marker(user=user, video=video, start_seconds=at, **columns)[0]


def tags_of(marker: Marker) -> dict[str, bool]:
    """The names of the mark's tags, each with whether it came with the label."""
    return dict(MarkerTag.objects.filter(marker=marker).values_list("tag__name", "is_from_label"))


# ---- one mark -------------------------------------------------------------------------------------------------------
def test_a_mark_is_made_in_a_change_and_has_its_picture_made(user: User, video: Video) -> None:
    with nothing_outside_batches():
        marker, batch = create_marker(
            user=user, video=video, start_seconds=12.3456, end_seconds=20, label="  Sea   side ", color="#a0b1c2"
        )

    assert (marker.start_seconds, marker.end_seconds, marker.label, marker.color) == (12.346, 20, "Sea side", "#A0B1C2")
    assert batch.summary == f"Marked {video} at 0:12"
    assert Job.objects.get().target_id == marker.pk


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"start_seconds": -1}, "number of seconds"),
        ({"start_seconds": float("nan")}, "number of seconds"),
        ({"start_seconds": "soon"}, "number of seconds"),
        ({"start_seconds": 101}, "is 1:40 long"),
        ({"start_seconds": 5, "end_seconds": 5}, "ends after it begins"),
        ({"start_seconds": 5, "end_seconds": 200}, "is 1:40 long"),
        ({"start_seconds": 5, "color": "red"}, "six hexadecimal digits"),
        ({"start_seconds": 5, "label": "x" * 101}, "100 characters"),
        ({"start_seconds": 5, "tag_ids": [2**40]}, "gone or in the trash"),
    ],
)
def test_what_is_no_mark_is_refused_with_a_sentence(user: User, video: Video, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(MarkerError, match=said):
        create_marker(user=user, video=video, **wrong)

    assert not Marker.objects.exists()


def test_a_player_clock_that_runs_a_little_past_the_end_means_the_end(user: User, video: Video) -> None:
    assert mark(user, video, 100.3).start_seconds == 100


def test_a_video_takes_fifty_marks_of_each_user(user: User, video: Video) -> None:
    Marker.objects.bulk_create(Marker(user=user, video=video, start_seconds=n) for n in range(50))

    with pytest.raises(MarkerError, match="50 of your marks"):
        mark(user, video)

    assert mark(make_user(), video).pk
    assert mark(user, shown_video()).pk


def test_moving_it_asks_for_another_picture_and_saying_more_does_not(user: User, video: Video) -> None:
    marker = mark(user, video)
    Job.objects.all().delete()

    change_marker(marker, user=user, description="more", label="Sea")
    said = Job.objects.count()
    change_marker(marker, user=user, start_seconds=50)

    assert (said, Job.objects.count()) == (0, 1)
    assert change_marker(marker, user=user, start_seconds=50) is None


def test_a_deleted_mark_comes_back_with_its_tags(user: User, video: Video) -> None:
    marker = mark(user, video, tag_ids=[make_tag(name="Sun").pk])

    batch = delete_marker(marker, user=user)
    undo_batch(batch=batch, user=user)

    assert tags_of(Marker.objects.get()) == {"Sun": False}


@pytest.mark.parametrize(
    "act", [lambda m, u: delete_marker(m, user=u), lambda m, u: change_marker(m, user=u, label="x")]
)
def test_nobody_else_changes_a_mark(user: User, video: Video, act: Any) -> None:
    marker = mark(user, video)

    with pytest.raises(MarkerError, match="Only who made"):
        act(marker, make_user())


# ---- labels ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def sun() -> Tag:
    return make_tag(name="Sun")


@pytest.fixture
def sea() -> Tag:
    return make_tag(name="Sea")


def test_a_label_brings_its_tags_along(user: User, video: Video, sun: Tag, sea: Tag) -> None:
    set_label_tags(user=user, label="Beach", tag_ids=[sun.pk, sea.pk])

    marker = mark(user, video, label="Beach", tag_ids=[sea.pk])
    other = mark(make_user(), video, label="Beach")

    assert tags_of(marker) == {"Sun": True, "Sea": False}
    assert tags_of(other) == {}


def test_other_tags_of_a_label_replace_those_that_came_with_it_on_every_mark(
    user: User, video: Video, sun: Tag, sea: Tag
) -> None:
    sand = make_tag(name="Sand")
    set_label_tags(user=user, label="Beach", tag_ids=[sun.pk])
    marks = [mark(user, video, n, label="Beach") for n in (1, 2)]
    set_marker_tags(marks[0], tag_ids=[sand.pk], user=user)
    theirs = mark(make_user(), video, label="Beach", tag_ids=[sand.pk])

    with nothing_outside_batches():
        batch = set_label_tags(user=user, label="Beach", tag_ids=[sea.pk])

    assert [tags_of(one) for one in marks] == [{"Sand": False, "Sea": True}, {"Sea": True}]
    assert tags_of(theirs) == {"Sand": False}
    undo_batch(batch=batch, user=user)
    assert [tags_of(one) for one in marks] == [{"Sand": False, "Sun": True}, {"Sun": True}]


def test_own_tags_leave_those_of_the_label(user: User, video: Video, sun: Tag, sea: Tag) -> None:
    set_label_tags(user=user, label="Beach", tag_ids=[sun.pk])
    marker = mark(user, video, label="Beach", tag_ids=[sea.pk])

    set_marker_tags(marker, tag_ids=[], user=user)

    assert tags_of(marker) == {"Sun": True}


def test_another_label_takes_its_tags_along_and_brings_the_new_ones(
    user: User, video: Video, sun: Tag, sea: Tag
) -> None:
    set_label_tags(user=user, label="Beach", tag_ids=[sun.pk])
    set_label_tags(user=user, label="Boat", tag_ids=[sea.pk])
    marker = mark(user, video, label="Beach", tag_ids=[make_tag(name="Own").pk])

    change_marker(marker, user=user, label="Boat")
    as_boat = tags_of(marker)
    change_marker(marker, user=user, label="")

    assert as_boat == {"Own": False, "Sea": True}
    assert tags_of(marker) == {"Own": False}


def test_a_renamed_label_joins_the_tags_of_the_one_it_becomes(user: User, video: Video, sun: Tag, sea: Tag) -> None:
    set_label_tags(user=user, label="Beach", tag_ids=[sun.pk])
    set_label_tags(user=user, label="Shore", tag_ids=[sun.pk, sea.pk])
    marks = [mark(user, video, 1, label="Beach"), mark(user, video, 2, label="Shore")]

    batch = rename_label(user=user, label="Beach", to="Shore")

    assert set(Marker.objects.values_list("label", flat=True)) == {"Shore"}
    assert [tags_of(one) for one in marks] == [{"Sun": True, "Sea": True}] * 2
    assert MarkerLabelTag.objects.count() == 2
    undo_batch(batch=batch, user=user)
    assert [tags_of(one) for one in marks] == [{"Sun": True}, {"Sun": True, "Sea": True}]


def test_labels_are_suggested_by_use(user: User, video: Video) -> None:
    for at, label in enumerate(["Boat", "Beach", "Beach", "", "Bar"]):
        mark(user, video, at, label=label)
    mark(make_user(), video, 1, label="Theirs")

    assert suggest_labels(user) == [("Beach", 2), ("Bar", 1), ("Boat", 1)]
    assert suggest_labels(user, "oa") == [("Boat", 1)]
    assert suggest_labels(user, limit=1) == [("Beach", 2)]


def test_lists_of_marks_cost_the_same_however_long_they_are(user: User, video: Video, sun: Tag) -> None:
    def count() -> tuple[int, int, int]:
        with CaptureQueriesContext(connection) as beside:
            markers_of(user, video.pk)
        with CaptureQueriesContext(connection) as listed:
            list_markers(find_markers(user, text="a", tag_id=sun.pk))
        with CaptureQueriesContext(connection) as grouped:
            label_groups(user)
        return len(beside), len(listed), len(grouped)

    mark(user, video, 1, label="A", tag_ids=[sun.pk])
    few = count()
    for n in range(2, 9):
        mark(user, video, n, label=f"A{n}", tag_ids=[sun.pk])

    assert count() == few


# ---- two at once ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("is_locked", "marks"), [(True, 50), (False, 51)])
def test_two_tabs_can_not_make_the_fiftieth_mark_twice(
    monkeypatch: pytest.MonkeyPatch, is_locked: bool, marks: int
) -> None:
    """Without the lock, the control, both count 49 and both add one."""
    user, video = make_user(), shown_video()
    Marker.objects.bulk_create(Marker(user=user, video=video, start_seconds=n) for n in range(49))
    both_counted, errors = threading.Barrier(2), []
    if not is_locked:
        monkeypatch.setattr(marking, "_lock", lambda what: None)

    def wait(*args: object, **options: object) -> None:
        with suppress(threading.BrokenBarrierError):
            both_counted.wait(timeout=1)

    monkeypatch.setattr(marking, "_bring_label_tags", wait)

    def work() -> None:
        try:
            create_marker(user=user, video=video, start_seconds=60)
        except MarkerError as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (Marker.objects.count(), len(errors)) == (marks, 51 - marks)


# ---- pages and API --------------------------------------------------------------------------------------------------
def test_a_mark_is_made_changed_and_deleted_by_the_endpoints(
    client: Client, user: User, video: Video, sun: Tag
) -> None:
    client.force_login(user)
    address = f"/api/v1/videos/{video.pk}/markers/"

    made = client.post(address, {"start_seconds": 5, "label": "Beach", "tags": [sun.pk]}, "application/json")
    own = f"/api/v1/markers/{made.json()['id']}/"
    changed = client.patch(own, {"end_seconds": 9, "tags": []}, "application/json").json()
    outside = client.post(address, {"start_seconds": 500}, "application/json")

    assert made.status_code == 201
    assert made.json()["tags"] == [{"id": sun.pk, "name": "Sun", "color": sun.color, "is_from_label": False}]
    assert (changed["start_seconds"], changed["end_seconds"], changed["tags"]) == (5, 9, [])
    assert (outside.status_code, outside.json()["detail"]) == (400, "The video is 1:40 long; a mark lies within it.")
    assert client.delete(own).json()["batch"]
    assert client.get(address).json() == []


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_marks_of_others_are_not_there(client: Client, user: User, video: Video, method: str) -> None:
    marker = mark(make_user(), video)
    client.force_login(user)

    answer = getattr(client, method)(f"/api/v1/markers/{marker.pk}/", content_type="application/json")

    assert answer.status_code == 404
    assert client.get(f"/markers/{marker.pk}/clip/").status_code == 404
    assert Marker.objects.filter(pk=marker.pk).exists()


def test_the_watch_page_lists_the_marks_for_reader_and_player(client: Client, user: User, video: Video) -> None:
    marker = mark(user, video, 5, end_seconds=9, label="Beach <b>")
    client.force_login(user)

    page = client.get(f"/videos/{video.pk}/").content.decode()
    piece = client.get(f"/videos/{video.pk}/marks/").content.decode()

    for html in (page, piece):
        assert f'data-mark="{marker.pk}"' in html
        assert "Beach &lt;b&gt;" in html
        assert '"start": 5.0, "end": 9.0' in html


def test_the_page_of_all_marks_chooses_by_words_label_tag_video_and_end(
    client: Client, user: User, video: Video, sun: Tag
) -> None:
    mark(user, video, 5, label="Beach", tag_ids=[sun.pk])
    mark(user, shown_video(title="Harbour"), 6, end_seconds=9, label="Boat")
    mark(make_user(), video, 7, label="Theirs")
    client.force_login(user)

    def shown(query: str) -> set[str]:
        marks = client.get(f"/markers/?{query}").context["marks"]
        return {one.label for one in marks}

    assert shown("") == {"Beach", "Boat"}
    assert shown("q=harb") == {"Boat"}
    assert shown("label=Beach") == {"Beach"}
    assert shown(f"tag={sun.pk}") == {"Beach"}
    assert shown(f"video={video.pk}") == {"Beach"}
    assert shown("clips=1") == {"Boat"}
    assert shown("q=nothing") == set()


def test_labels_are_renamed_and_tagged_on_their_page(client: Client, user: User, video: Video, sun: Tag) -> None:
    marker = mark(user, video, label="Beach")
    client.force_login(user)

    client.post("/markers/labels/change/", {"label": "Beach", "action": "tags", "tag": [sun.pk]})
    page = client.post("/markers/labels/change/", {"label": "Beach", "action": "rename", "to": "Shore"}, follow=True)

    assert tags_of(marker) == {"Sun": True}
    html = page.content.decode()
    assert "Renamed the label Beach to Shore." in html
    assert "Undo" in html


def test_without_marks_the_pages_say_how_to_make_one(client: Client, user: User) -> None:
    client.force_login(user)

    assert "Nothing is marked yet" in client.get("/markers/").content.decode()
    assert "No label yet" in client.get("/markers/labels/").content.decode()
