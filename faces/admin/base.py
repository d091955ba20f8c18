"""What the lists of faces have in common."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from faces.addresses import reference_crop, track_crop
from faces.models import FaceReference, FaceTrack
from library.admin.base import ReadOnlyAdmin
from library.admin.columns import link_to


class FaceAdmin(ReadOnlyAdmin):
    """A list of what machines wrote, the newest first, without a count of all. Its rows are changed where their picture
    is looked at: in the inbox, among the unknown, on a person's or a video's page."""

    show_facets = admin.ShowFacets.NEVER
    ordering = ["-pk"]
    sortable_by: Any = []
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True


def face(address: str, label: str = "") -> SafeString:
    """A face at list size; `label` is what stands for it where nobody sees it."""
    return format_html('<img class="v-face" src="{}" alt="{}" width="64" height="64" loading="lazy">', address, label)


def face_of_track(track: FaceTrack) -> SafeString:
    """The picture of an appearance."""
    return face(track_crop(track), f"Face, {track}")


def face_of_reference(reference: FaceReference) -> SafeString:
    """The picture of a known face."""
    return face(reference_crop(reference), f"Face of {reference.creator}")


def change_address(row: Any) -> str:
    """A row's page in the admin."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))


def link(row: Any) -> SafeString | str:
    """The row's name, leading to its page; a dash for None."""
    return link_to(change_address(row), str(row)) if row is not None else "–"


def may_wipe(request: HttpRequest) -> bool:
    """Whether the one who asks may wipe faces."""
    user: Any = request.user
    return bool(user.has_perm("faces.wipe_faces"))
