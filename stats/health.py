"""What wants somebody, with where to see to it: for the dashboard and for the admin's first page."""

from collections.abc import Callable, Sequence
from typing import Any

from django.urls import reverse

from library.filters import encode_filter, parse_filter


def health_lines(library: Any, may: Callable[[str], bool]) -> Sequence[tuple[str, int, str]]:
    """(words, how many, address) by a LibrarySnapshot; no address where `may` says no to the right that it asks for."""
    corrupt = encode_filter(parse_filter({"facet": "corrupted", "op": "is", "value": True}))
    letters = f"{reverse('admin:processing_deadletter_changelist')}?status__exact=pending_review"
    files, folders = reverse("admin:library_videofile_changelist"), reverse("admin:library_folder_changelist")
    pairs = reverse("admin:library_duplicatepair_changelist")
    lines = (
        ("Files that failed", library.failed_files, f"{files}?state=failed", "library.view_videofile"),
        ("Missing videos", library.missing_count, reverse("missing"), "library.view_video"),
        ("Damaged videos", library.corrupt_count, f"{reverse('library')}?f={corrupt}", "library.view_video"),
        ("Stages that gave up", library.open_failures, letters, "processing.view_deadletter"),
        ("Folders that no scan has seen lately", library.stale_folders, folders, "library.view_folder"),
        ("Pairs of duplicates to look at", library.duplicate_pairs, pairs, "library.view_duplicatepair"),
    )
    return [(text, count, address if may(right) else "") for text, count, address, right in lines]
