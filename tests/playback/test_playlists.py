"""Playlists: their order, also when two tabs change it at once, who sees them, and what follows in them."""

import random
import re
import threading
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from library.filters import parse_filter
from library.models import SavedSearch, User, Video
from library.services.history import undo_batch
from library.services.merging import merge_videos
from library.services.saved_searches import delete_search, save_search
from playback.exceptions import PlaylistError
from playback.models import Playlist, PlaylistItem, PlaylistProgress
from playback.queries_playlists import entries_of, following_in, list_playlists, progress_in, totals_of
from playback.services import playlists as service
from playback.services.playlists import (
    add_videos,
    create_playlist,
    delete_playlist,
    duplicate_playlist,
    like_playlist,
    move_video,
    record_playlist_place,
    remove_videos,
    set_playlist_tags,
)
from tests.library.batches import nothing_outside_batches
from tests.library.factories import make_file, make_user, make_video
from tests.people.factories import make_tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user(username="Ana")


def shown_videos(count: int, **columns: Any) -> list[Video]:
    videos = [make_video(title=f"Film {n}", duration_seconds=60.0, **columns) for n in range(count)]
    for one in videos:
        make_file(video=one, duration_seconds=60.0)
    return videos


def a_list(user: User, videos: list[Video], **columns: Any) -> Playlist:
    values = {"name": "Evening", **columns}
    return create_playlist(user=user, video_ids=[one.pk for one in videos], **values)[0]


def order(playlist: Playlist) -> list[int]:
    return list(playlist.items.order_by("position").values_list("video_id", flat=True))


def a_search(user: User, word: str = "Film", sort: str = "title", **columns: Any) -> SavedSearch:
    search = save_search(user=user, name="Films", filter=parse_filter({}), text=word, sort=sort)
    SavedSearch.objects.filter(pk=search.pk).update(**columns) if columns else None
    return SavedSearch.objects.get(pk=search.pk)


# ---- what is in it --------------------------------------------------------------------------------------------------
def test_a_video_occurs_once_and_comes_last(user: User) -> None:
    a, b, c = shown_videos(3)
    playlist = a_list(user, [b, a])

    with nothing_outside_batches():
        number, batch = add_videos(playlist, video_ids=[a.pk, c.pk, c.pk, 2**40], user=user)

    assert (number, order(playlist)) == (1, [b.pk, a.pk, c.pk])
    assert batch.summary == "Added 1 video to “Evening”"
    undo_batch(batch=batch, user=user)
    assert order(playlist) == [b.pk, a.pk]


def test_what_is_taken_out_comes_back_to_its_place(user: User) -> None:
    a, b, c = shown_videos(3)
    playlist = a_list(user, [a, b, c])

    batch = remove_videos(playlist, video_ids=[b.pk], user=user)
    without = order(playlist)
    undo_batch(batch=batch, user=user)

    assert (without, order(playlist)) == ([a.pk, c.pk], [a.pk, b.pk, c.pk])


def test_any_move_does_what_moving_in_a_list_does_and_is_taken_back(user: User) -> None:
    videos = [one.pk for one in shown_videos(7)]
    playlist = a_list(user, [])
    add_videos(playlist, video_ids=videos, user=user)
    remove_videos(playlist, video_ids=[videos.pop(3)], user=user)
    chance = random.Random(5)

    for _ in range(40):
        moved, after = chance.choice(videos), chance.choice([None, *videos])
        before = list(videos)
        batch = move_video(playlist, video_id=moved, after_id=after, user=user)
        if moved != after:
            videos.remove(moved)
            videos.insert(0 if after is None else videos.index(after) + 1, moved)
        assert order(playlist) == videos
        assert (batch is None) == (before == videos)
    if batch is not None:
        undo_batch(batch=batch, user=user)
        assert order(playlist) == before


def test_a_move_writes_only_the_rows_between(user: User) -> None:
    videos = shown_videos(9)
    playlist = a_list(user, videos)

    batch = move_video(playlist, video_id=videos[5].pk, after_id=videos[2].pk, user=user)

    assert batch.change_count == 3


@pytest.mark.parametrize("which", ["moved", "after"])
def test_a_move_of_or_behind_what_is_gone_is_told(user: User, which: str) -> None:
    a, b, c = shown_videos(3)
    playlist = a_list(user, [a, b])
    ids = {"video_id": a.pk, "after_id": c.pk} if which == "after" else {"video_id": c.pk, "after_id": a.pk}

    with pytest.raises(PlaylistError, match="changed meanwhile"):
        move_video(playlist, user=user, **ids)


@pytest.mark.parametrize(
    "act",
    [
        lambda p, u: add_videos(p, video_ids=[1], user=u),
        lambda p, u: remove_videos(p, video_ids=[1], user=u),
        lambda p, u: move_video(p, video_id=1, after_id=None, user=u),
        lambda p, u: delete_playlist(p, user=u),
        lambda p, u: service.change_playlist(p, user=u, name="Mine"),
        lambda p, u: set_playlist_tags(p, tag_ids=[], user=u),
    ],
)
def test_nobody_else_changes_it(user: User, act: Any) -> None:
    playlist = a_list(user, [], visibility="public")

    with pytest.raises(PlaylistError, match="belongs to Ana"):
        act(playlist, make_user())


def test_names_are_a_users_own_once(user: User) -> None:
    a_list(user, [])
    a_list(make_user(), [])

    with pytest.raises(PlaylistError, match="called “evening” already"):
        create_playlist(user=user, name=" evening ")
    with pytest.raises(PlaylistError, match="a name"):
        create_playlist(user=user, name="  ")


def test_a_list_ends_at_its_bound(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_ITEMS", 2)
    videos = shown_videos(3)
    playlist = a_list(user, videos[:2])

    with pytest.raises(PlaylistError, match="2 videos at most"):
        add_videos(playlist, video_ids=[videos[2].pk], user=user)


def test_a_deleted_list_comes_back_with_order_tags_and_likes(user: User) -> None:
    a, b = shown_videos(2)
    playlist = a_list(user, [b, a])
    set_playlist_tags(playlist, tag_ids=[make_tag(name="Calm").pk], user=user)
    like_playlist(playlist, user=make_user(), is_liked=True)

    batch = delete_playlist(playlist, user=user)
    assert not PlaylistItem.objects.exists()
    undo_batch(batch=batch, user=user)

    back = Playlist.objects.get()
    assert (order(back), back.playlist_tags.get().tag.name, back.likes.count()) == ([b.pk, a.pk], "Calm", 1)


def test_a_copy_is_private_and_ones_own_with_the_same_order(user: User) -> None:
    a, b = shown_videos(2)
    theirs = a_list(make_user(), [b, a], visibility="public")
    a_list(user, [], name="Evening")

    copy, _ = duplicate_playlist(theirs, user=user)

    assert (copy.name, copy.visibility, copy.user, order(copy)) == ("Evening (copy)", "private", user, [b.pk, a.pk])


def test_merged_videos_keep_their_place(user: User) -> None:
    a, b, c = shown_videos(3)
    playlist = a_list(user, [a, b, c])
    record_playlist_place(user=user, playlist=playlist, video_id=b.pk, position_seconds=9)

    merge_videos(keep=c, others=[b], user=user)

    assert order(playlist) == [a.pk, c.pk]
    assert progress_in(user, playlist).video == c


# ---- two tabs at once -----------------------------------------------------------------------------------------------
def _two_moves(monkeypatch: pytest.MonkeyPatch, *, is_locked: bool) -> tuple[list[int], list[int], list[Exception]]:
    """The last goes first in one tab, the last but one in the other. What was, what is, and what went wrong."""
    user = make_user()
    videos = shown_videos(5)
    playlist = a_list(user, videos)
    before, both_looked = order(playlist), threading.Barrier(2)
    errors: list[Exception] = []
    shift = service._shift

    def slowly(*arguments: Any) -> None:
        if not is_locked:
            # Both read the places before either writes.
            places = dict(PlaylistItem.objects.filter(playlist=playlist).values_list("video_id", "position"))
            both_looked.wait(timeout=5)
            _write_places(playlist, places, *arguments[1:])
            return
        shift(*arguments)

    monkeypatch.setattr(service, "_shift", slowly)
    if not is_locked:
        monkeypatch.setattr(service, "_hold", lambda playlist: None)

    def work(video_id: int, after_id: int | None) -> None:
        try:
            move_video(playlist, video_id=video_id, after_id=after_id, user=user)
        except (PlaylistError, IntegrityError, OperationalError) as error:
            errors.append(error)
        finally:
            connection.close()

    moves = [(before[-1], None), (before[-2], None)]
    threads = [threading.Thread(target=work, args=move) for move in moves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return before, order(playlist), errors


def _write_places(playlist: Playlist, places: dict[int, int], video_id: int, after_id: int | None) -> None:
    """A rewrite of the whole order from what was read."""
    wanted = sorted(places, key=places.__getitem__)
    wanted.remove(video_id)
    wanted.insert(0 if after_id is None else wanted.index(after_id) + 1, video_id)
    for position, one in enumerate(wanted):
        PlaylistItem.objects.filter(playlist=playlist, video=one).update(position=position)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_reorder_at_once_both_get_what_they_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after, errors = _two_moves(monkeypatch, is_locked=True)

    *others, d, e = before
    assert not errors
    assert after in ([d, e, *others], [e, d, *others])


@pytest.mark.django_db(transaction=True)
def test_the_control_without_the_lock_one_of_the_two_is_lost_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after, errors = _two_moves(monkeypatch, is_locked=False)

    *others, d, e = before
    assert errors or after not in ([d, e, *others], [e, d, *others])


# ---- who sees it ----------------------------------------------------------------------------------------------------
def test_private_ones_are_their_owners_and_public_ones_need_the_permission(client: Client, user: User) -> None:
    mine = a_list(user, [])
    theirs = a_list(make_user(), [], name="Theirs")
    public = a_list(make_user(), [], name="Public", visibility="public")

    def answers(who: User) -> list[int]:
        client.force_login(who)
        pages = [client.get(reverse("playlist", args=(one.public_id,))) for one in (mine, theirs, public)]
        by_api = [client.get(f"/api/v1/playlists/{one.public_id}/") for one in (mine, theirs, public)]
        assert [one.status_code for one in pages] == [one.status_code for one in by_api]
        return [one.status_code for one in pages]

    seen = answers(user)
    user.groups.get().permissions.remove(*user.groups.get().permissions.filter(codename="view_public_playlist"))

    assert seen == [200, 404, 200]
    assert answers(User.objects.get(pk=user.pk)) == [200, 404, 404]


def test_the_lists_of_lists_cost_the_same_however_many_there_are(user: User) -> None:
    videos = shown_videos(3)

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            cards, _ = list_playlists(user)
        assert all(card.video_count == 3 or card.playlist.is_smart for card in cards)
        return len(asked)

    search = a_search(user)
    for n in range(2):
        a_list(user, videos, name=f"List {n}")
        create_playlist(user=user, name=f"Smart {n}", saved_search=search)
    # The first asks for the permissions too.
    count()
    few = count()
    for n in range(2, 7):
        a_list(user, videos, name=f"List {n}")
        create_playlist(user=user, name=f"Smart {n}", saved_search=search)

    assert count() == few


# ---- smart ones -----------------------------------------------------------------------------------------------------
def test_a_smart_list_shows_what_its_search_finds_now_in_its_order(user: User) -> None:
    shown_videos(2)
    smart, _ = create_playlist(user=user, name="Smart", saved_search=a_search(user, sort="title-desc"))
    before = [str(file.video) for file in entries_of(smart).files]
    make_file(video=make_video(title="Film 9", duration_seconds=30))

    after = [str(file.video) for file in entries_of(smart).files]

    assert (before, after) == (["Film 1", "Film 0"], ["Film 9", "Film 1", "Film 0"])
    assert (totals_of(smart)[0].number, totals_of(smart)[1]) == (3, 150)
    with pytest.raises(PlaylistError, match="what its search finds"):
        add_videos(smart, video_ids=[1], user=user)


def test_a_smart_list_whose_search_went_says_so_and_comes_back_with_it(client: Client, user: User) -> None:
    shown_videos(1)
    search = a_search(user)
    smart, _ = create_playlist(user=user, name="Smart", saved_search=search)
    client.force_login(user)
    address = reverse("playlist", args=(smart.public_id,))

    delete_search(search, user=user)
    smart.refresh_from_db()

    assert "Its search was deleted" in entries_of(smart).problem
    assert "Its search was deleted" in client.get(address).content.decode()
    client.post(reverse("change_playlist", args=(smart.public_id,)), {
        "action": "edit", "name": "Smart", "saved_search": str(a_search(user).public_id),
    })  # fmt: skip
    smart = Playlist.objects.get()
    assert len(entries_of(smart).files) == 1


def test_anothers_search_must_be_shared(user: User) -> None:
    other = make_user()

    with pytest.raises(PlaylistError, match="somebody else"):
        create_playlist(user=user, name="Smart", saved_search=a_search(other))

    shared = SavedSearch.objects.get()
    SavedSearch.objects.update(is_shared=True)
    shared.refresh_from_db()
    smart, _ = create_playlist(user=user, name="Smart", saved_search=shared)
    SavedSearch.objects.update(is_shared=False)
    smart.saved_search.refresh_from_db()
    assert "can't be used" in entries_of(smart).problem


# ---- playing it -----------------------------------------------------------------------------------------------------
def test_what_follows_is_what_comes_after_without_what_can_not_be_shown(user: User) -> None:
    a, b, c, d = shown_videos(4)
    playlist = a_list(user, [d, a, b, c])
    Video.objects.filter(pk=a.pk).update(trashed_at="2026-01-01T00:00Z")

    assert [file.video for file in following_in(playlist, d.pk, user, 5)] == [b, c]
    assert [file.video for file in following_in(playlist, c.pk, user, 5)] == []
    assert [file.video for file in following_in(playlist, 2**40, user, 2)] == [d, b]


def test_what_follows_in_a_smart_list_is_in_the_order_of_its_search(user: User) -> None:
    a, b, c = shown_videos(3)
    smart, _ = create_playlist(user=user, name="Smart", saved_search=a_search(user, sort="title-desc"))

    assert [file.video for file in following_in(smart, c.pk, user, 5)] == [b, a]


@pytest.mark.parametrize("is_smart", [False, True])
def test_a_shuffle_stays_the_same_and_passes_through_all(user: User, is_smart: bool) -> None:
    videos = shown_videos(8)
    playlist = (
        create_playlist(user=user, name="Smart", saved_search=a_search(user))[0] if is_smart else a_list(user, videos)
    )

    shuffled = [file.video_id for file in entries_of(playlist, seed=42).files]
    walked = [shuffled[0]]
    while following := following_in(playlist, walked[-1], user, 1, seed=42):
        walked.append(following[0].video_id)

    assert walked == shuffled
    assert sorted(shuffled) == sorted(one.pk for one in videos)
    assert shuffled != [file.video_id for file in entries_of(playlist, seed=43).files]


def test_each_user_goes_on_where_they_left_the_list(client: Client, user: User) -> None:
    a, b = shown_videos(2)
    playlist = a_list(user, [a, b], visibility="public")
    client.force_login(user)
    begun = client.get(reverse("play_playlist", args=(playlist.public_id,)))

    client.put(
        f"/api/v1/playlists/{playlist.public_id}/progress/", {"video": b.pk, "position_seconds": 7}, "application/json"
    )
    on = client.get(reverse("play_playlist", args=(playlist.public_id,)))

    assert begun["Location"] == f"/videos/{a.pk}/?list={playlist.public_id}"
    assert on["Location"] == f"/videos/{b.pk}/?list={playlist.public_id}"
    assert PlaylistProgress.objects.get().position_seconds == 7
    assert progress_in(make_user(), playlist) is None
    page = client.get(reverse("playlist", args=(playlist.public_id,))).content.decode()
    assert "Go on with Film 1" in page


def test_playing_a_list_is_shown_beside_the_player(client: Client, user: User) -> None:
    (a,) = shown_videos(1)
    playlist = a_list(user, [a])
    client.force_login(user)

    assert "Playing from" in client.get(f"/videos/{a.pk}/?list={playlist.public_id}").content.decode()
    client.force_login(make_user())
    assert "Playing from" not in client.get(f"/videos/{a.pk}/?list={playlist.public_id}").content.decode()
    assert client.get(f"/videos/{a.pk}/?list=junk").status_code == 200


# ---- pages and API --------------------------------------------------------------------------------------------------
def test_the_endpoints_do_what_the_pages_do(client: Client, user: User) -> None:
    a, b, c = shown_videos(3)
    client.force_login(user)

    made = client.post("/api/v1/playlists/", {"name": "New", "videos": [a.pk, b.pk]}, "application/json").json()
    address = f"/api/v1/playlists/{made['id']}/"
    added = client.post(f"{address}videos/", {"ids": [c.pk]}, "application/json").json()
    moved = client.patch(f"{address}videos/{c.pk}/", {"after": None}, "application/json").json()
    listed = client.get(f"{address}videos/").json()["results"]
    changed = client.patch(address, {"visibility": "public", "tags": []}, "application/json").json()
    liked = client.put(f"{address}like/").json()
    copied = client.post(f"{address}duplicate/", {}, "application/json").json()
    following = client.get(f"{address}videos/{c.pk}/following/").json()
    out = client.delete(f"{address}videos/{a.pk}/").json()
    lists = client.get("/api/v1/playlists/").json()["results"]

    assert (added["count"], moved["count"], out["count"]) == (1, 1, 1)
    assert [one["id"] for one in listed] == [c.pk, a.pk, b.pk]
    assert (changed["visibility"], changed["video_count"], liked["is_liked"]) == ("public", 3, True)
    assert (copied["name"], copied["visibility"]) == ("New (copy)", "private")
    assert [one["id"] for one in following] == [a.pk, b.pk]
    assert [one["name"] for one in lists] == ["New", "New (copy)"]
    assert client.post("/api/v1/playlists/", {"name": "new"}, "application/json").status_code == 400
    assert client.delete(address).json()["batch"]
    assert client.get(address).status_code == 404


def test_the_pages_make_change_copy_and_delete_a_list(client: Client, user: User) -> None:
    client.force_login(user)

    made = client.post(reverse("create_playlist"), {"name": "Evening"}, follow=True)
    playlist = Playlist.objects.get()
    change = reverse("change_playlist", args=(playlist.public_id,))
    tag = make_tag(name="Calm")
    client.post(change, {"action": "edit", "name": "Night", "visibility": "public", "with_tags": "1", "tag": [tag.pk]})
    copied = client.post(change, {"action": "duplicate"}, follow=True).content.decode()
    deleted = client.post(change, {"action": "delete"}, follow=True).content.decode()

    assert "Nothing in it yet" in made.content.decode()
    assert "Calm" in copied
    assert "Deleted the playlist “Night”." in deleted
    assert list(Playlist.objects.values_list("name", flat=True)) == ["Night (copy)"]


@pytest.mark.parametrize("action", ["edit", "delete"])
def test_without_the_permission_the_forms_do_nothing(client: Client, user: User, action: str) -> None:
    playlist = a_list(user, [])
    codename = {"edit": "change_playlist", "delete": "delete_playlist"}[action]
    user.groups.get().permissions.remove(*user.groups.get().permissions.filter(codename=codename))
    client.force_login(User.objects.get(pk=user.pk))

    answer = client.post(reverse("change_playlist", args=(playlist.public_id,)), {"action": action, "name": "Other"})

    assert answer.status_code == 403
    assert Playlist.objects.get().name == "Evening"


def test_the_dialog_of_a_video_ticks_the_lists_it_is_in(client: Client, user: User) -> None:
    a, b = shown_videos(2)
    a_list(user, [a])
    a_list(user, [b], name="Other")
    client.force_login(user)

    html = client.get(f"/videos/{a.pk}/playlists/").content.decode()

    assert re.findall(r'data-name="(\w+)"\s+checked', html) == ["Evening"]
    assert html.count("checked") == 1


def test_a_list_of_none_says_what_to_do(client: Client, user: User) -> None:
    client.force_login(user)

    for which, words in (("own", "No playlist yet"), ("public", "Nobody shares"), ("liked", "You like no")):
        assert words in client.get(f"/playlists/?which={which}").content.decode()
