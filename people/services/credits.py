"""People and studios on many videos at once."""

from collections.abc import Iterable

from library.models import User
from library.services.links import Edited


def edit_credits(
    *,
    video_ids: Iterable[int],
    add: Iterable[int] = (),
    remove: Iterable[int] = (),
    replace: Iterable[int] | None = None,
    user: User | None,
    source: str = "manual",
    confidence: float | None = None,
) -> Edited:
    """Names people (creator ids) in videos and takes others off; like `library.services.tagging.edit_tags`."""
    raise NotImplementedError


def edit_studios(
    *,
    video_ids: Iterable[int],
    add: Iterable[int] = (),
    remove: Iterable[int] = (),
    replace: Iterable[int] | None = None,
    primary: int | None = None,
    user: User | None,
    source: str = "manual",
) -> Edited:
    """Like `edit_credits` for studios. Afterwards exactly one studio of each video that has any is the primary one:
    `primary` where it is given (it is added too), else the one that was, else the first."""
    raise NotImplementedError
