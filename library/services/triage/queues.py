"""The queues that there are. Every app's `triage` module registers its own when Django starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from library.exceptions import LibraryError
from library.filters import FilterError, apply_filter, parse_filter
from library.models import SavedSearch, User
from library.models.video import VideoQuerySet
from library.queries import listed_videos
from library.services.saved_searches import find_search, list_searches

# From here on a suggestion counts as sure: one key accepts all of those.
SURE = 0.7
_SEARCH = "search-"


class TriageError(LibraryError):
    """A queue or an answer that isn't there or can't be taken; the text is a sentence."""


Narrow = Callable[[VideoQuerySet, User], VideoQuerySet]


@dataclass(frozen=True, slots=True)
class Queue:
    """A way to choose videos that want something. `narrow(videos, user)` leaves those in it; what was answered should
    fall out of it by itself where it can. `hint` says in a few words what to do.

    `counts_as_left` are those whose rest is what is left to organise: the pace page draws them over time.
    `has_missing` ones show videos without a present file too.
    """

    key: str
    label: str
    hint: str
    narrow: Narrow
    order: int = 100
    counts_as_left: bool = False
    has_missing: bool = False


_queues: dict[str, Queue] = {}


def register_queue(*queues: Queue) -> None:
    """Makes queues known. A key that is taken by another is a programming error."""
    for queue in queues:
        if _queues.get(queue.key, queue) != queue or queue.key.startswith(_SEARCH):
            raise ValueError(f"Two queues are called {queue.key!r}.")
        _queues[queue.key] = queue


def all_queues() -> list[Queue]:
    """Those of the apps, in their order."""
    return sorted(_queues.values(), key=lambda queue: (queue.order, queue.key))


def queues_for(user: User) -> list[Queue]:
    """All of them, then the user's saved searches and those that others share. One query."""
    return [*all_queues(), *(_of_search(search) for search in list_searches(user))]


def find_queue(key: str, user: User) -> Queue:
    """The queue of that key, as the user sees it. Raises TriageError; at most one query."""
    if key in _queues:
        return _queues[key]
    try:
        search = find_search(user, UUID(key.removeprefix(_SEARCH))) if key.startswith(_SEARCH) else None
    except ValueError:
        search = None
    if search is None:
        raise TriageError("There is no such queue. It may have been a search that was deleted.")
    return _of_search(search)


def videos_in(queue: Queue, user: User) -> VideoQuerySet:
    """The videos of a queue, in no order. Missing ones are left out, since nobody can look at them."""
    rows = listed_videos()
    if not queue.has_missing:
        rows = rows.filter(missing_since=None)
    return queue.narrow(rows, user)


def by_filter(raw: object) -> Narrow:
    """A queue by a filter of `library.filters`."""

    def narrow(rows: VideoQuerySet, user: User) -> VideoQuerySet:
        return cast(VideoQuerySet, apply_filter(rows, parse_filter(raw), user))

    return narrow


def _of_search(search: SavedSearch) -> Queue:
    def narrow(rows: VideoQuerySet, user: User) -> VideoQuerySet:
        try:
            return cast(VideoQuerySet, apply_filter(rows, parse_filter(search.filter), user))
        except FilterError as error:
            raise TriageError(f"The search “{search.name}” can't be used: {error}") from error

    return Queue(f"{_SEARCH}{search.public_id}", search.name, "Your saved search", narrow, order=1000)
