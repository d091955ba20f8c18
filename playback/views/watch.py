"""Watching a video: the page, and where the user is in it."""

import logging
import math
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import escape
from django.views.decorators.http import require_safe

from faces.queries.videos import people_in
from library import queries
from library.access import current_user, may, requires
from library.models import User, VideoFile
from library.models.file import FileState
from library.wishes import Wish
from library.words import codec, container, parse_position
from playback.models import Playlist
from playback.queries import names_of, progress_of, resume_position, tiles_of
from playback.queries_player import find_marker, other_files
from playback.queries_playlists import find_playlist, following_in, seed_of
from playback.services.user_settings import settings_of
from playback.views.finding import chosen_file, shown_file
from processing.queries.pictures import NONE, pictures_of
from processing.services import look_at_files

logger = logging.getLogger(__name__)

_UP_NEXT = 8
# Container, its pictures and its sounds that every browser plays as they are.
_SURE = {
    "mp4": ({"h264"}, {"aac", "mp3", ""}),
    "webm": ({"vp8", "vp9"}, {"opus", "vorbis", ""}),
}
_COMMON_PIXELS = {None, "", "yuv420p", "yuvj420p"}


@requires("library.view_video")
@require_safe
def watch(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/`: the player; the library's address (?q, ?f, ?sort) says how "Up next" goes on."""
    file = shown_file(video_id)
    others = other_files(file)
    chosen = request.GET.get("file", "")
    file = next((other for other in others if str(other.pk) == chosen), file)
    user = current_user(request)
    following, list_query = _following(request, file, user)
    if file.state != FileState.READY:
        look_at_files(file_ids=[file.pk])
    duration = file.duration_seconds
    mine = progress_of(user, [video_id]).get(video_id)
    pictures = pictures_of([file.pk]).get(file.pk, NONE)
    clip = _clip(request, user, video_id)
    start_at = _seconds(request.GET.get("t", ""))
    resume_at = 0.0 if clip or start_at is not None else resume_position(mine, duration_seconds=duration)
    names = names_of([video_id])[video_id]
    context = {
        "file": file,
        "others": [other for other in others if other.missing_since is None and other.pk != file.pk],
        "clip": clip,
        "video": file.video,
        "names": names,
        "may_choose_cover": may(request, "library.change_video"),
        "may_edit": request.user.is_staff and may(request, "library.change_video"),
        "may_convert": request.user.is_staff and may(request, "processing.convert_video"),
        "pictures": pictures,
        "tiles": tiles_of(following, user=user, with_names=False),
        "list_query": list_query,
        "stream_url": stream_url(file),
        "chapters_url": f"{reverse('chapters', args=[video_id])}{_which(file)}",
        "is_watched": mine is not None and mine.is_completed,
        "starts_at_once": is_surely_playable(file),
        "player": player_facts(file)
        | {
            "title": str(file.video),
            "by": ", ".join(str(one) for one in [*names.people, *names.studios][:4]),
            "resumeAt": resume_at,
            "startAt": start_at,
            "clip": clip,
            # The list beside the player brings them.
            "markers": [],
            "people": _people_on_bar(request, video_id),
            "settings": settings_of(user).for_player(),
            "wishedFile": file.pk if chosen else None,
            "urls": {
                "playback": reverse("api_playback", args=[video_id]),
                "sessions": reverse("api_playback_sessions"),
                "stream": stream_url(file),
                "hls": static("vendor/hls.js"),
                "login": f"{reverse('login')}?{urlencode({'next': request.get_full_path()})}",
            },
        },
    }
    return render(request, "playback/watch.html", context)


def _people_on_bar(request: HttpRequest, video_id: int) -> list[dict[str, Any]]:
    """Who is seen when, for those who may see faces. A shared page has no such thing."""
    if not may(request, "faces.view_facetrack"):
        return []
    return [
        {
            "name": name,
            "url": reverse("person", args=[public_id]),
            "spans": spans,
        }
        for name, public_id, spans in people_in(video_id)
    ]


@requires("library.view_video")
@require_safe
def chapters(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/chapters.vtt`: the file's chapters for the seek bar."""
    return HttpResponse(
        chapters_vtt(chosen_file(video_id, request.GET.get("file", ""))), content_type="text/vtt; charset=utf-8"
    )


def chapters_vtt(file: VideoFile) -> str:
    """The file's chapters as WebVTT."""
    cues = [
        f"{_vtt_time(chapter['start'])} --> {_vtt_time(chapter['end'])}\n{escape(' '.join(chapter['title'].split()))}\n"
        for chapter in _chapters(file)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _following(request: HttpRequest, file: VideoFile, user: User) -> tuple[Sequence[VideoFile], str]:
    """What comes next, and the query that links to it carry on so that the list goes on there.

    `?list=` is a playlist, in the order of `?shuffle=` where there is one; else the library's own address (?q, ?f,
    ?sort) says it. A list that the user may not see counts as none.
    """
    playlist = _playlist(request, user)
    if playlist is not None:
        seed = seed_of(request.GET.get("shuffle", ""))
        carried_on = {"list": str(playlist.public_id)} | ({"shuffle": str(seed)} if seed is not None else {})
        assert file.video_id is not None
        return following_in(playlist, file.video_id, user, _UP_NEXT, seed=seed), f"?{urlencode(carried_on)}"
    wish = Wish.of({name: request.GET.get(name, "") for name in ("q", "f", "sort")})
    place = queries.cursor_at(file, wish.sort, text=wish.text, user=user)
    carried = wish.carried()
    return wish.page(user, after=place, limit=_UP_NEXT).files, f"?{carried}" if carried else ""


def _playlist(request: HttpRequest, user: User) -> Playlist | None:
    try:
        return find_playlist(user, UUID(request.GET["list"])) if "list" in request.GET else None
    except ValueError:
        return None


def player_facts(file: VideoFile) -> dict[str, Any]:
    """What the player must know of a file before it asks how to play it. A shared page gives the same."""
    return {
        "videoId": file.video_id,
        "fileId": file.pk,
        "duration": file.duration_seconds,
        "videoCodec": file.video_codec,
        "audioCodec": file.audio_codec,
        "frameRate": file.frame_rate,
        "isSure": is_surely_playable(file),
        "what": _what(file),
        "sound": codec(file.audio_codec),
        "chapters": _chapters(file),
    }


def stream_url(file: VideoFile) -> str:
    """Where a file's bytes come from as they are."""
    return f"{reverse('stream', args=[file.video_id])}{_which(file)}"


def _which(file: VideoFile) -> str:
    return "" if file.is_primary else f"?file={file.pk}"


def is_surely_playable(file: VideoFile) -> bool:
    """Whether every browser plays the file as it is, so that nobody needs to be asked before it starts."""
    if file.is_hdr or file.container not in _SURE:
        return False
    pictures, sounds = _SURE[file.container]
    is_common = all(stream.get("pixel_format") in _COMMON_PIXELS for stream in file.streams)
    return is_common and file.video_codec in pictures and file.audio_codec in sounds


def _clip(request: HttpRequest, user: User, video_id: int) -> dict[str, Any] | None:
    """The marked part that `?clip=` names, None without one."""
    number = request.GET.get("clip", "")
    return (
        find_marker(user, video_id, int(number)) if number.isascii() and number.isdigit() and len(number) < 18 else None
    )


def _seconds(text: str) -> float | None:
    """`?t=` as seconds: 83, 83.5, 1:23; None for what is no place in a video."""
    seconds = parse_position(text) if text else None
    return seconds if seconds is not None and math.isfinite(seconds) else None


def _what(file: VideoFile) -> str:
    """What a browser may be unable to show, in words: HEVC video in Matroska."""
    inside = f" in {container(file.container)}" if file.container else ""
    return f"{codec(file.video_codec)} video{inside}" if file.video_codec else f"this file{inside}"


def _vtt_time(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _chapters(file: VideoFile) -> list[dict[str, Any]]:
    """Chapters for the player, in seconds; junk left out."""
    found = []
    for number, chapter in enumerate(file.chapters or [], start=1):
        start, end = chapter.get("start_seconds"), chapter.get("end_seconds")
        if isinstance(start, int | float) and isinstance(end, int | float) and 0 <= start < end:
            found.append({"start": start, "end": end, "title": chapter.get("title") or f"Chapter {number}"})
    return found
