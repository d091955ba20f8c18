"""The library page, its live parts, and logging in."""

import base64
import html
import json
import re
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library import queries
from library.models import Folder, User, Video, VideoFile
from library.queries import Cursor, CursorError, all_sorts
from library.roles import ADMIN
from playback.models import WatchProgress
from processing.models import Storyboard, Thumbnail
from tests.library.factories import make_file, make_folder, make_user, make_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def folder() -> Folder:
    return make_folder(name="Own footage")


def make_many(number: int, *, folder: Folder, user: User | None = None) -> list[VideoFile]:
    """Videos with pictures and, for a user, progress; lengths and titles repeat, so that ties are met."""
    files = []
    for index in range(number):
        video = make_video(title=f"Clip {index % 5}", duration_seconds=None if index % 7 == 3 else index % 4 * 60.0)
        file = make_file(folder=folder, video=video, duration_seconds=video.duration_seconds)
        Thumbnail.objects.create(
            file=file, input_key="k", small="a.webp", small_width=320, small_height=180, large="b.webp",
            large_width=1280, large_height=720, time_seconds=1,
        )  # fmt: skip
        Storyboard.objects.create(
            file=file, input_key="k", sprite="s.webp", vtt="s.vtt", tile_width=160, tile_height=90, tile_count=20,
            columns=5, rows=4, interval_seconds=3,
        )  # fmt: skip
        if user:
            WatchProgress.objects.create(user=user, video=video, position_seconds=9, watched_at=timezone.now())
        files.append(file)
    return files


def tile_ids(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'id="tile-(\d+)"', page)]


def link(page: str, words: str) -> str | None:
    """The address of the link with these words."""
    found = re.search(rf'<a[^>]*href="([^"]*)"[^>]*>\s*{words}', page)
    return html.unescape(found[1]) if found else None


def text(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


def test_the_first_videos_are_in_the_html(viewer: Client, folder: Folder) -> None:
    make_file(folder=folder, video=make_video(title="Garden <workshop>", duration_seconds=1216))

    page = text(viewer, "/library/")

    assert "Garden &lt;workshop&gt;" in page
    assert "20:16" in page
    assert "Own footage · today" in page
    assert "1</b> video<" in page


@pytest.mark.parametrize("user", [None, "viewer"])
def test_the_page_asks_the_database_as_often_for_sixty_videos_as_for_ten(client: Client, folder: Folder, user) -> None:
    someone = make_user()
    client.force_login(someone)
    counts = []

    for number in (10, 50):
        make_many(number, folder=folder, user=someone if user else None)
        with CaptureQueriesContext(connection) as asked:
            text(client, "/library/?show=96")
        counts.append(len(asked))

    assert counts[0] == counts[1]
    # Names of creators, studios and tags together are one, likes and stars two.
    assert counts[0] <= 16, [query["sql"][:90] for query in asked]


@pytest.mark.parametrize("address", ["/library/?sort=longest&show=96", "/library/?q=clip&show=96", "/activity/"])
def test_the_other_views_ask_as_often_for_sixty_as_for_ten(viewer: Client, folder: Folder, address: str) -> None:
    counts = []

    for number in (10, 50):
        files = make_many(number, folder=folder)
        with CaptureQueriesContext(connection) as asked:
            tiles = "&".join(f"tile={file.video_id}" for file in files)
            text(viewer, address + (f"?{tiles}" if address == "/activity/" else ""))
        counts.append(len(asked))

    assert counts[0] == counts[1]


COLUMN_SORTS = [sort for sort in all_sorts() if sort.kind == "column" and not sort.relation]


@pytest.mark.parametrize("sort", COLUMN_SORTS, ids=lambda sort: sort.key)
def test_show_more_shows_every_video_once_in_each_order(
    viewer: Client, folder: Folder, sort: queries.Sort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 4)
    files = make_many(23, folder=folder)
    seen: list[int] = []
    address: str | None = f"/library/?sort={sort.key}"

    while address:
        page = text(viewer, address)
        seen += tile_ids(page)
        address = link(page, "Show more")

    assert sorted(seen) == sorted(file.video_id for file in files)
    rows = {video.pk: video for video in Video.objects.all()}
    keys = [(getattr(rows[pk], sort.field), pk) for pk in seen]
    with_value = [key for key in keys if key[0] is not None]
    assert keys[: len(with_value)] == with_value, "videos without a length come last"
    assert all((a > b) if sort.is_descending else (a < b) for a, b in pairwise(with_value))


def test_htmx_gets_only_the_piece_and_back_finds_as_many(
    viewer: Client, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 4)
    make_many(10, folder=folder)
    first = text(viewer, "/library/?sort=title")
    piece_address = html.unescape(re.search(r'hx-get="([^"]*after=[^"]*)"', first)[1])

    response = viewer.get(piece_address, headers={"hx-request": "true", "hx-target": "more"})
    piece = response.content.decode()

    assert "<html" not in piece
    assert len(tile_ids(piece)) == 4
    assert response["HX-Replace-Url"] == "/library/?sort=title&show=8"
    assert tile_ids(text(viewer, response["HX-Replace-Url"])) == tile_ids(first) + tile_ids(piece)


def test_a_page_that_htmx_restores_is_a_whole_page(viewer: Client, folder: Folder) -> None:
    make_many(2, folder=folder)

    page = text(viewer, "/library/", **{"hx-target": "more", "hx-history-restore-request": "true"})

    assert "<html" in page


@pytest.mark.parametrize("after", ["x", "!!", "bnVsbA", Cursor("soon", 5).encoded(), Cursor(None, 5).encoded()])
def test_a_broken_place_is_404(viewer: Client, after: str) -> None:
    assert viewer.get(f"/library/?after={after}").status_code == 404


@pytest.mark.parametrize("title", ["\0", "\ud800"])
def test_a_place_never_holds_what_the_database_cannot_read(title: str) -> None:
    written = base64.urlsafe_b64encode(json.dumps([title, 1]).encode()).decode().rstrip("=")

    with pytest.raises(CursorError):
        Cursor.decoded(written)


def test_the_filter_looks_at_titles_and_paths_and_wants_every_word(viewer: Client, folder: Folder) -> None:
    by_title = make_file(folder=folder, video=make_video(title="Harbour lights"), relative_path="0001.mp4")
    by_path = make_file(folder=folder, video=make_video(title="x"), relative_path="Lisbon/HARBOUR.mp4")
    make_file(folder=folder, video=make_video(title="Snow day"))

    assert set(tile_ids(text(viewer, "/library/?q=harbour"))) == {by_title.video_id, by_path.video_id}
    assert tile_ids(text(viewer, "/library/?q=harbour+lisbon")) == [by_path.video_id]
    assert tile_ids(text(viewer, "/library/?q=harb_ur")) == []


def test_a_filter_that_finds_nothing_says_so_and_offers_the_way_back(viewer: Client, folder: Folder) -> None:
    make_file(folder=folder)

    page = text(viewer, "/library/?q=%3Cb%3Enothing&sort=title")

    assert "No title, name, tag or file name has “&lt;b&gt;nothing”" in page
    assert link(page, "Show all videos") == "/library/"


def test_counting_stops_at_its_bound(viewer: Client, folder: Folder) -> None:
    make_many(5, folder=folder)

    assert str(queries.count_videos(at_most=3)) == "3+"
    assert str(queries.count_videos(at_most=5)) == "5"
    assert str(queries.BoundedCount(2091, True)) == "2,091"


def test_videos_of_a_folder_that_is_switched_off_are_not_shown(viewer: Client) -> None:
    make_file(folder=make_folder(is_active=False))

    assert tile_ids(text(viewer, "/library/")) == []


def test_tiles_say_what_is_wrong_or_still_to_come(viewer: Client, folder: Folder) -> None:
    make_file(folder=folder, state="probed")
    make_file(folder=folder, state="failed", error="Its data is damaged.", video=make_video(), is_primary=True)
    make_file(folder=folder, missing_since=timezone.now())

    page = text(viewer, "/library/")

    assert "Its pictures are being made" in page
    assert "Its data is damaged." in page
    assert "The disk or file is not there right now" in page


def test_badges_and_the_watched_bar(client: Client, folder: Folder) -> None:
    user = make_user()
    client.force_login(user)
    video = make_video(duration_seconds=1000, width=3840, height=2160, is_hdr=True)
    make_file(folder=folder, video=video, width=3840, height=2160, is_hdr=True)
    WatchProgress.objects.create(user=user, video=video, position_seconds=650, watched_at=timezone.now())

    page = text(client, "/library/")

    assert "4K HDR" in page
    assert "--at:65%" in page


def test_an_empty_library_tells_the_owner_what_to_do(owner: Client) -> None:
    page = text(owner, "/library/")

    assert "Which folder has your videos?" in page
    assert link(page, "Add a folder") == reverse("admin:library_folder_add")


def test_an_empty_library_tells_a_viewer_to_wait(viewer: Client) -> None:
    page = text(viewer, "/library/")

    assert "Nothing to watch yet" in page
    assert "/admin/" not in page


def test_only_staff_get_the_admin_and_the_note_about_unreadable_files(client: Client, folder: Folder) -> None:
    make_file(folder=folder, state="failed", error="Empty.")
    client.force_login(make_user())
    for_viewer = text(client, "/library/")
    client.force_login(make_user(role=ADMIN))
    for_staff = text(client, "/library/")

    assert "could not be read" not in for_viewer
    assert "1 file could not be read." in for_staff
    assert reverse("admin:processing_job_changelist") in for_staff


def test_new_videos_are_offered_where_the_newest_stand_first(viewer: Client, folder: Folder) -> None:
    make_many(2, folder=folder)
    poll = html.unescape(re.search(r'hx-get="(/activity/[^"]*)"', text(viewer, "/library/"))[1])
    before = text(viewer, poll)
    make_many(3, folder=folder)
    Video.objects.filter(title="Clip 0").update(created_at=timezone.now() + timedelta(days=1))

    after = text(viewer, poll)

    assert "show" not in before
    assert "new videos · show" in after
    assert "seen=" not in text(viewer, "/library/?sort=title")


def test_a_tile_is_exchanged_once_its_pictures_are_there(viewer: Client, folder: Folder) -> None:
    working = make_file(folder=folder, state="probed")
    done = make_file(folder=folder)

    answer = text(viewer, f"/activity/?tile={working.video_id}&tile={done.video_id}&tile=x&tile=99999999999999999999")

    assert tile_ids(answer) == [done.video_id]
    assert 'hx-swap-oob="true"' in answer


@pytest.mark.parametrize(
    "address", ["/", "/library/", "/activity/", "/files/unreadable/", "/videos/1/", "/derived/a.webp"]
)
def test_every_page_wants_a_login_first(client: Client, address: str) -> None:
    response = client.get(address)

    assert response.status_code == 302
    assert response["Location"] == f"/login/?next={address}"


def login(client: Client, **fields: str):
    return client.post("/login/", {"username": "ana", "password": "secret", **fields})


def test_the_case_of_a_name_does_not_matter_at_the_login(client: Client) -> None:
    make_user(username="Ana")

    assert login(client, username="aNA")["Location"] == "/"


@pytest.mark.parametrize(
    ("wanted", "location"),
    [("/videos/5/?sort=title", "/videos/5/?sort=title"), ("https://evil.example/", "/"), ("//evil.example", "/")],
)
def test_the_login_leads_on_only_within_this_server(client: Client, wanted: str, location: str) -> None:
    make_user(username="ana")

    assert login(client, next=wanted)["Location"] == location


def test_a_wrong_password_is_said_in_words(client: Client) -> None:
    make_user(username="ana")

    page = login(client, password="wrong").content.decode()

    assert "belong together" in page
    assert 'value="ana"' in page


def test_logging_out_is_a_post(viewer: Client) -> None:
    assert viewer.get("/logout/").status_code == 405
    assert viewer.post("/logout/").status_code == 302
    assert viewer.get("/library/").status_code == 302


def test_an_unknown_address_gets_a_page_with_a_way_back(viewer: Client) -> None:
    response = viewer.get("/nowhere/")

    assert response.status_code == 404
    assert "To the home page" in response.content.decode()


def test_the_admin_uses_the_one_login(client: Client) -> None:
    response = client.get("/admin/library/video/", follow=True)

    assert response.redirect_chain[-1][0] == "/login/?next=/admin/library/video/"


def test_a_viewer_is_told_that_the_admin_is_not_theirs(client: Client) -> None:
    client.force_login(make_user())

    response = client.get("/admin/", follow=True)

    assert response.status_code == 403
