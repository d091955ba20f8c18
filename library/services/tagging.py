"""Tags and notes on many videos at once."""

from collections.abc import Iterable, Mapping

from library.models import User
from library.services.links import Edited


def edit_tags(
    *,
    video_ids: Iterable[int],
    add: Iterable[int] = (),
    remove: Iterable[int] = (),
    replace: Iterable[int] | None = None,
    user: User | None,
    source: str = "manual",
) -> Edited:
    """Puts tags (ids) on videos and takes others off; with `replace` the videos have exactly those afterwards.

    A few statements whatever the number of videos, in one batch. A tag that a rule or a face put there becomes "by
    hand" when a person adds it. Raises TrashedError for a tag in the trash.
    """
    raise NotImplementedError


def set_metadata(
    *, video_ids: Iterable[int], values: Mapping[str, str], user: User | None, source: str = "manual"
) -> Edited:
    """Writes notes (name -> value) on videos; an empty value removes the note. One batch."""
    raise NotImplementedError
