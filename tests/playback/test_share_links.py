"""Making links, listing them and taking them back: by services, pages and API."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import AuditEvent, AuditKind, User
from library.roles import MODERATOR, USER
from library.services.merging import merge_videos
from playback.exceptions import ShareRefusedError
from playback.models import PlaybackSettings, ShareLink
from playback.models.share import ShareAccess, digest_of
from playback.services.sharing import create_link, purge_links, revoke_link, token_of
from tests.library.factories import make_file, make_role, make_user, make_video
from tests.playback.sharing import make_clip, make_link, make_list, make_sharer, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_sharer(username="ana")


def test_a_token_is_22_characters_and_not_in_the_database(owner: User) -> None:
    link = make_link(make_file().video, owner=owner)
    token = token_of(link)

    assert token is not None
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", token)
    assert token not in str(ShareLink.objects.values().get())
    assert token not in str(list(AuditEvent.objects.values()))


def test_another_secret_key_can_not_tell_the_token_but_the_link_still_opens(owner: User, settings) -> None:
    link = make_link(make_file().video, owner=owner)
    address = page_of(link)

    settings.SECRET_KEY = "another"

    assert token_of(link) is None
    assert Client().get(address).status_code == 200


@pytest.mark.parametrize(
    ("wish", "length"),
    [("1h", timedelta(hours=1)), ("24h", timedelta(hours=24)), ("7d", timedelta(days=7)), ("30d", timedelta(days=30))],
)
def test_a_link_is_good_for_as_long_as_was_asked(owner: User, wish: str, length: timedelta) -> None:
    link = make_link(make_file().video, owner=owner, expires_in=wish)

    assert link.expires_at is not None
    assert abs(link.expires_at - timezone.now() - length) < timedelta(minutes=1)


def test_a_password_is_kept_hashed(owner: User) -> None:
    link = make_link(make_file().video, owner=owner, password="open sesame")

    assert "sesame" not in link.password


def test_what_can_not_be_shared_is_refused_with_a_sentence(owner: User) -> None:
    video, other = make_file().video, make_user()
    cases = {
        "no clip": make_clip(video, user=owner, end=None),
        "mark is somebody else's": make_clip(video, user=other),
        "playlist is somebody else's": make_list(video, user=other),
        "not in the library": make_video(title="Gone", trashed_at=timezone.now()),
    }

    for words, thing in cases.items():
        with pytest.raises(ShareRefusedError, match=words):
            create_link(owner=owner, thing=thing)
    with pytest.raises(ShareRefusedError, match="lasts"):
        create_link(owner=owner, thing=video, expires_in="a year")


def test_making_and_taking_back_are_in_the_audit_log_without_the_secret(owner: User) -> None:
    link = make_link(make_file(video=make_video(title="Harbour")).video, owner=owner, password="pw", address="10.0.0.9")

    is_first = revoke_link(link=link, by=owner)
    is_second = revoke_link(link=link, by=owner)

    made, taken = AuditEvent.objects.filter(kind__startswith="share_link").order_by("pk")
    assert (is_first, is_second) == (True, False)
    assert (made.kind, made.user, made.subject, made.address) == (
        AuditKind.SHARE_LINK_CREATED,
        owner,
        "Harbour",
        "10.0.0.9",
    )
    assert made.detail["has_password"] is True
    assert (taken.kind, taken.detail["link"]) == (AuditKind.SHARE_LINK_DELETED, str(link.public_id))


def test_links_that_are_over_for_long_are_purged_and_others_stay(owner: User) -> None:
    video, now = make_file().video, timezone.now()
    PlaybackSettings.objects.create(share_kept_days=10)
    old, fresh, live, taken = (make_link(video, owner=owner) for _ in range(4))
    ShareLink.objects.filter(pk=old.pk).update(expires_at=now - timedelta(days=11))
    ShareLink.objects.filter(pk=fresh.pk).update(expires_at=now - timedelta(days=9))
    ShareLink.objects.filter(pk=taken.pk).update(revoked_at=now - timedelta(days=11))

    count = purge_links()

    assert count == 2
    assert set(ShareLink.objects.values_list("pk", flat=True)) == {fresh.pk, live.pk}


def test_a_merge_takes_the_links_along(owner: User) -> None:
    goes, stays = make_file().video, make_file().video
    link = make_link(goes, owner=owner)

    merge_videos(keep=stays, others=[goes], user=owner)

    link.refresh_from_db()
    assert link.video == stays


# ---- API ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def api(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def post(client: Client, **body: object):
    return client.post("/api/v1/share-links/", body, content_type="application/json")


def test_a_link_is_made_listed_and_taken_back(api: Client) -> None:
    file = make_file(video=make_video(title="Harbour"))

    made = post(api, video=file.video_id, access="public", expires_in="24h", password="pw")
    listed = api.get(f"/api/v1/share-links/?video={file.video_id}&live=1").json()["results"]
    gone = api.delete(made.json()["address"])
    after = api.get("/api/v1/share-links/?live=1").json()["results"]

    assert made.status_code == 201
    assert made.json()["url"].startswith("http://testserver/s/")
    assert made.json()["title"] == "Harbour"
    assert (made.json()["has_password"], made.json()["view_count"]) == (True, 0)
    assert listed == [made.json()]
    assert gone.status_code == 204
    assert after == []


def test_links_carry_the_public_address_of_the_settings(api: Client) -> None:
    PlaybackSettings.objects.create(public_url="https://videos.example.org/tv/")

    made = post(api, video=make_file().video_id)

    assert made.json()["url"].startswith("https://videos.example.org/tv/s/")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"video": 1, "playlist": str(uuid.uuid4())},
        {"video": "x"},
        {"video": 1, "access": "everybody"},
        {"video": 1, "expires_in": "2 years"},
        {"video": 1, "password": "x" * 201},
    ],
)
def test_wrong_wishes_are_400(api: Client, body: dict[str, object]) -> None:
    assert post(api, **body).status_code == 400


@pytest.mark.parametrize("body", [{"video": 10**30}, {"marker": 5}, {"playlist": str(uuid.uuid4())}])
def test_what_is_not_there_is_404(api: Client, body: dict[str, object]) -> None:
    assert post(api, **body).status_code == 404


def test_a_user_shares_with_accounts_but_not_with_the_world() -> None:
    client, file = Client(), make_file()
    client.force_login(make_user(role=USER))

    public = post(client, video=file.video_id, access="public")
    for_accounts = post(client, video=file.video_id)

    assert public.status_code == 403
    assert for_accounts.status_code == 201


def test_without_the_right_nobody_shares() -> None:
    client, file = Client(), make_file()
    client.force_login(make_user(role=""))

    assert post(client, video=file.video_id).status_code == 403


def test_others_links_are_not_seen_nor_taken_back(owner: User) -> None:
    link = make_link(make_file().video, owner=owner)
    client = Client()
    client.force_login(make_user(role=MODERATOR))

    listed = client.get("/api/v1/share-links/?all=1").json()["results"]
    one = client.get(f"/api/v1/share-links/{link.public_id}/")
    taken = client.delete(f"/api/v1/share-links/{link.public_id}/")
    page = client.post(f"/account/shares/{link.public_id}/revoke/")

    assert listed == []
    assert [one.status_code, taken.status_code, page.status_code] == [404, 404, 404]
    assert ShareLink.objects.live().count() == 1


def test_an_admin_sees_all_without_the_addresses_and_takes_them_back(owner: User) -> None:
    link = make_link(make_file().video, owner=owner)
    client = Client()
    client.force_login(make_user(role="admin"))

    listed = client.get("/api/v1/share-links/?all=1").json()["results"]
    page = client.get("/account/shares/?all=1").content.decode()
    taken = client.delete(f"/api/v1/share-links/{link.public_id}/")

    assert [(one["owner"], one["url"]) for one in listed] == [("ana", None)]
    assert token_of(link) not in page
    assert "by ana" in page
    assert taken.status_code == 204
    assert AuditEvent.objects.filter(kind=AuditKind.SHARE_LINK_DELETED, account=owner).exclude(user=owner).exists()


def test_the_page_of_ones_links_costs_the_same_for_many(api: Client, owner: User, django_assert_num_queries) -> None:
    video = make_file().video
    for _ in range(3):
        make_link(video, owner=owner)
    with CaptureQueriesContext(connection) as few:
        api.get("/account/shares/")
    for _ in range(12):
        make_link(make_file().video, owner=owner)
    with django_assert_num_queries(len(few)):
        page = api.get("/account/shares/").content.decode()

    assert page.count("Copy link") == 15


def test_a_link_is_taken_back_on_the_page(api: Client, owner: User) -> None:
    link = make_link(make_file().video, owner=owner)

    answer = api.post(f"/account/shares/{link.public_id}/revoke/", follow=True)

    assert "taken back" in answer.content.decode()
    assert not ShareLink.objects.live().exists()


def test_the_watch_page_offers_to_share_to_those_who_may(owner: User) -> None:
    file = make_file()
    make_clip(file.video, user=owner, label="Jump")
    client = Client()

    client.force_login(owner)
    offered = client.get(f"/videos/{file.video_id}/").content.decode()
    role = make_role(name="watcher", permissions=["library.view_video"])
    watcher = make_user(role="")
    watcher.groups.add(role)
    client.force_login(watcher)
    not_offered = client.get(f"/videos/{file.video_id}/").content.decode()

    assert 'id="share-dialog"' in offered
    assert "Clip: Jump" in offered
    assert 'id="share-dialog"' not in not_offered


def test_a_link_from_elsewhere_opens_by_its_own_token(owner: User) -> None:
    """What the importer of D writes: the token was made there."""
    token = "AAAAAAAAAAAAAAAAAAAAAA"
    ShareLink.objects.create(
        token_digest=digest_of(token),
        owner=owner,
        target="video",
        video=make_file().video,
        access=ShareAccess.PUBLIC,
    )

    assert Client().get(f"/s/{token}/").status_code == 200
