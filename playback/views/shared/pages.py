"""The pages of a link: what it shows, the question for its password, and the words where there is nothing."""

import re
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from library.addresses import client_address
from library.exceptions import LoginThrottledError
from playback.exceptions import WrongSharePasswordError
from playback.models import PlaybackSettings, SharedClip, ShareLink
from playback.models.share import ShareAccess, ShareTarget
from playback.queries import Names, names_of
from playback.services.clips import request_shared
from playback.services.sharing import note_view
from playback.services.sharing.content import Contents, Shared, Standing, contents_of
from playback.services.sharing.passwords import prove_password
from playback.views.shared.doors import CONTENT_POLICY, harden, open_door, remember_password, visitor_of
from playback.views.shared.media import title_of
from playback.views.sharing import absolute
from playback.views.watch import is_surely_playable, player_facts
from processing.queries.pictures import NONE, pictures_of

# They look at an address to draw a preview of it, when somebody posts it.
_BOTS = re.compile(
    r"bot\b|bot/|crawl|spider|preview|facebookexternalhit|slack|whatsapp|telegram|discord|embedly|skype|mastodon|"
    r"pleroma|bluesky|vkshare|curl/|wget/|python-requests|headless(?!chrome)",
    re.IGNORECASE,
)
_LONGEST_TEXT = 300


@login_not_required
@require_safe
def page(request: HttpRequest, token: str, number: int | None = None) -> HttpResponseBase:
    """`/s/<token>/`: plays what the link shows; `/s/<token>/<n>/` the n-th of a playlist. Opening it counts."""
    link, standing = open_door(request, token)
    if standing is Standing.LOGIN:
        return harden(redirect(f"{reverse('login')}?{urlencode({'next': request.path})}"), cache_control="no-store")
    if link is not None and standing is Standing.PASSWORD:
        return _ask(request, token, status=HTTPStatus.UNAUTHORIZED)
    if link is None or standing is not Standing.OPEN:
        return _told(request, standing)
    contents = contents_of(link, number)
    if contents.shared is None:
        return _told(request, None)
    if contents.shared.is_playable and number is None and is_view(request, link):
        note_view(link=link)
    if contents.shared.marker is not None and not contents.shared.is_playable and not contents.shared.is_missing:
        request_shared(marker=contents.shared.marker)
    return _page(request, "playback/share/page.html", _context(request, token, link, contents, number))


@login_not_required
@sensitive_post_parameters()
@require_POST
def password(request: HttpRequest, token: str) -> HttpResponseBase:
    """`/s/<token>/password`: the right one leads to the page; tries are counted as those of logins are. 429 then."""
    link, standing = open_door(request, token)
    if standing is Standing.OPEN:
        return harden(redirect("shared", token=token), cache_control="no-store")
    if link is None or standing is not Standing.PASSWORD:
        return harden(redirect("shared", token=token), cache_control="no-store")
    try:
        proof = prove_password(link=link, password=request.POST.get("password", ""), address=client_address(request))
    except WrongSharePasswordError as error:
        return _ask(request, token, problem=str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except LoginThrottledError as error:
        words = "Too many wrong passwords. Try again later, or ask whoever sent you the link."
        response = _ask(request, token, problem=words, status=HTTPStatus.TOO_MANY_REQUESTS)
        response["Retry-After"] = str(error.seconds_left)
        return response
    response = redirect("shared", token=token)
    remember_password(request, response, link, proof, reverse("shared", args=[token]))
    return harden(response, cache_control="no-store")


def is_view(request: HttpRequest, link: ShareLink) -> bool:
    """Whether somebody other than the owner looks, and no machine."""
    if request.method != "GET" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return False
    visitor = visitor_of(request)
    if visitor is not None and visitor.pk == link.owner_id:
        return False
    return not _BOTS.search(request.headers.get("User-Agent", ""))


def _context(
    request: HttpRequest, token: str, link: ShareLink, contents: Contents, number: int | None
) -> dict[str, Any]:
    shared = contents.shared
    assert shared is not None
    current = number or next((i.number for i in contents.items if i.video.pk == shared.video.pk), None)
    base = reverse("shared_item", args=[token, current]) if contents.items else reverse("shared", args=[token])
    pictures = pictures_of([shared.file.pk]).get(shared.file.pk, NONE)
    is_clip = shared.marker is not None
    has_poster = shared.clip is not None if is_clip else bool(shared.video.cover or pictures.thumbnail)
    after = next((i for i in contents.items if current is not None and i.number > current and not i.is_missing), None)
    context = {
        "title": title_of(shared),
        "shared": shared,
        "video": shared.video,
        "file": shared.file,
        "is_playable": shared.is_playable,
        "is_being_made": is_clip and shared.clip is None and not shared.is_missing,
        "description": shared.marker.description if shared.marker is not None else shared.video.description,
        "names": Names() if is_clip else names_of([shared.video.pk])[shared.video.pk],
        "duration": shared.duration_seconds,
        "playlist": link.playlist if link.target == ShareTarget.PLAYLIST else None,
        "items": [(item, reverse("shared_item", args=[token, item.number])) for item in contents.items],
        "current": current,
        "base": base,
        "has_poster": has_poster,
        "expires_at": link.expires_at,
        "is_owner": request.user.pk == link.owner_id,
        "player": _player_facts(shared, base) | {"next": after and reverse("shared_item", args=[token, after.number])},
        "stream_url": f"{base}stream",
        "chapters_url": "" if is_clip else f"{base}chapters.vtt",
        "starts_at_once": is_clip or is_surely_playable(shared.file),
        # What the player's template shows of the video, with the addresses that the link has for it.
        "shown": SimpleNamespace(pk=shared.video.pk, cover=None),
        "shown_pictures": _shown_pictures(base, has_poster, not is_clip and pictures.storyboard is not None),
        "shown_file": _clip_file(shared.clip) if shared.clip is not None else shared.file,
    }
    context["preview"] = _preview(request, link, contents, shared, context)
    return context


def _player_facts(shared: Shared, base: str) -> dict[str, Any]:
    """What the player must know; nobody has to be asked how a clip's film plays."""
    facts = player_facts(shared.file)
    if shared.clip is not None:
        clip = {"duration": shared.clip.seconds, "videoCodec": "h264", "audioCodec": "aac", "isSure": True}
        facts |= {**clip, "what": "this clip", "sound": "AAC", "chapters": []}
    urls = {"stream": f"{base}stream", "hls": static("vendor/hls.js")}
    if shared.marker is None:
        urls["playback"] = f"{base}playback/"
    nothing: dict[str, Any] = {"markers": [], "people": [], "settings": {}, "clip": None, "startAt": None}
    return facts | nothing | {"title": title_of(shared), "by": "", "resumeAt": 0, "wishedFile": None, "urls": urls}


def _shown_pictures(base: str, has_poster: bool, has_storyboard: bool) -> SimpleNamespace:
    thumbnail = SimpleNamespace(large=SimpleNamespace(url=f"{base}poster")) if has_poster else None
    storyboard = SimpleNamespace(vtt=SimpleNamespace(url=f"{base}storyboard.vtt")) if has_storyboard else None
    return SimpleNamespace(thumbnail=thumbnail, storyboard=storyboard)


def _clip_file(clip: SharedClip) -> SimpleNamespace:
    return SimpleNamespace(
        width=clip.width, height=clip.height, video_codec="h264", audio_codec="aac", size_bytes=clip.size_bytes
    )


def _preview(
    request: HttpRequest, link: ShareLink, contents: Contents, shared: Shared, context: dict[str, Any]
) -> dict[str, str] | None:
    """Open Graph, where the owner wants it and the page is for everybody anyway."""
    rules = PlaybackSettings.load()
    if not rules.serve_og_metadata or link.access != ShareAccess.PUBLIC or link.password:
        return None
    title = link.playlist.name if link.playlist is not None else context["title"]
    text = link.playlist.description if link.playlist is not None else context["description"]
    return {
        "title": title,
        "text": " ".join(text.split())[:_LONGEST_TEXT],
        "url": absolute(request, request.path, rules),
        "picture": absolute(request, f"{context['base']}poster", rules) if context["has_poster"] else "",
        "seconds": str(round(context["duration"])) if context["duration"] else "",
    }


_TOLD = {
    Standing.UNKNOWN: (
        HTTPStatus.NOT_FOUND,
        "There is nothing here",
        "The address may have been copied in part, or the link was taken back. Ask whoever sent it to you.",
    ),
    Standing.EXPIRED: (
        HTTPStatus.GONE,
        "This link has expired",
        "It was good for some time only. Ask whoever sent it to you for a new one.",
    ),
    None: (
        HTTPStatus.GONE,
        "It is not there any more",
        "What was shared here has left the library. Ask whoever sent you the link.",
    ),
}


def _told(request: HttpRequest, standing: Standing | None) -> HttpResponseBase:
    status, title, words = _TOLD[standing]
    return _page(request, "playback/share/told.html", {"title": title, "words": words}, status=status)


def _ask(request: HttpRequest, token: str, *, problem: str = "", status: int) -> HttpResponseBase:
    context = {"title": "This link has a password", "problem": problem, "token": token}
    return _page(request, "playback/share/password.html", context, status=status)


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["Content-Security-Policy"] = CONTENT_POLICY
    harden(response, cache_control="private, no-store")
    return response
