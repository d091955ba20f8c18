"""Two or more videos side by side, and what is decided about them."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from library.access import current_user
from library.admin.duplicates.facts import compare_facts, load_sides
from library.exceptions import LibraryError
from library.models import DuplicatePair, User, Video
from library.models.duplicate import DuplicateKind, DuplicateVerdict
from library.services.duplicates.verdicts import answer_pairs, clip_of, forget_answers, open_pairs, trash_clip
from library.services.merging import merge_videos

# More than these don't fit beside each other.
MOST_SIDES = 6
_SAID = {
    "rejected": "They are no duplicates. No search asks again.",
    "kept": "Both are kept. No search asks again.",
    "linked": "Linked: the clip is kept as a part of the longer one.",
}


def compare_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET `?pair=ID`: the two of a pair; `&all=1`: all that open pairs connect with them, up to MOST_SIDES."""
    pair_id = request.GET.get("pair", "")
    if not pair_id.isdecimal() or len(pair_id) > 18:
        raise Http404
    pair = get_object_or_404(DuplicatePair.objects.select_related("first", "second", "decided_by"), pk=int(pair_id))
    group = _group_of(pair)
    ids = group if request.GET.get("all") else [pair.first_id, pair.second_id]
    sides = load_sides(ids)
    if len(sides) < 2:
        messages.warning(request, "One of the two lies in the trash: there is nothing to compare now.")
        return HttpResponseRedirect(reverse("admin:library_duplicatepair_changelist"))
    is_pair = len(sides) == 2
    contained = is_pair and pair.kind == DuplicateKind.CONTAINED
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Compare duplicates",
        "pair": pair,
        "is_open": pair.verdict == DuplicateVerdict.OPEN,
        "is_pair": is_pair,
        "is_contained": contained,
        "sides": [_side(video, pair, number, contained) for number, video in enumerate(sides, start=1)],
        "facts": compare_facts(sides),
        "group_size": len(group),
        "clip_id": clip_of(pair) if contained else None,
        "sure": round(100 * pair.confidence),
        "next": _next_of(pair),
        "may_decide": model_admin.has_decide_permission(request),
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/library/duplicates/compare.html", context)


def _side(video: Any, pair: DuplicatePair, number: int, contained: bool) -> dict[str, Any]:
    file = video.primary_files[0] if video.primary_files else None
    begin = end = None
    if contained:
        is_first = video.pk == pair.first_id
        begin = pair.first_from_seconds if is_first else pair.second_from_seconds
        end = pair.first_to_seconds if is_first else pair.second_to_seconds
    return {
        "video": video,
        "file": file,
        "number": number,
        "thumbnail": getattr(file, "thumbnail", None) if file else None,
        "storyboard": getattr(file, "storyboard", None) if file else None,
        "seconds": (file.duration_seconds if file else None) or 0,
        "begin": begin,
        "end": end,
        "is_missing": file is None or file.missing_since is not None,
    }


def _group_of(pair: DuplicatePair) -> list[int]:
    """The pair's videos and those that open pairs connect with either, the pair's own first; one query.

    A clip stays with its film alone: it must not be merged with what looks like that.
    """
    own = [pair.first_id, pair.second_id]
    if pair.kind == DuplicateKind.CONTAINED:
        return own
    near = open_pairs().filter(Q(first__in=own) | Q(second__in=own)).exclude(kind=DuplicateKind.CONTAINED)
    others = {pk for ids in near.values_list("first_id", "second_id")[: 4 * MOST_SIDES] for pk in ids}
    return [*own, *sorted(others - set(own))][:MOST_SIDES]


def _next_of(pair: DuplicatePair) -> DuplicatePair | None:
    """The pair after this one in the list's order, from the start again after the last."""
    rest = open_pairs().exclude(pk=pair.pk).only("pk")
    after = rest.filter(Q(confidence__lt=pair.confidence) | Q(confidence=pair.confidence, pk__lt=pair.pk))
    return after.first() or rest.first()


def answer_view(model_admin: Any, request: HttpRequest, pair_id: int) -> HttpResponse:
    """POST `keep` (and all `video`s) or `answer`: rejected, kept, linked, trash-clip or forget; then the next pair."""
    if request.method != "POST":
        raise Http404
    pair = get_object_or_404(DuplicatePair, pk=pair_id)
    following = _next_of(pair)
    try:
        # What is refused must leave nothing behind; the frame's transaction goes on with the message.
        with transaction.atomic():
            said = _answer(request, pair, current_user(request))
    except LibraryError as refused:
        model_admin.message_user(request, str(refused), messages.ERROR)
        return HttpResponseRedirect(f"{reverse('admin:library_duplicatepair_compare')}?pair={pair_id}")
    model_admin.message_user(request, said, messages.SUCCESS)
    if following is None or not DuplicatePair.objects.filter(pk=following.pk).exists():
        following = open_pairs().first()
    if following is None:
        return HttpResponseRedirect(reverse("admin:library_duplicatepair_changelist"))
    return HttpResponseRedirect(f"{reverse('admin:library_duplicatepair_compare')}?pair={following.pk}")


def _answer(request: HttpRequest, pair: DuplicatePair, user: User) -> str:
    answer = request.POST.get("answer", "")
    if "keep" in request.POST:
        return _keep(request, pair, user)
    if answer == "trash-clip":
        trash_clip(pair_id=pair.pk, user=user)
        return "The clip lies in the trash."
    if answer == "forget":
        forget_answers(pair_ids=[pair.pk], user=user)
        return "The pair is open again."
    if answer not in _SAID:
        raise Http404
    if not answer_pairs(pair_ids=[pair.pk], verdict=DuplicateVerdict(answer), user=user):
        raise LibraryError("Somebody answered this pair meanwhile.")
    return _SAID[answer]


def _keep(request: HttpRequest, pair: DuplicatePair, user: User) -> str:
    """Merges the pair, or the group that was on the page, into one of them."""
    known = set(_group_of(pair))
    wanted = [int(pk) for pk in request.POST.getlist("video") if pk.isdecimal() and int(pk) in known]
    videos = list(Video.objects.filter(pk__in=wanted or [pair.first_id, pair.second_id]).order_by("pk"))
    keep = next((video for video in videos if str(video.pk) == request.POST.get("keep")), None)
    if keep is None or len(videos) < 2:
        raise LibraryError("Choose which of them to keep.")
    if keep.missing_since is not None and any(video.missing_since is None for video in videos):
        raise LibraryError(f"The file of {keep} is missing. Keep one that is there, or wait until its disk is back.")
    others = [video for video in videos if video is not keep]
    other_files = "alternate" if request.POST.get("files") == "alternate" else "trash"
    merge_videos(keep=keep, others=others, user=user, other_files=other_files)  # type: ignore[arg-type]
    where = "is kept as another file of it" if other_files == "alternate" else "lies in the trash"
    return f"Kept {keep}; what was known of the other is on it, its file {where}."
