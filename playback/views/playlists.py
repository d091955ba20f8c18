"""The pages of playlists."""

import secrets
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from library.access import check, current_user, requires
from library.announce import announce
from library.models import ChangeBatch
from library.queries import CursorError
from library.services.saved_searches import find_search, list_searches
from library.sorting import MOST_SEEDS
from playback.exceptions import PlaybackError
from playback.models import Playlist
from playback.models.playlist import Visibility
from playback.queries import tiles_of
from playback.queries_playlists import (
    SEE_PUBLIC,
    card_of,
    entries_of,
    find_playlist,
    list_playlists,
    playlists_with,
    progress_in,
    seed_of,
    totals_of,
    video_before,
)
from playback.services import playlists as service
from playback.views.finding import shown_file

_KINDS = {"own": "Yours", "public": "From others", "liked": "Liked"}


@requires("library.view_video")
@require_safe
def playlists(request: HttpRequest) -> HttpResponse:
    """`/playlists/`: one's own, others' public ones, those one likes; `q` looks in names and descriptions."""
    user = current_user(request)
    may_see_public = user.has_perm(SEE_PUBLIC)
    kinds = {key: words for key, words in _KINDS.items() if key != "public" or may_see_public}
    which = request.GET.get("which", "own")
    which = which if which in kinds else "own"
    text, after = request.GET.get("q", "").replace("\0", "").strip(), request.GET.get("after", "")
    first = int(after) if after.isascii() and after.isdecimal() and len(after) < 7 else 0
    cards, has_more = list_playlists(user, which=which, text=text, after=first)
    query = {name: value for name, value in (("which", which if which != "own" else ""), ("q", text)) if value}
    context: dict[str, Any] = {
        "cards": cards,
        "more": f"{request.path}?{urlencode({**query, 'after': first + len(cards)})}" if has_more else "",
        "which": which,
        "kinds": kinds,
        "text": text,
        "is_continued": bool(first),
        "searches": list_searches(user),
        "visibilities": Visibility.choices,
    }
    return render(request, "playback/playlists/all.html", context)


@requires("library.view_video")
@require_safe
def playlist(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`/playlists/<id>/`: its videos in order; `after` goes on from a place, `shuffle` is a number."""
    user = current_user(request)
    found = _found(request, public_id)
    seed = seed_of(request.GET.get("shuffle", ""))
    try:
        part = entries_of(found, place=request.GET.get("after", ""), seed=seed)
    except CursorError:
        raise Http404("That part of the playlist does not exist.") from None
    count, seconds = totals_of(found)
    progress = progress_in(user, found)
    carried = {"list": str(found.public_id)} | ({"shuffle": str(seed)} if seed is not None else {})
    context = {
        "playlist": found,
        "card": card_of(found, user),
        "tiles": tiles_of(part.files, user=user, with_names=False),
        "problem": part.problem,
        "count": count,
        "seconds": seconds,
        "progress": progress,
        "watch_query": f"?{urlencode(carried)}",
        "more": _more(request.path, seed, part.next_place),
        "is_continued": "after" in request.GET,
        "before": video_before(found, request.GET["after"]) if "after" in request.GET else None,
        "seed": seed,
        "new_seed": secrets.randbelow(MOST_SEEDS),
        "may_edit": found.user_id == user.pk and user.has_perm("playback.change_playlist"),
        "may_delete": found.user_id == user.pk and user.has_perm("playback.delete_playlist"),
        "searches": list_searches(user) if found.is_smart and found.user_id == user.pk else [],
        "visibilities": Visibility.choices,
    }
    return render(request, "playback/playlists/one.html", context)


@requires("library.view_video")
@require_safe
def shuffled(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`/playlists/<id>/shuffle/`: begins to play it in a new shuffle, which stays the same from then on."""
    return _play(_found(request, public_id), secrets.randbelow(MOST_SEEDS))


@requires("library.view_video")
@require_safe
def played(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`/playlists/<id>/play/`: goes on where one left, or begins."""
    found = _found(request, public_id)
    progress = progress_in(current_user(request), found)
    if progress is not None and progress.video_id is not None and "begin" not in request.GET:
        return redirect(f"{reverse('watch', args=(progress.video_id,))}?{urlencode({'list': found.public_id})}")
    return _play(found, None)


def _play(found: Playlist, seed: int | None) -> HttpResponse:
    files = [file for file in entries_of(found, limit=20, seed=seed).files if file.missing_since is None]
    if not files:
        return redirect("playlist", public_id=found.public_id)
    query = {"list": str(found.public_id)} | ({"shuffle": str(seed)} if seed is not None else {})
    return redirect(f"{reverse('watch', args=(files[0].video_id,))}?{urlencode(query)}")


@requires("playback.add_playlist")
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """`/playlists/new/`: makes one and leads to it; with `saved_search` a smart one."""
    user = current_user(request)
    try:
        found = _search(request)
        made, batch = service.create_playlist(
            user=user,
            name=request.POST.get("name", ""),
            description=request.POST.get("description", ""),
            visibility=request.POST.get("visibility") or Visibility.PRIVATE,
            saved_search=found,
        )
    except PlaybackError as error:
        messages.error(request, str(error))
        return redirect("playlists")
    announce(request, f"{batch.summary}.", batch)
    return redirect("playlist", public_id=made.public_id)


@requires("library.view_video")
@require_POST
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`/playlists/<id>/change/`: what the forms of its page ask for, by `action`."""
    found, user = _found(request, public_id), current_user(request)
    action = request.POST.get("action", "")
    back = redirect("playlist", public_id=found.public_id)
    try:
        if action == "delete":
            check(request, "playback.delete_playlist")
            batch: ChangeBatch | None = service.delete_playlist(found, user=user)
            back = redirect("playlists")
        elif action == "duplicate":
            check(request, "playback.add_playlist")
            copy, batch = service.duplicate_playlist(found, user=user)
            back = redirect("playlist", public_id=copy.public_id)
        elif action in ("like", "unlike"):
            batch = service.like_playlist(found, user=user, is_liked=action == "like")
        elif action == "edit":
            check(request, "playback.change_playlist")
            batch = _edit(request, found)
        else:
            raise Http404("There is nothing like that to do.")
    except PlaybackError as error:
        messages.error(request, str(error))
        return redirect("playlist", public_id=found.public_id)
    announce(request, f"{batch.summary}." if batch else "Nothing was changed.", batch)
    return back


def _edit(request: HttpRequest, found: Playlist) -> ChangeBatch | None:
    columns: dict[str, Any] = {
        name: request.POST[name] for name in ("name", "description", "visibility") if name in request.POST
    }
    if found.is_smart and request.POST.get("saved_search"):
        columns["saved_search"] = _search(request)
    tags = None
    if "with_tags" in request.POST:
        tags = [int(one) for one in request.POST.getlist("tag") if one.isascii() and one.isdecimal() and len(one) < 19]
    return service.edit_playlist(found, user=current_user(request), tag_ids=tags, **columns)


@requires("library.view_video")
@require_safe
def offer(request: HttpRequest, video_id: int) -> HttpResponse:
    """`/videos/<id>/playlists/`: one's own playlists with those that the video is in ticked; a piece of a page."""
    file, user = shown_file(video_id), current_user(request)
    context = {
        "video": file.video,
        "offered": playlists_with(user, video_id),
        "may_add": user.has_perm("playback.add_playlist"),
        "may_change": user.has_perm("playback.change_playlist"),
    }
    response = render(request, "playback/playlists/_offer.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _found(request: HttpRequest, public_id: UUID) -> Playlist:
    found = find_playlist(current_user(request), public_id)
    if found is None:
        raise Http404("There is no such playlist, or it is somebody's own.")
    return found


def _search(request: HttpRequest) -> Any:
    wanted = request.POST.get("saved_search", "")
    if not wanted:
        return None
    try:
        found = find_search(current_user(request), UUID(wanted))
    except ValueError:
        found = None
    if found is None:
        raise Http404("There is no such search, or it isn't shared any more.")
    return found


def _more(path: str, seed: int | None, place: str | None) -> str:
    if place is None:
        return ""
    query = {"after": place} | ({"shuffle": str(seed)} if seed is not None else {})
    return f"{path}?{urlencode(query)}"
