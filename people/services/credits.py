"""People and studios on many videos at once."""

from collections.abc import Iterable

from django.db import connection

from library.models import User
from library.services.changes import change_batch
from library.services.links import Edited, LinkTable, Wish, edit_links
from people.models import Credit, VideoStudio

_CREDITS = LinkTable(Credit, "creator", "people")
_STUDIOS = LinkTable(VideoStudio, "studio", "studios")


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
    """Names people (creator ids) in videos and takes others off; like `library.services.tagging.edit_tags`.

    `confidence` (0 to 1) is of the credits that are added; a credit made by hand has none.
    """
    return edit_links(
        _CREDITS,
        video_ids=video_ids,
        wish=Wish.of(add, remove, replace),
        user=user,
        source=source,
        facts={"confidence": confidence},
        constants={"role": ""},
    )


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
    videos = sorted(set(video_ids))
    wish = Wish.of([*add, primary] if primary is not None else add, remove, replace)
    with change_batch(user=user, source=source) as batch:
        edited = edit_links(
            _STUDIOS, video_ids=videos, wish=wish, user=user, source=source, constants={"is_primary": False}
        )
        changed = keep_one_primary(videos, primary=primary)
    touched = max(edited.videos, changed)
    return Edited(touched, edited.added, edited.removed, batch if touched else None)


def keep_one_primary(video_ids: Iterable[int], *, primary: int | None = None) -> int:
    """Leaves each of the videos that has studios with exactly one primary one; returns how many changed. Two statements
    since only one row of a video may be primary at any moment."""
    videos = list(video_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_videostudio AS link SET is_primary = FALSE WHERE video_id = ANY(%s) AND is_primary"
            " AND studio_id <> %s AND EXISTS (SELECT FROM people_videostudio WHERE video_id = link.video_id"
            " AND studio_id = %s)",
            [videos, primary, primary],
        )
        cursor.execute(
            "UPDATE people_videostudio SET is_primary = TRUE WHERE id IN (SELECT DISTINCT ON (video_id) id"
            " FROM people_videostudio AS link WHERE video_id = ANY(%s) AND NOT EXISTS (SELECT FROM people_videostudio"
            " WHERE video_id = link.video_id AND is_primary)"
            " ORDER BY video_id, (studio_id = %s) IS TRUE DESC, id)",
            [videos, primary],
        )
        return int(cursor.rowcount)
