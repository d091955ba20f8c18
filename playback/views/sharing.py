"""The pages for those who share: their links, and for owners everybody's."""

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from library.access import current_user, for_every_account, may
from library.addresses import client_address
from playback.models import PlaybackSettings, ShareLink
from playback.services.sharing import revoke_link, token_of
from playback.services.sharing.links import title_of

_SHOWN = 200
ALL = "playback.view_sharelink"
REVOKE_ALL = "playback.delete_sharelink"


def absolute(request: HttpRequest, path: str, rules: PlaybackSettings | None = None) -> str:
    """The whole address of a path, as others reach it: by the setting, or else as this page was opened."""
    base = (rules or PlaybackSettings.load()).public_url
    return f"{base.rstrip('/')}{path}" if base else request.build_absolute_uri(path)


def address_of(request: HttpRequest, link: ShareLink, rules: PlaybackSettings | None = None) -> str:
    """The address to send; empty for a link whose secret isn't known here (made elsewhere, or with another key)."""
    token = token_of(link)
    return absolute(request, reverse("shared", args=[token]), rules) if token else ""


def links_for(request: HttpRequest, *, is_of_all: bool) -> QuerySet[ShareLink]:
    """The links that the one who asks may see: their own, or with the right and the wish everybody's."""
    rows = ShareLink.objects.select_related("owner", "video", "marker", "marker__video", "playlist")
    if is_of_all and may(request, ALL):
        return rows
    return rows.filter(owner=current_user(request))


@for_every_account
@require_safe
@never_cache
def share_links(request: HttpRequest) -> HttpResponse:
    """`/account/shares/`: one's own links; with ?all=1 everybody's, for those who may."""
    is_of_all = request.GET.get("all") == "1" and may(request, ALL)
    rules = PlaybackSettings.load()
    found = list(links_for(request, is_of_all=is_of_all).order_by("-pk")[: _SHOWN + 1])
    me = current_user(request).pk
    # Only their owner is given an address again: others see what there is, and take it back.
    rows = [
        (link, title_of(link), address_of(request, link, rules) if link.owner_id == me else "", link.owner_id == me)
        for link in found[:_SHOWN]
    ]
    context = {
        "rows": rows,
        "is_of_all": is_of_all,
        "may_see_all": may(request, ALL),
        "has_more": len(found) > _SHOWN,
        "shown": _SHOWN,
    }
    return render(request, "playback/share/links.html", context)


@for_every_account
@require_POST
def revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`/account/shares/<id>/revoke/`: takes a link back: one's own, or with the right any."""
    link = find_revocable(request, public_id)
    if revoke_link(link=link, by=current_user(request), address=client_address(request)):
        messages.success(request, "The link is taken back: it opens nothing any more.")
    else:
        messages.info(request, "That link was taken back before.")
    query = "?all=1" if request.POST.get("all") == "1" else ""
    return redirect(f"{reverse('share_links')}{query}")


def find_revocable(request: HttpRequest, public_id: UUID) -> ShareLink:
    """A link that the one who asks may take back. Raises Http404."""
    links = ShareLink.objects.select_related("owner", "video", "marker", "playlist")
    link = get_object_or_404(links, public_id=public_id)
    if link.owner_id != current_user(request).pk and not may(request, REVOKE_ALL):
        raise Http404("You have no such link.")
    return link
