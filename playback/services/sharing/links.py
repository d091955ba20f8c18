"""Making links and taking them back; both are remembered for good."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from library.models import User, Video
from library.models.audit import AuditKind
from library.queries import find_video
from library.services.audit import record
from playback.exceptions import ShareRefusedError
from playback.models import Marker, PlaybackSettings, Playlist, ShareLink
from playback.models.playlist import Visibility
from playback.models.share import ShareAccess, ShareTarget, digest_of
from playback.services.clips import request_shared
from playback.services.sharing.tokens import make_token

# How long a link may be good for, as it is asked for; None is for ever.
LIFETIMES: dict[str, timedelta | None] = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "never": None,
}
_LONGEST_PASSWORD = 200


def create_link(
    *,
    owner: User,
    thing: Video | Marker | Playlist,
    access: str = ShareAccess.AUTH_REQUIRED,
    expires_in: str = "7d",
    password: str = "",
    address: str | None = None,
) -> ShareLink:
    """A link of `owner` to a video, a clip (a mark of theirs that has an end) or a playlist that they may see.

    A clip's film is made in the background. Recorded, with `address` as where it was asked from. Raises
    ShareRefusedError with a sentence; whether `owner` may make links at all, the caller has checked.
    """
    if access not in ShareAccess.values:
        raise ShareRefusedError("A link is for anyone who has it, or for anyone with an account.")
    if expires_in not in LIFETIMES:
        raise ShareRefusedError(f"A link lasts one of these: {', '.join(LIFETIMES)}.")
    if len(password) > _LONGEST_PASSWORD:
        raise ShareRefusedError(f"A password has at most {_LONGEST_PASSWORD} characters.")
    lifetime = LIFETIMES[expires_in]
    target, title = _check(thing, owner)
    public_id = uuid.uuid4()
    with transaction.atomic():
        link = ShareLink.objects.create(
            public_id=public_id,
            token_digest=digest_of(make_token(public_id)),
            owner=owner,
            target=target,
            access=access,
            password=make_password(password) if password else "",
            expires_at=timezone.now() + lifetime if lifetime else None,
            **{_COLUMNS[target]: thing},
        )
        _record(AuditKind.SHARE_LINK_CREATED, link, title, owner, address)
        if isinstance(thing, Marker):
            request_shared(marker=thing)
    return link


_COLUMNS = {ShareTarget.VIDEO: "video", ShareTarget.CLIP: "marker", ShareTarget.PLAYLIST: "playlist"}


def _check(thing: Video | Marker | Playlist, owner: User) -> tuple[ShareTarget, str]:
    if isinstance(thing, Playlist):
        if thing.user_id != owner.pk and thing.visibility != Visibility.PUBLIC:
            raise ShareRefusedError("That playlist is somebody else's.")
        return ShareTarget.PLAYLIST, thing.name
    video = thing.video if isinstance(thing, Marker) else thing
    if find_video(video.pk) is None:
        raise ShareRefusedError(f"{video.title} is not in the library any more.")
    if isinstance(thing, Video):
        return ShareTarget.VIDEO, thing.title
    if thing.user_id != owner.pk:
        raise ShareRefusedError("That mark is somebody else's.")
    if thing.end_seconds is None or thing.end_seconds <= thing.start_seconds:
        raise ShareRefusedError("A mark without an end is no clip: give it an end first.")
    return ShareTarget.CLIP, f"{thing} of {video.title}"


def revoke_link(*, link: ShareLink, by: User, address: str | None = None) -> bool:
    """Takes a link back: nobody is sent another byte by it. False when it was taken back before. Recorded."""
    with transaction.atomic():
        if not ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now(), revoked_by=by):
            return False
        link.refresh_from_db()
        _record(AuditKind.SHARE_LINK_DELETED, link, title_of(link), by, address)
    return True


def note_view(*, link: ShareLink) -> None:
    """Somebody opened the page. One statement, so that views at the same moment all count."""
    ShareLink.objects.filter(pk=link.pk).update(view_count=F("view_count") + 1, last_viewed_at=timezone.now())


def purge_links() -> int:
    """Removes links that have been over for longer than the settings keep them; returns how many. The audit log
    keeps what was made and taken back. The scheduler calls it once a day."""
    before = timezone.now() - timedelta(days=PlaybackSettings.load().share_kept_days)
    count, _ = ShareLink.objects.filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before)).delete()
    return count


def title_of(link: ShareLink) -> str:
    """What it shows, in words for its owner."""
    if link.video is not None:
        return link.video.title
    if link.marker is not None:
        return f"{link.marker} of {link.marker.video.title}"
    if link.playlist is not None:
        return link.playlist.name
    return f"A {link.get_target_display().lower()} that was deleted"


def _record(kind: AuditKind, link: ShareLink, title: str, by: User, address: str | None) -> None:
    detail: dict[str, Any] = {
        "link": str(link.public_id),
        "target": link.target,
        "access": link.access,
        "expires_at": link.expires_at.isoformat() if link.expires_at else None,
        "has_password": bool(link.password),
        "view_count": link.view_count,
    }
    record(kind=kind, user=by, account=link.owner, subject=title, address=address, detail=detail)
