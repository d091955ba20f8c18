"""A video as triage shows it: everything that answers are made from, at once, for a few videos or for a grid."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, F, FloatField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse

from faces.models import FaceDetection, FaceTrack
from faces.models.track import NAMED, TrackStatus
from library import queries
from library.access import current_user, may
from library.models import VideoFile
from library.models.suggestion import SuggestedKind
from library.paths import display_path
from library.queries.suggestions import Chip, chips_of
from library.services.triage.queues import SURE
from library.words import clock, resolution
from playback.queries import Tile, tiles_of
from processing.queries.pictures import Pictures

# Without faces and a still: this far into the video.
_TELLING_SHARE = 0.3
MOST_FACES = 12
_MOST_TRACKS = 200
# Container, its pictures and its sounds that every browser plays as they are.
_SURE_CONTAINERS = {"mp4": ({"h264"}, {"aac", "mp3", ""}), "webm": ({"vp8", "vp9"}, {"opus", "vorbis", ""})}


def screens_of(request: HttpRequest, video_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The screens of these videos, in their order; those that are gone or not shown are left out.

    A constant number of queries.
    """
    files = {file.video_id: file for file in queries.find_videos(video_ids)}
    tiles = tiles_of([files[pk] for pk in video_ids if pk in files], user=current_user(request), with_progress=False)
    ids = [tile.video.pk for tile in tiles]
    chips = chips_of(ids, has=_has(tiles)) if ids else {}
    sees_faces = may(request, "faces.view_facetrack")
    tracks = _tracks_of(ids) if sees_faces else {}
    crowded = _crowded_moments(ids)
    sees_places = may(request, "library.view_videofile")
    may_edit = request.user.is_staff and may(request, "library.change_video")
    return [
        {
            **_about(tile, sees_places),
            "stream": "" if tile.is_missing else reverse("stream", args=(tile.video.pk,)),
            "is_sure": _is_sure(tile.file),
            "start_at": _moment(tile, crowded.get(tile.video.pk)),
            "storyboard": _storyboard(tile.pictures),
            "faces": _faces(tracks.get(tile.video.pk, [])),
            "suggestions": [_chip(chip, sees_faces) for chip in chips[tile.video.pk]],
            "admin_page": reverse("admin:library_video_change", args=(tile.video.pk,)) if may_edit else "",
        }
        for tile in tiles
    ]


def tiles_for_grid(request: HttpRequest, video_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The same videos for a grid: less of each. A constant number of queries."""
    files = {file.video_id: file for file in queries.find_videos(video_ids)}
    tiles = tiles_of([files[pk] for pk in video_ids if pk in files], user=current_user(request), with_progress=False)
    chips = chips_of([tile.video.pk for tile in tiles], has=_has(tiles)) if tiles else {}
    sees_places = may(request, "library.view_videofile")
    return [
        {**_about(tile, sees_places), "suggestions": [_chip(chip, False) for chip in chips[tile.video.pk][:6]]}
        for tile in tiles
    ]


def _has(tiles: Sequence[Tile]) -> set[tuple[str, int, int]]:
    """What the videos have, as (kind, video, object)."""
    return {
        (kind, tile.video.pk, named.pk)
        for tile in tiles
        for kind, all_named in (
            (SuggestedKind.CREATOR, tile.names.people),
            (SuggestedKind.STUDIO, tile.names.studios),
            (SuggestedKind.TAG, tile.names.tags),
        )
        for named in all_named
    }


def _about(tile: Tile, sees_places: bool) -> dict[str, Any]:
    file, thumbnail = tile.file, tile.pictures.thumbnail
    stars = tile.opinion.stars
    return {
        "id": tile.video.pk,
        "title": tile.video.title,
        "path": _path(file) if sees_places else [file.shown_name],
        "facts": [one for one in (clock(file.duration_seconds), resolution(file)) if one],
        "duration_seconds": file.duration_seconds,
        "problem": _problem(tile),
        "poster": thumbnail.large.url if thumbnail else "",
        "still": thumbnail.small.url if thumbnail else "",
        "people": [{"id": str(one.public_id), "name": str(one)} for one in tile.names.people],
        "studios": [{"id": str(one.public_id), "name": str(one)} for one in tile.names.studios],
        "tags": [{"id": str(one.pk), "name": str(one)} for one in tile.names.tags],
        "stars": float(stars) if stars is not None else None,
        "is_favorite": tile.opinion.is_favorite,
        "is_trashed": tile.video.trashed_at is not None,
        "page": reverse("watch", args=(tile.video.pk,)),
    }


def _path(file: VideoFile) -> list[str]:
    """The folder's name and the steps to the file."""
    return [file.folder.name, *display_path(file.relative_path).split("/")]


def _problem(tile: Tile) -> str:
    if tile.is_missing:
        return "Its file can't be found, so it can't be played now."
    if tile.is_failed:
        return tile.error or "Its file could not be read."
    return "Its pictures are still being made." if tile.is_working else ""


def _is_sure(file: VideoFile) -> bool:
    """Whether every browser plays the file as it is. Without its streams, which lists don't load: 10 bits are told by
    the player's own question."""
    if file.is_hdr or file.container not in _SURE_CONTAINERS:
        return False
    pictures, sounds = _SURE_CONTAINERS[file.container]
    return file.video_codec in pictures and file.audio_codec in sounds


def _moment(tile: Tile, crowded: float | None) -> float:
    """Where the video tells most: most faces, the still's scene, or a while into it. Seconds."""
    if crowded is not None:
        return crowded
    if tile.pictures.thumbnail is not None:
        return float(tile.pictures.thumbnail.time_seconds)
    return round((tile.file.duration_seconds or 0) * _TELLING_SHARE, 1)


def _storyboard(pictures: Pictures) -> dict[str, Any] | None:
    board = pictures.storyboard
    if board is None:
        return None
    return {
        "sprite": board.sprite.url,
        "columns": board.columns,
        "rows": board.rows,
        "count": board.tile_count,
        "width": board.tile_width,
        "height": board.tile_height,
        "interval": board.interval_seconds,
    }


def _crowded_moments(video_ids: Sequence[int]) -> dict[int, float]:
    """The time of the picture with the most faces, by video. One query."""
    rows = (
        FaceDetection.objects.filter(video__in=video_ids)
        .order_by()
        .values_list("video_id", "time_seconds")
        .annotate(faces=Count("pk"))
    )
    best: dict[int, tuple[int, float]] = {}
    for video_id, seconds, faces in rows:
        if video_id not in best or (faces, -seconds) > (best[video_id][0], -best[video_id][1]):
            best[video_id] = (faces, seconds)
    return {video_id: seconds for video_id, (_, seconds) in best.items()}


def _tracks_of(video_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Who was seen in the videos, the longest first, but for those whom nobody wants to name. One query."""
    rows = FaceTrack.objects.filter(video__in=video_ids).exclude(status=TrackStatus.REJECTED)
    rows = rows.exclude(cluster__is_hidden=True).annotate(
        length=Cast(F("end_seconds") - F("start_seconds"), FloatField())
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows.order_by("-length", "pk").values(
        "pk", "video_id", "status", "creator_id", "creator__name", "cluster_id", "start_seconds", "end_seconds"
    )[: _MOST_TRACKS * max(1, len(video_ids))]:
        found[row["video_id"]].append(row)
    return found


def _faces(tracks: Iterable[Any]) -> list[dict[str, Any]]:
    """One face for each person, known or not, by how long they are seen."""
    people: dict[object, dict[str, Any]] = {}
    for track in tracks:
        is_named = track["status"] in NAMED and track["creator_id"]
        key = ("creator", track["creator_id"]) if is_named else ("cluster", track["cluster_id"] or -track["pk"])
        if key in people:
            people[key]["appearances"] += 1
        elif len(people) < MOST_FACES:
            people[key] = {
                "track": track["pk"],
                "name": track["creator__name"] if is_named else "",
                "picture": _crop(track["pk"]),
                "at": track["start_seconds"],
                "appearances": 1,
            }
    return list(people.values())


def _chip(chip: Chip, sees_faces: bool) -> dict[str, Any]:
    kind, _, number = chip.subject.partition(":")
    is_face = sees_faces and kind == "track" and number.isdecimal() and chip.kind == SuggestedKind.CREATOR
    return {
        "id": chip.id,
        "kind": chip.kind,
        "label": chip.label,
        "confidence": round(chip.confidence, 3),
        "is_sure": chip.confidence >= SURE,
        "reason": chip.reason,
        "picture": _crop(int(number)) if is_face else "",
    }


def _crop(track_id: int) -> str:
    return f"/faces/tracks/{track_id}/crop.jpg"
