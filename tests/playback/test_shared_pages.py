"""What a link gives out, to whom, and that it is nothing else. With real files."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from library.models import AuditEvent, AuditKind, Folder, User, VideoFile
from playback.exceptions import TooManyStreamsError
from playback.models import PlaybackSettings, SharedStream, ShareLink
from playback.models.share import ShareAccess
from playback.services.sharing import note_view, revoke_link
from playback.services.sharing.streams import claim_stream
from processing.models import Storyboard, Thumbnail
from processing.models.images import derived_storage
from tests.library.factories import make_file, make_folder, make_user, make_video, write_file
from tests.playback.sharing import body, make_link, make_list, make_sharer, page_of

pytestmark = pytest.mark.django_db

CONTENT = random.Random(3).randbytes(300_000)
MEDIA = ("stream", "poster", "storyboard.vtt", "storyboard.webp", "chapters.vtt")
VTT = "WEBVTT\n\n00:00.000 --> 00:05.000\nsprite-3f.webp#xywh=0,0,160,90\n"


@pytest.fixture(autouse=True)
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing a response ends its request, which would close the connection that the test's transaction lives in."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture
def owner() -> User:
    return make_sharer(username="ana", password="secret")


def make_film(path: Path, *, title: str = "Harbour", content: bytes = CONTENT) -> VideoFile:
    """A file with everything that a page shows of it."""
    folder = Folder.objects.filter(path=str(path.parent)).first() or make_folder(path=path.parent)
    file = make_file(
        folder=folder,
        path=write_file(path, content=content),
        video=make_video(title=title, description="The boats\ncome home."),
        duration_seconds=10.0,
        chapters=[{"start_seconds": 0, "end_seconds": 5, "title": "Out"}],
    )
    save = derived_storage().save
    Thumbnail.objects.create(
        file=file, input_key="k", time_seconds=1, small_width=1, small_height=1, large_width=1, large_height=1,
        small=save(f"t/{file.pk}-s.webp", ContentFile(b"small")),
        large=save(f"t/{file.pk}-l.webp", ContentFile(b"large of %d" % file.pk)),
    )  # fmt: skip
    Storyboard.objects.create(
        file=file, input_key="k", tile_width=1, tile_height=1, tile_count=1, columns=1, rows=1, interval_seconds=1,
        sprite=save(f"t/{file.pk}-sprite.webp", ContentFile(b"sprite")),
        vtt=save(f"t/{file.pk}.vtt", ContentFile(VTT.encode())),
    )  # fmt: skip
    return file


@pytest.fixture
def film(tmp_path: Path) -> VideoFile:
    return make_film(tmp_path / "private name.mp4")


@pytest.fixture
def link(film: VideoFile, owner: User) -> ShareLink:
    assert film.video is not None
    return make_link(film.video, owner=owner)


@pytest.fixture
def stranger() -> Iterator[Client]:
    yield Client()


def statuses(client: Client, base: str) -> set[int]:
    """What every part of a link answers; nothing that isn't 200 may hold a byte of the film."""
    found = set()
    for name in MEDIA:
        answer = client.get(base + name)
        sent = body(answer)
        found.add(answer.status_code)
        if answer.status_code >= 300:
            assert CONTENT[:100] not in sent
            assert b"large of" not in sent
    return found


def test_a_stranger_sees_the_video_and_no_way_into_the_library(stranger: Client, link: ShareLink) -> None:
    answer = stranger.get(page_of(link))
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "Harbour" in page
    assert "come home." in page
    assert "<nav" not in page
    assert "/videos/" not in page
    assert "private name" not in page
    assert "/login/" not in page
    assert not answer.cookies, "a public page needs none"


def test_a_stranger_gets_every_part_of_that_video(stranger: Client, link: ShareLink, film: VideoFile) -> None:
    base = page_of(link)

    sent = {name: body(stranger.get(base + name)) for name in MEDIA}

    assert sent["stream"] == CONTENT
    assert sent["poster"] == b"large of %d" % film.pk
    assert b"storyboard.webp#xywh=0,0,160,90" in sent["storyboard.vtt"]
    assert b"sprite-3f" not in sent["storyboard.vtt"]
    assert sent["storyboard.webp"] == b"sprite"
    assert b"Out" in sent["chapters.vtt"]


def test_ranges_work_and_the_file_has_the_title_for_a_name(stranger: Client, link: ShareLink) -> None:
    part = stranger.get(page_of(link) + "stream", headers={"range": "bytes=1000-1999"})
    behind = stranger.get(page_of(link) + "stream", headers={"range": "bytes=400000-"})

    assert part.status_code == 206
    assert part["Content-Range"] == f"bytes 1000-1999/{len(CONTENT)}"
    assert part["Content-Disposition"] == 'inline; filename="Harbour.mp4"'
    assert part["Cache-Control"] == "private, no-cache"
    assert body(part) == CONTENT[1000:2000]
    assert behind.status_code == 416


def test_pages_are_kept_from_search_engines_frames_and_other_sites(stranger: Client, link: ShareLink) -> None:
    page, stream = stranger.get(page_of(link)), stranger.get(page_of(link) + "stream")
    body(stream)

    for answer in (page, stream):
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert page["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert "<script>" not in page.content.decode()


@pytest.mark.parametrize("token", ["AAAAAAAAAAAAAAAAAAAAAA", "x", "A" * 23, "../../etc/passwd", "%00" * 22])
def test_an_unknown_token_is_404_everywhere(stranger: Client, link: ShareLink, token: str) -> None:
    page = stranger.get(f"/s/{token}/")

    assert page.status_code == 404
    assert statuses(stranger, f"/s/{token}/") == {404}


def test_a_link_that_was_taken_back_is_404_at_once(stranger: Client, link: ShareLink, owner: User) -> None:
    before = statuses(stranger, page_of(link))

    revoke_link(link=link, by=owner)

    assert before == {200}
    assert stranger.get(page_of(link)).status_code == 404
    assert statuses(stranger, page_of(link)) == {404}


def test_an_expired_link_is_410_with_words(stranger: Client, link: ShareLink) -> None:
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    page = stranger.get(page_of(link))

    assert page.status_code == 410
    assert "expired" in page.content.decode()
    assert statuses(stranger, page_of(link)) == {410}


@pytest.mark.parametrize("change", ["inactive", "role"])
def test_a_link_dies_with_its_owners_right_to_share(
    stranger: Client, link: ShareLink, owner: User, change: str
) -> None:
    if change == "inactive":
        User.objects.filter(pk=owner.pk).update(is_active=False)
    else:
        owner.groups.clear()

    assert stranger.get(page_of(link)).status_code == 404
    assert statuses(stranger, page_of(link)) == {404}


def test_a_link_for_accounts_asks_for_a_login(stranger: Client, link: ShareLink) -> None:
    ShareLink.objects.update(access=ShareAccess.AUTH_REQUIRED)

    page = stranger.get(page_of(link))
    without = statuses(stranger, page_of(link))
    stranger.force_login(make_user(role=""))

    assert page.status_code == 302
    assert page["Location"].startswith("/login/?next=%2Fs%2F")
    assert without == {401}
    assert stranger.get(page_of(link)).status_code == 200
    assert statuses(stranger, page_of(link)) == {200}


def test_a_link_never_gives_out_another_video(stranger: Client, link: ShareLink, owner: User, tmp_path: Path) -> None:
    other = make_film(tmp_path / "other.mp4", title="Other", content=b"other" * 1000)
    base = page_of(link)

    tried = [f"{base}{other.video_id}/", f"{base}1/", f"{base}1/stream", f"{base}../../videos/{other.video_id}/stream"]
    answers = [stranger.get(one) for one in tried]
    direct = stranger.get(f"/videos/{other.video_id}/stream")

    for answer in [*answers, direct]:
        assert answer.status_code in (302, 404, 410)
        assert b"otherother" not in body(answer)


# ---- what became of the video ----------------------------------------------------------------------------
def test_a_trashed_video_is_gone_for_the_link_and_back_when_it_is_back(
    stranger: Client, link: ShareLink, film: VideoFile
) -> None:
    assert film.video is not None
    type(film.video).objects.update(trashed_at=timezone.now())
    gone = stranger.get(page_of(link))
    media = statuses(stranger, page_of(link))
    type(film.video).objects.update(trashed_at=None)

    assert gone.status_code == 410
    assert "not there any more" in gone.content.decode()
    assert media == {410}
    assert stranger.get(page_of(link)).status_code == 200


def test_a_deleted_video_leaves_a_link_that_says_so(
    stranger: Client, link: ShareLink, film: VideoFile, owner: User
) -> None:
    assert film.video is not None
    film.video.delete()

    stranger_sees = stranger.get(page_of(link))
    stranger.force_login(owner)
    owner_sees = stranger.get("/account/shares/").content.decode()

    assert stranger_sees.status_code == 410
    assert "A video that was deleted" in owner_sees


def test_a_missing_disk_is_said_and_nothing_is_sent(stranger: Client, link: ShareLink, film: VideoFile) -> None:
    Path(film.fs_path).unlink()
    VideoFile.objects.update(missing_since=timezone.now())

    page = stranger.get(page_of(link))

    assert page.status_code == 200
    assert "not there right now" in page.content.decode()
    assert "<video" not in page.content.decode()
    assert stranger.get(page_of(link) + "stream").status_code == 404


# ---- passwords ----------------------------------------------------------------------------
@pytest.fixture
def locked(film: VideoFile, owner: User) -> ShareLink:
    assert film.video is not None
    return make_link(film.video, owner=owner, password="open sesame")


def test_without_the_password_there_is_only_the_question(stranger: Client, locked: ShareLink) -> None:
    page = stranger.get(page_of(locked))

    assert page.status_code == 401
    assert "Harbour" not in page.content.decode()
    assert statuses(stranger, page_of(locked)) == {401}
    locked.refresh_from_db()
    assert locked.view_count == 0


def test_the_right_password_opens_in_this_browser_only(stranger: Client, locked: ShareLink) -> None:
    answer = stranger.post(page_of(locked) + "password", {"password": "open sesame"})
    cookie = next(iter(answer.cookies.values()))

    assert answer.status_code == 302
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (page_of(locked), True, "Lax")
    assert "sesame" not in cookie.value
    assert stranger.get(page_of(locked)).status_code == 200
    assert statuses(stranger, page_of(locked)) == {200}
    assert Client().get(page_of(locked)).status_code == 401


def test_a_proof_is_worth_nothing_for_another_link_or_password(
    stranger: Client, locked: ShareLink, film: VideoFile, owner: User
) -> None:
    assert film.video is not None
    other = make_link(film.video, owner=owner, password="another")
    stranger.post(page_of(locked) + "password", {"password": "open sesame"})
    (proof,) = (morsel.value for morsel in stranger.cookies.values())

    stranger.cookies[f"share_{other.public_id.hex[:12]}"] = proof
    elsewhere = stranger.get(page_of(other))
    ShareLink.objects.filter(pk=locked.pk).update(password=other.password)
    changed = stranger.get(page_of(locked))

    assert [elsewhere.status_code, changed.status_code] == [401, 401]


def test_guessing_a_password_is_throttled_as_logins_are(stranger: Client, locked: ShareLink, settings) -> None:
    settings.LOGIN_TRIES = 3
    tries = [stranger.post(page_of(locked) + "password", {"password": f"guess {n}"}) for n in range(4)]
    right = stranger.post(page_of(locked) + "password", {"password": "open sesame"})

    assert [answer.status_code for answer in tries] == [422, 422, 429, 429]
    assert right.status_code == 429
    assert int(right["Retry-After"]) > 0
    assert AuditEvent.objects.filter(kind=AuditKind.LOGIN_FAILED, actor_name__startswith="share link").count() == 3
    assert "guess" not in str(list(AuditEvent.objects.values()))


def test_the_owner_needs_no_password_of_their_own(stranger: Client, locked: ShareLink, owner: User) -> None:
    stranger.force_login(owner)

    assert stranger.get(page_of(locked)).status_code == 200


# ---- views ----------------------------------------------------------------------------
def views(link: ShareLink) -> int:
    return ShareLink.objects.get(pk=link.pk).view_count


def test_opening_the_page_counts_and_streaming_does_not(stranger: Client, link: ShareLink) -> None:
    stranger.get(page_of(link))
    for _ in range(3):
        body(stranger.get(page_of(link) + "stream"))
    stranger.get(page_of(link))

    assert views(link) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "facebookexternalhit/1.1"},
        {"user-agent": "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"},
        {"user-agent": "TelegramBot (like TwitterBot)"},
        {"user-agent": "WhatsApp/2.23"},
        {"sec-purpose": "prefetch;prerender"},
    ],
)
def test_programs_that_draw_previews_do_not_count(stranger: Client, link: ShareLink, headers: dict[str, str]) -> None:
    assert stranger.get(page_of(link), headers=headers).status_code == 200
    assert views(link) == 0


def test_neither_head_nor_the_owners_own_visit_counts(stranger: Client, link: ShareLink, owner: User) -> None:
    stranger.head(page_of(link))
    stranger.force_login(owner)
    page = stranger.get(page_of(link)).content.decode()

    assert views(link) == 0
    assert "This is what others see" in page


@pytest.mark.django_db(transaction=True)
def test_views_at_the_same_moment_all_count(tmp_path: Path) -> None:
    link = make_link(make_film(tmp_path / "a.mp4").video, owner=make_sharer())

    def look(number: int) -> None:
        note_view(link=link)
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(40)))

    assert views(link) == 40


# ---- limits ----------------------------------------------------------------------------
def test_one_address_gets_so_many_videos_and_the_same_one_counts_once() -> None:
    PlaybackSettings.objects.create(share_streams_per_address=2)

    for subject in ("video 1", "video 2", "video 1", "video 2"):
        claim_stream(address="10.0.0.1", subject=subject)
    with pytest.raises(TooManyStreamsError):
        claim_stream(address="10.0.0.1", subject="video 3")
    claim_stream(address="10.0.0.2", subject="video 3")

    assert SharedStream.objects.count() == 3


def test_everybody_together_gets_so_many_and_places_become_free() -> None:
    PlaybackSettings.objects.create(share_streams=2)
    claim_stream(address="10.0.0.1", subject="video 1")
    claim_stream(address="10.0.0.2", subject="video 1")

    with pytest.raises(TooManyStreamsError):
        claim_stream(address="10.0.0.3", subject="video 1")
    SharedStream.objects.filter(address="10.0.0.1").update(last_asked_at=timezone.now() - timedelta(seconds=31))
    claim_stream(address="10.0.0.3", subject="video 1")

    assert set(SharedStream.objects.values_list("address", flat=True)) == {"10.0.0.2", "10.0.0.3"}


@pytest.mark.django_db(transaction=True)
def test_the_last_place_is_given_once() -> None:
    PlaybackSettings.objects.create(share_streams=5, share_streams_per_address=100)

    def claim(number: int) -> bool:
        try:
            claim_stream(address="10.0.0.1", subject=f"video {number}")
        except TooManyStreamsError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(claim, range(24)))

    assert sum(given) == 5


def test_too_many_is_429_and_who_is_watching_goes_on(stranger: Client, link: ShareLink, settings) -> None:
    PlaybackSettings.objects.create(share_streams=1)
    stream = page_of(link) + "stream"
    first = stranger.get(stream, REMOTE_ADDR="10.0.0.1")
    body(first)

    again = stranger.get(stream, REMOTE_ADDR="10.0.0.1")
    other = stranger.get(stream, REMOTE_ADDR="10.0.0.2")
    forged = stranger.get(stream, REMOTE_ADDR="10.0.0.2", headers={"x-forwarded-for": "10.0.0.1"})
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.2/32")]
    behind = stranger.get(stream, REMOTE_ADDR="10.0.0.2", headers={"x-forwarded-for": "10.0.0.1"})

    assert [first.status_code, again.status_code, behind.status_code] == [200, 200, 200]
    assert [other.status_code, forged.status_code] == [429, 429]
    assert int(other["Retry-After"]) > 0
    assert CONTENT[:50] not in body(other)
    body(again), body(behind)


def test_a_request_behind_the_first_costs_one_query_for_its_place(django_assert_num_queries) -> None:
    claim_stream(address="10.0.0.1", subject="video 1")

    with django_assert_num_queries(1):
        claim_stream(address="10.0.0.1", subject="video 1")


# ---- previews in chats ----------------------------------------------------------------------------
def test_previews_are_off_until_the_owner_wants_them(stranger: Client, link: ShareLink) -> None:
    off = stranger.get(page_of(link)).content.decode()
    PlaybackSettings.objects.create(serve_og_metadata=True, public_url="https://videos.example.org")
    on = stranger.get(page_of(link)).content.decode()

    assert "og:title" not in off
    assert '<meta property="og:title" content="Harbour">' in on
    assert '<meta property="og:description" content="The boats come home.">' in on
    assert f'content="https://videos.example.org{page_of(link)}poster"' in on
    assert '<meta name="twitter:card"' in on


@pytest.mark.parametrize("change", [{"access": ShareAccess.AUTH_REQUIRED}, {"password": "x"}])
def test_what_is_not_for_everybody_has_no_preview(
    stranger: Client, link: ShareLink, owner: User, change: dict[str, str]
) -> None:
    PlaybackSettings.objects.create(serve_og_metadata=True)
    ShareLink.objects.update(**change)
    stranger.force_login(owner)

    page = stranger.get(page_of(link))

    assert page.status_code == 200
    assert "og:title" not in page.content.decode()


# ---- playlists ----------------------------------------------------------------------------
def test_a_playlist_plays_its_videos_in_order_and_no_others(stranger: Client, owner: User, tmp_path: Path) -> None:
    films = [make_film(tmp_path / f"{n}.mp4", title=f"Film {n}", content=b"%d" % n * 1000) for n in (1, 2, 3)]
    shown = make_list(films[1].video, films[0].video, user=owner)
    link = make_link(shown, owner=owner)
    base = page_of(link)

    page = stranger.get(base).content.decode()
    second = stranger.get(f"{base}2/").content.decode()
    sent = [body(stranger.get(f"{base}{n}/stream")) for n in (1, 2)]
    others = [stranger.get(f"{base}{n}/stream").status_code for n in (0, 3, 99999999999999999999)]

    assert page.index("Film 2") < page.index("Film 1")
    assert "Film 3" not in page
    assert f'src="{base}1/stream"' in page
    assert "2 of 2 in Holidays" in second
    assert sent == [b"2" * 1000, b"1" * 1000]
    assert set(others) == {410}
    assert stranger.get(base + "stream").status_code == 410
    assert views(link) == 1, "going on in the list is no other view"


def test_a_playlist_that_became_private_again_shows_nothing(stranger: Client, owner: User, film: VideoFile) -> None:
    shown = make_list(film.video, user=make_user())
    type(shown).objects.update(visibility="public")
    shown.refresh_from_db()
    link = make_link(shown, owner=owner)
    before = stranger.get(page_of(link)).status_code

    type(shown).objects.update(visibility="private")

    assert before == 200
    assert stranger.get(page_of(link)).status_code == 410
    assert stranger.get(f"{page_of(link)}1/stream").status_code == 410
