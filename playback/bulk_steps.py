"""Many videos into one's own playlist, with one's own stars, and among one's favourites at once. Loaded when Django
starts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from library.exceptions import BulkEditError
from library.models import Video
from library.services.bulk_edit import BulkStep, Effect, Request, register_bulk_step
from playback.exceptions import OpinionError, PlaylistError
from playback.models import Playlist, PlaylistItem
from playback.services.opinions import like_videos, parse_stars, rate_videos
from playback.services.playlists import MOST_ITEMS, add_videos


def _check(value: Any) -> int:
    """The id of a playlist that takes videos by hand; whose it is is asked when they come in."""
    is_id = str(value).isascii() and str(value).isdecimal() and len(str(value)) < 19
    if not is_id or not Playlist.objects.filter(pk=int(value), is_smart=False).exists():
        raise BulkEditError("That playlist is gone. Choose again.")
    return int(value)


def _new(ids: Sequence[int], playlist_id: int) -> set[int]:
    there = set(Video.objects.in_library().filter(pk__in=ids).values_list("pk", flat=True))
    return there - set(
        PlaylistItem.objects.filter(playlist=playlist_id, video__in=ids).values_list("video_id", flat=True)
    )


def _apply(ids: Sequence[int], value: int, request: Request) -> set[int]:
    playlist = Playlist.objects.filter(pk=value).select_related("user").first()
    if playlist is None:
        raise BulkEditError("The playlist was deleted meanwhile. Nothing was changed.")
    new = _new(ids, value)
    try:
        add_videos(playlist, video_ids=[one for one in ids if one in new], user=request.user)
    except PlaylistError as error:
        raise BulkEditError(str(error)) from error
    return new


def _preview(ids: Sequence[int], value: int) -> list[Effect]:
    name = Playlist.objects.values_list("name", flat=True).get(pk=value)
    new = len(_new(ids, value))
    return [Effect(f"Add to the playlist “{name}” (at most {MOST_ITEMS:,})", new, len(ids) - new)]


def _say(value: int) -> str:
    name = Playlist.objects.filter(pk=value).values_list("name", flat=True).first()
    return f"added them to the playlist “{name}”" if name else "added them to a playlist"


register_bulk_step(BulkStep("playlist", "playback.change_playlist", _check, _apply, _preview, _say, 70))


def _check_stars(value: Any) -> str | None:
    """0.5 to 5 in half steps; None takes them away."""
    try:
        return None if value is None else str(parse_stars(value))
    except OpinionError as error:
        raise BulkEditError(str(error)) from error


def _preview_stars(ids: Sequence[int], value: str | None) -> list[Effect]:
    # Whose stars isn't known here, so what would change isn't either.
    return [Effect("Take your stars away" if value is None else f"Give {_stars(value)}", len(ids), 0)]


def _stars(value: str) -> str:
    number = Decimal(value).normalize()
    return "1 star" if number == 1 else f"{number} stars"


def _preview_favorite(ids: Sequence[int], value: bool) -> list[Effect]:
    return [Effect("Put among your favourites" if value else "Take out of your favourites", len(ids), 0)]


register_bulk_step(
    BulkStep(
        "stars",
        "library.view_video",
        _check_stars,
        lambda ids, value, request: rate_videos(user=request.user, video_ids=ids, stars=value),
        _preview_stars,
        lambda value: "took the stars away" if value is None else f"gave {_stars(value)}",
        80,
    )
)
register_bulk_step(
    BulkStep(
        "favorite",
        "library.view_video",
        bool,
        lambda ids, value, request: like_videos(user=request.user, video_ids=ids, is_favorite=value),
        _preview_favorite,
        lambda value: "made it a favourite" if value else "took it out of the favourites",
        81,
    )
)
