"""Curators look after marks and playlists in the admin, and many videos go into a playlist at once."""

import pytest
from django.test import Client
from django.urls import reverse

from library.exceptions import BulkEditError
from library.models import ChangeBatch, User
from library.services.bulk_edit import (
    apply_bulk_edit,
    begin_bulk_edit,
    check_operation,
    confirm_bulk_edit,
    preview_bulk_edit,
)
from library.services.history import undo_batch
from playback.models import Marker, MarkerTag, Playlist
from playback.services.marking import create_marker, set_label_tags
from playback.services.playlists import create_playlist
from tests.library.batches import nothing_outside_batches
from tests.library.factories import make_file, make_user, make_video
from tests.people.factories import make_tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client: Client) -> User:
    user = make_user(username="owner", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def marker(owner: User) -> Marker:
    video = make_video(duration_seconds=60.0)
    make_file(video=video)
    set_label_tags(user=owner, label="Boat", tag_ids=[make_tag(name="Sea").pk])
    return create_marker(user=owner, video=video, start_seconds=3, label="Beach")[0]


def test_another_label_in_the_admin_brings_its_tags(client: Client, marker: Marker) -> None:
    address = reverse("admin:playback_marker_change", args=(marker.pk,))
    posted = {"label": "Boat", "start_seconds": "3", "end_seconds": "", "description": "", "color": "#FFFFFF"}

    with nothing_outside_batches():
        client.post(address, posted)

    assert MarkerTag.objects.get(marker=marker).tag.name == "Sea"


def test_a_place_outside_of_the_video_is_refused_there_too(client: Client, marker: Marker) -> None:
    address = reverse("admin:playback_marker_change", args=(marker.pk,))
    posted = {"label": "Beach", "start_seconds": "3", "end_seconds": "99", "description": "", "color": "#FFFFFF"}

    page = client.post(address, posted)

    assert "is 1:00 long" in page.content.decode()
    assert Marker.objects.get().end_seconds is None


def test_a_playlist_shows_its_videos_tags_and_likes(client: Client, owner: User) -> None:
    video = make_video(title="Harbour")
    playlist, _ = create_playlist(user=owner, name="Evening", video_ids=[video.pk])
    tag = make_tag(name="Calm")
    address = reverse("admin:playback_playlist_change", args=(playlist.pk,))
    page = client.get(address)
    inline = page.context["inline_admin_formsets"][0].formset
    posted = {f"{inline.prefix}-{name}": value for name, value in inline.management_form.initial.items()}

    client.post(address, {"name": "Night", "description": "", "visibility": "public", "tags": [tag.pk], **posted})

    assert "Harbour" in page.content.decode()
    changed = Playlist.objects.get()
    assert (changed.name, changed.visibility, changed.playlist_tags.get().tag) == ("Night", "public", tag)
    assert "Calm" in client.get(reverse("admin:playback_playlist_changelist")).content.decode()


def test_many_videos_go_into_a_playlist_as_one_change(owner: User) -> None:
    videos = [make_video() for _ in range(4)]
    playlist, _ = create_playlist(user=owner, name="Evening", video_ids=[videos[2].pk])
    operation = check_operation({"playlist": playlist.pk}, user=owner)
    ids = [one.pk for one in videos]
    effect = preview_bulk_edit(video_ids=ids, operation=operation)[0]
    edit = begin_bulk_edit(user=owner, video_ids=ids)
    confirm_bulk_edit(edit=edit, operation=operation, user=owner)

    changed = apply_bulk_edit(edit_id=edit.pk)

    assert (effect.changed, effect.already, changed) == (3, 1, 3)
    assert playlist.items.count() == 4
    batch = ChangeBatch.objects.latest("created_at")
    assert batch.summary == "Edited 3 videos: added them to the playlist “Evening”"
    undo_batch(batch=batch, user=owner)
    assert playlist.items.count() == 1


def test_nothing_goes_into_somebody_elses_playlist(owner: User) -> None:
    theirs, _ = create_playlist(user=make_user(), name="Theirs", visibility="public")
    edit = begin_bulk_edit(user=owner, video_ids=[make_video().pk])
    confirm_bulk_edit(edit=edit, operation={"playlist": theirs.pk}, user=owner)

    with pytest.raises(BulkEditError, match="only they can change it"):
        apply_bulk_edit(edit_id=edit.pk)
    with pytest.raises(BulkEditError, match="is gone"):
        check_operation({"playlist": 2**40}, user=owner)

    assert theirs.items.count() == 0


def test_the_form_of_many_videos_offers_ones_own_lists(client: Client, owner: User) -> None:
    create_playlist(user=owner, name="Evening")
    create_playlist(user=make_user(), name="Theirs", visibility="public")
    edit = begin_bulk_edit(user=owner, video_ids=[make_video().pk])

    page = client.get(reverse("admin:library_bulkedit_change", args=(edit.pk,))).content.decode()

    assert "Evening" in page
    assert "Theirs" not in page
