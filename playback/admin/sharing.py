"""Shared links in the admin: everybody's, and taking them back."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from library.access import current_user
from library.addresses import client_address
from library.admin.base import ReadOnlyAdmin, counted, say
from library.admin.columns import badge, two_lines, when
from playback.models import ShareLink
from playback.services.sharing import revoke_link
from playback.services.sharing.links import title_of


@admin.register(ShareLink)
class ShareLinkAdmin(ReadOnlyAdmin):
    list_display = ["what", "state", "access", "has_password", "until", "view_count", "viewed"]
    list_filter = ["target", "access", "owner"]
    show_facets = admin.ShowFacets.NEVER
    sortable_by: Any = []
    search_fields = ["video__title", "marker__label", "playlist__name", "owner__username"]
    search_help_text = "Part of a title, a list's name or a user's name"
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    actions = ["revoke"]
    empty_sentence = "Links that users make for others are listed here; their addresses only their owners see."
    fields = [
        "owner",
        "target",
        "what",
        "state",
        "access",
        "has_password",
        "until",
        "view_count",
        "viewed",
        "revoked_by",
    ]
    readonly_fields = ["what", "state", "has_password", "until", "viewed"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        related = ("owner", "video", "marker", "marker__video", "playlist")
        return super().get_queryset(request).select_related(*related)  # type: ignore[no-any-return]

    @admin.display(description="Shows")
    def what(self, link: ShareLink) -> SafeString:
        return two_lines(title_of(link), f"{link.get_target_display()}, by {link.owner.username}")

    @admin.display(description="State")
    def state(self, link: ShareLink) -> SafeString:
        if link.revoked_at is not None:
            return badge("Taken back")
        return badge("Expired") if link.is_expired else badge("Open", "ok")

    @admin.display(description="Password", boolean=True)
    def has_password(self, link: ShareLink) -> bool:
        return bool(link.password)

    @admin.display(description="Good until")
    def until(self, link: ShareLink) -> SafeString | str:
        return when(link.expires_at, never="No end")

    @admin.display(description="Last opened")
    def viewed(self, link: ShareLink) -> SafeString | str:
        return when(link.last_viewed_at, never="Never")

    @admin.action(description="Take back", permissions=["delete_sharelink"])
    def revoke(self, request: HttpRequest, links: QuerySet[ShareLink]) -> None:
        """They open nothing any more. Each is recorded."""
        user, address = current_user(request), client_address(request)
        count = sum(revoke_link(link=link, by=user, address=address) for link in links)
        told = f"{counted(count, 'link was', 'links were')} taken back."
        say(request, told if count else "They had been taken back before.", is_done=bool(count))

    def has_delete_sharelink_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("playback.delete_sharelink"))
