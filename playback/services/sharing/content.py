"""What a link shows now."""

from dataclasses import dataclass, field
from enum import Enum

from library.models import User, Video, VideoFile
from library.queries import find_video
from playback.models import Marker, SharedClip, ShareLink
from playback.models.playlist import Visibility
from playback.models.share import ShareAccess, ShareTarget, digest_of, is_token
from playback.services.clips import shared_clip
from playback.services.sharing.tokens import is_proof

# A shared playlist shows so many of its videos.
MOST_ITEMS = 500


class Standing(Enum):
    """Whether a link opens for the one who asks, and if not, why."""

    OPEN = "open"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    LOGIN = "login"
    PASSWORD = "password"


@dataclass(frozen=True, slots=True)
class Shared:
    """One thing of a link that is played. `file` has `video` and `folder`. Of a clip `marker` is set, and `clip` is its
    film, None until it is made: then nothing of it is given out."""

    file: VideoFile
    marker: Marker | None = None
    clip: SharedClip | None = None

    @property
    def video(self) -> Video:
        assert self.file.video is not None
        return self.file.video

    @property
    def is_missing(self) -> bool:
        return self.file.missing_since is not None

    @property
    def is_playable(self) -> bool:
        """Whether there is something to give out now."""
        return not self.is_missing and (self.marker is None or self.clip is not None)

    @property
    def duration_seconds(self) -> float | None:
        """Of a clip its range."""
        if self.clip is not None:
            return self.clip.seconds
        if self.marker is not None and self.marker.end_seconds is not None:
            return self.marker.end_seconds - self.marker.start_seconds
        return self.file.duration_seconds

    @property
    def subject(self) -> str:
        """What concurrent streams are told apart by."""
        return f"clip {self.marker.pk}" if self.marker is not None else f"video {self.video.pk}"


@dataclass(frozen=True, slots=True)
class Item:
    """A video of a shared playlist; `number` counts from 1."""

    number: int
    video: Video
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """What a link shows: one thing, and of a playlist its videos in order. Without `shared` it is gone."""

    shared: Shared | None
    items: list[Item] = field(default_factory=list)


def find_link(token: str) -> ShareLink | None:
    """The link of that token with its owner and target, whatever became of it; one query, none for what is no token."""
    if not is_token(token):
        return None
    related = ("owner", "video", "marker", "marker__video", "playlist")
    return ShareLink.objects.select_related(*related).filter(token_digest=digest_of(token)).first()


def standing_of(link: ShareLink | None, *, visitor: User | None, proof: str) -> Standing:
    """Whether the link opens for `visitor` (None: not logged in), who has `proof` of its password or none ("").

    A link whose owner was switched off, or may not make such links any more, is unknown from then on. Its owner needs
    no password.
    """
    if link is None or link.revoked_at is not None or not _owner_may(link):
        return Standing.UNKNOWN
    if link.is_expired:
        return Standing.EXPIRED
    if link.access == ShareAccess.AUTH_REQUIRED and visitor is None:
        return Standing.LOGIN
    is_owner = visitor is not None and visitor.pk == link.owner_id
    if link.password and not is_owner and not is_proof(link, proof):
        return Standing.PASSWORD
    return Standing.OPEN


def _owner_may(link: ShareLink) -> bool:
    wanted = ["library.view_video", "playback.add_sharelink"]
    if link.access == ShareAccess.PUBLIC:
        wanted.append("playback.add_public_sharelink")
    return link.owner.is_active and link.owner.has_perms(wanted)


def shared_by(link: ShareLink, number: int | None = None) -> Shared | None:
    """The one thing that the link gives out, of a playlist the one of that number; None when it is gone, was trashed,
    or the link has nothing of that number."""
    if link.target == ShareTarget.PLAYLIST:
        video_ids = _video_ids(link)
        return _video(video_ids[number - 1]) if number is not None and 1 <= number <= len(video_ids) else None
    if number is not None:
        return None
    if link.target == ShareTarget.VIDEO:
        return _video(link.video_id)
    marker = link.marker
    if marker is None or marker.user_id != link.owner_id or marker.end_seconds is None:
        return None
    file = find_video(marker.video_id)
    return Shared(file, marker, shared_clip(marker, file)) if file is not None else None


def contents_of(link: ShareLink, number: int | None = None) -> Contents:
    """The same with the list of a playlist's videos; without a number it begins with the first that is there."""
    if link.target != ShareTarget.PLAYLIST:
        return Contents(shared_by(link, number))
    video_ids = _video_ids(link)
    rows = Video.objects.in_bulk(video_ids)
    items = [
        Item(place, rows[pk], is_missing=rows[pk].missing_since is not None)
        for place, pk in enumerate(video_ids, start=1)
        if pk in rows
    ]
    if number is None:
        number = next((item.number for item in items if not item.is_missing), 1)
    return Contents(shared_by(link, number), items)


def _video(video_id: int | None) -> Shared | None:
    file = find_video(video_id) if video_id is not None else None
    return Shared(file) if file is not None else None


def _video_ids(link: ShareLink) -> list[int]:
    """The ids of the playlist's videos in order, without those in the trash; none when the owner may not see it."""
    playlist = link.playlist
    if playlist is None or (playlist.user_id != link.owner_id and playlist.visibility != Visibility.PUBLIC):
        return []
    items = playlist.items.filter(video__trashed_at=None).order_by("position", "pk")
    return list(items.values_list("video_id", flat=True)[:MOST_ITEMS])
