"""The watch page's HTML."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import Folder, User
from library.roles import ADMIN
from playback.models import Marker
from playback.services import record_position
from processing.models import Job, Priority, Storyboard, Thumbnail
from processing.services import submit_jobs
from tests.library.factories import make_file, make_folder, make_user, make_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def folder() -> Folder:
    return make_folder(name="Own footage")


def page_of(client: Client, video_id: int | None, query: str = "") -> str:
    response = client.get(f"/videos/{video_id}/{query}")
    assert response.status_code == 200
    return response.content.decode()


def facts_of(page: str) -> dict[str, Any]:
    return json.loads(re.search(r'<script id="player-facts"[^>]*>(.*?)</script>', page)[1])


def test_the_page_has_the_players_source_poster_and_storyboard(client: Client, user: User, folder: Folder) -> None:
    file = make_file(
        folder=folder, video_codec="h264", audio_codec="aac", width=1920, height=1080, size_bytes=19 * 10**8
    )
    Thumbnail.objects.create(
        file=file, input_key="k", small="s.webp", small_width=320, small_height=180, large="l.webp",
        large_width=1280, large_height=720, time_seconds=1,
    )  # fmt: skip
    Storyboard.objects.create(
        file=file, input_key="k", sprite="b.webp", vtt="b.vtt", tile_width=160, tile_height=90, tile_count=20,
        columns=5, rows=4, interval_seconds=3,
    )  # fmt: skip

    page = " ".join(page_of(client, file.video_id).split())

    assert f'src="/videos/{file.video_id}/stream"' in page
    assert 'poster="/derived/l.webp"' in page
    assert '<track kind="metadata" label="thumbnails" src="/derived/b.vtt" default>' in page
    assert "1.9 GB" in page
    assert "H.264 · AAC" in page


def test_the_player_is_told_where_to_resume(client: Client, user: User, folder: Folder) -> None:
    file = make_file(folder=folder, duration_seconds=2000, video=make_video(duration_seconds=2000))
    record_position(user=user, video_id=file.video_id, position_seconds=760, duration_seconds=2000)

    assert facts_of(page_of(client, file.video_id))["resumeAt"] == 760


def test_what_waits_about_a_file_that_somebody_looks_at_goes_first(client: Client, user: User, folder: Folder) -> None:
    file, other = make_file(folder=folder, state="probed"), make_file(folder=folder, state="probed")
    for one in (file, other):
        submit_jobs(stage="frames", target_ids=[one.pk])

    page_of(client, file.video_id)

    assert dict(Job.objects.values_list("target_id", "priority")) == {file.pk: Priority.LOOKING, other.pk: 0}


def test_a_title_cannot_break_out_of_the_page(client: Client, user: User, folder: Folder) -> None:
    chapter = {"start_seconds": 0, "end_seconds": 5, "title": "</script><script>alert(1)</script>"}
    file = make_file(folder=folder, video=make_video(title="</title><script>alert(2)</script>"), chapters=[chapter])

    page = page_of(client, file.video_id)

    assert "<script>alert" not in page


def test_up_next_goes_on_in_the_order_the_library_had(client: Client, user: User, folder: Folder) -> None:
    for title in ("Beech", "Ash", "Cedar"):
        make_file(folder=folder, video=make_video(title=title), relative_path=f"{title}.mp4")
    ash = make_file(folder=folder, video=make_video(title="Ash tree"), relative_path="tree.mp4").video_id

    page = page_of(client, ash, "?sort=title")

    assert re.findall(r"<b>([A-Z]\w+)</b>", page.split("Up next")[1]) == ["Beech", "Cedar"]
    assert "?sort=title" in page.split("Up next")[1]


def test_the_page_asks_as_often_whatever_the_library_holds(client: Client, user: User, folder: Folder) -> None:
    first = make_file(folder=folder)
    counts = []

    for number in (10, 50):
        for _ in range(number):
            make_file(folder=folder)
        with CaptureQueriesContext(connection) as asked:
            page_of(client, first.video_id, "?sort=oldest")
        counts.append(len(asked))

    assert counts[0] == counts[1]
    assert counts[0] <= 20


def test_a_missing_file_has_words_in_the_players_place(client: Client, user: User, folder: Folder) -> None:
    file = make_file(folder=folder, missing_since=timezone.now())

    page = page_of(client, file.video_id)

    assert "The disk or file is not there right now" in page
    assert "<video" not in page
    assert "watch.js" not in page


def test_a_failed_file_says_why(client: Client, user: User, folder: Folder) -> None:
    file = make_file(folder=folder, state="failed", error="Its data is damaged.", video=make_video(), is_primary=True)

    assert "Its data is damaged." in page_of(client, file.video_id)


def test_only_staff_see_where_the_file_lies(client: Client, user: User, folder: Folder) -> None:
    file = make_file(folder=folder, relative_path="deep/film.mp4")
    for_viewer = page_of(client, file.video_id)
    client.force_login(make_user(role=ADMIN))
    for_staff = page_of(client, file.video_id)

    assert folder.shown_path not in for_viewer
    assert f"{folder.shown_path}/deep/film.mp4" in for_staff


def test_chapters_become_a_track_and_junk_is_left_out(client: Client, user: User, folder: Folder) -> None:
    file = make_file(
        folder=folder,
        chapters=[
            {"start_seconds": 0, "end_seconds": 61.5, "title": "Begin\n--> ning"},
            {"start_seconds": 61.5, "end_seconds": 3700, "title": ""},
            {"start_seconds": 9, "end_seconds": 9, "title": "empty"},
            {"start_seconds": None, "end_seconds": 9, "title": "broken"},
        ],
    )

    response = client.get(f"/videos/{file.video_id}/chapters.vtt")

    assert response["Content-Type"] == "text/vtt; charset=utf-8"
    assert response.content.decode() == (
        "WEBVTT\n\n00:00:00.000 --> 00:01:01.500\nBegin --&gt; ning\n\n00:01:01.500 --> 01:01:40.000\nChapter 2\n"
    )
    assert f'src="/videos/{file.video_id}/chapters.vtt"' in page_of(client, file.video_id)


@pytest.mark.parametrize("address", ["/videos/999999/", "/videos/999999/chapters.vtt", f"/videos/{10**30}/"])
def test_a_video_that_does_not_exist_is_404(client: Client, user: User, address: str) -> None:
    assert client.get(address).status_code == 404


def test_the_marks_of_the_one_who_watches_go_to_the_bar(client: Client, user: User, folder: Folder) -> None:
    file, other = make_file(folder=folder), make_user()
    late = Marker.objects.create(user=user, video=file.video, start_seconds=9, end_seconds=12, label="late")
    early = Marker.objects.create(user=user, video=file.video, start_seconds=2, color="#58C08A")
    Marker.objects.create(user=other, video=file.video, start_seconds=5)

    marks = json.loads(
        page_of(client, file.video_id).split('id="marks-facts" type="application/json">')[1].split("<")[0]
    )

    assert [(mark["id"], mark["start"], mark["end"], mark["label"], mark["color"]) for mark in marks] == [
        (early.pk, 2.0, None, "", "#58C08A"),
        (late.pk, 9.0, 12.0, "late", "#FFFFFF"),
    ]


def test_a_clip_or_a_time_in_the_address_goes_before_resuming(client: Client, user: User, folder: Folder) -> None:
    file = make_file(folder=folder, duration_seconds=2000, video=make_video(duration_seconds=2000))
    record_position(user=user, video_id=file.video_id, position_seconds=760, duration_seconds=2000)
    clip = Marker.objects.create(user=user, video=file.video, start_seconds=9, end_seconds=12, label="late")
    foreign = Marker.objects.create(user=make_user(), video=file.video, start_seconds=5)

    seen = {
        query: [facts_of(page_of(client, file.video_id, query))[name] for name in ("resumeAt", "startAt", "clip")]
        for query in (f"?clip={clip.pk}", "?t=1:23", "?t=83.5", "?t=soon", f"?clip={foreign.pk}", "?clip=" + "9" * 30)
    }

    shown = {"id": clip.pk, "start": 9.0, "end": 12.0, "label": "late", "color": "#FFFFFF"}
    assert list(seen.values()) == [
        [0, None, shown], [0, 83, None], [0, 83.5, None], [760, None, None], [760, None, None], [760, None, None]
    ]  # fmt: skip


def test_a_video_whose_file_is_missing_offers_its_other_copies(client: Client, user: User, folder: Folder) -> None:
    file = make_file(folder=folder, missing_since=timezone.now(), is_primary=True)
    copy = make_file(folder=make_folder(name="Second disk"), video=file.video, is_primary=False)
    elsewhere = make_file(folder=folder)

    page = page_of(client, file.video_id)
    chosen = page_of(client, file.video_id, f"?file={copy.pk}")
    foreign = page_of(client, file.video_id, f"?file={elsewhere.pk}")

    assert f'href="?file={copy.pk}"' in page
    assert "Play the copy in Second disk" in page
    assert f'src="/videos/{file.video_id}/stream?file={copy.pk}"' in chosen
    assert facts_of(chosen)["fileId"] == copy.pk
    assert "<video" not in foreign


@pytest.mark.parametrize(
    ("facts", "is_sure"),
    [
        ({"container": "mp4", "video_codec": "h264", "audio_codec": "aac"}, True),
        ({"container": "webm", "video_codec": "vp9", "audio_codec": "opus"}, True),
        ({"container": "mp4", "video_codec": "hevc", "audio_codec": "aac"}, False),
        ({"container": "matroska", "video_codec": "h264", "audio_codec": "aac"}, False),
        ({"container": "mp4", "video_codec": "h264", "audio_codec": "ac3"}, False),
        ({"container": "mp4", "video_codec": "h264", "streams": [{"pixel_format": "yuv420p10le"}]}, False),
    ],
)
def test_only_what_every_browser_plays_starts_without_asking(
    client: Client, user: User, folder: Folder, facts: dict[str, Any], is_sure: bool
) -> None:
    file = make_file(folder=folder, **facts)

    page = page_of(client, file.video_id)

    assert facts_of(page)["isSure"] is is_sure
    assert f'preload="{"metadata" if is_sure else "none"}"' in page
