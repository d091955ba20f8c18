"""What the tests of shared links have in common."""

from typing import Any

from library.models import User, Video
from library.roles import MODERATOR
from playback.models import Marker, Playlist, PlaylistItem, ShareLink
from playback.models.share import ShareAccess
from playback.services.sharing import create_link, token_of
from tests.library.factories import make_user


def make_sharer(**facts: Any) -> User:
    """Somebody who may make public links."""
    return make_user(role=MODERATOR, **facts)


def make_link(thing: Video | Marker | Playlist, *, owner: User, **wishes: Any) -> ShareLink:
    """A public link that never ends, unless told otherwise."""
    return create_link(owner=owner, thing=thing, **{"access": ShareAccess.PUBLIC, "expires_in": "never", **wishes})


def page_of(link: ShareLink) -> str:
    """The address of its page."""
    return f"/s/{token_of(link)}/"


def make_clip(video: Video, *, user: User, start: float = 1.0, end: float | None = 2.0, label: str = "") -> Marker:
    return Marker.objects.create(user=user, video=video, start_seconds=start, end_seconds=end, label=label)


def make_list(*videos: Video, user: User, name: str = "Holidays") -> Playlist:
    playlist = Playlist.objects.create(user=user, name=name)
    for position, video in enumerate(videos):
        PlaylistItem.objects.create(playlist=playlist, video=video, position=position)
    return playlist


def body(response: Any) -> bytes:
    """What was sent; the response is closed as a server closes it."""
    sent = b"".join(response) if response.streaming else response.content
    response.close()
    return sent
