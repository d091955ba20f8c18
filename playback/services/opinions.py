"""Likes, stars with a comment, and the tally of a user. Each change is a batch."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from django.db.models import F
from django.utils import timezone

from library.models import ChangeBatch, User, Video
from library.services.changes import change_batch
from people.models import Creator, Studio
from playback.exceptions import OpinionError
from playback.models import Favorite, Rating, Tally
from playback.models.opinion import Stars

Target = Video | Creator | Studio
_STARS = {Decimal(value): label for value, label in Stars.choices}


def kind_of(target: Target) -> str:
    """The column that points to it: "video", "creator" or "studio"."""
    return str(target._meta.model_name)


def set_favorite(*, user: User, target: Target, is_favorite: bool) -> ChangeBatch | None:
    """Likes it, or does so no more. Returns the change, None when it was so already."""
    column = {kind_of(target): target}
    words = f"Likes {target}" if is_favorite else f"No longer likes {target}"
    with change_batch(summary=words, user=user) as batch:
        if is_favorite:
            row = Favorite(user=user, added_at=timezone.now(), **column)
            Favorite.objects.bulk_create([row], ignore_conflicts=True)
        else:
            Favorite.objects.filter(user=user, **column).delete()
    return batch if batch.change_count else None


def parse_stars(value: object) -> Decimal:
    """0.5 to 5 in half steps, as number or text. Raises OpinionError."""
    try:
        stars = Decimal(str(value))
    except InvalidOperation:
        stars = Decimal(0)
    if stars not in _STARS:
        raise OpinionError("Stars go from 0.5 to 5 in half steps.")
    return stars.quantize(Decimal("0.1"))


def rate(*, user: User, target: Target, stars: object, comment: str | None = None) -> ChangeBatch | None:
    """Gives stars; `comment` None leaves that as it is. Two at once leave one row. Raises OpinionError."""
    wanted = parse_stars(stars)
    column = {kind_of(target): target}
    now = timezone.now()
    with change_batch(summary=f"Gave {target} {_STARS[wanted]} stars", user=user) as batch:
        row = None
        while row is None:
            # Made first, so that of two at once the second waits here and changes the row of the first.
            first = Rating(user=user, stars=wanted, comment=(comment or "").strip(), rated_at=now, **column)
            Rating.objects.bulk_create([first], ignore_conflicts=True)
            row = Rating.objects.select_for_update().filter(user=user, **column).first()
        said = row.comment if comment is None else comment.strip()
        if (row.stars, row.comment) != (wanted, said):
            row.stars, row.comment, row.rated_at = wanted, said, now
            row.save(update_fields=["stars", "comment", "rated_at"])
    return batch if batch.change_count else None


def clear_rating(*, user: User, target: Target) -> ChangeBatch | None:
    """Takes stars and comment away. Returns the change, None when there were none."""
    with change_batch(summary=f"Took the stars of {target} away", user=user) as batch:
        Rating.objects.filter(user=user, **{kind_of(target): target}).delete()
    return batch if batch.change_count else None


def add_to_tally(*, user: User, video: Video) -> tuple[int, ChangeBatch]:
    """One more; returns the count and the change. It only ever goes up by one; the last step is taken back by undoing
    its change."""
    with change_batch(summary=f"Counted {video} once more", user=user) as batch:
        Tally.objects.bulk_create([Tally(user=user, video=video)], ignore_conflicts=True)
        Tally.objects.filter(user=user, video=video).update(count=F("count") + 1)
        count = Tally.objects.values_list("count", flat=True).get(user=user, video=video)
    return count, batch


def rate_videos(*, user: User, video_ids: Sequence[int], stars: object) -> set[int]:
    """Gives the videos stars, or with None takes them away; comments stay. Returns those that it changed.

    Three statements whatever their number. Within a batch of the caller's, or one of its own. Raises OpinionError.
    """
    wanted = None if stars is None else parse_stars(stars)
    now = timezone.now()
    with change_batch(summary="Gave stars" if wanted else "Took stars away", user=user):
        own = Rating.objects.filter(user=user, video__in=video_ids)
        if wanted is None:
            changed = set(own.values_list("video_id", flat=True))
            own.delete()
            return changed
        there = dict(own.select_for_update().order_by("video").values_list("video_id", "stars"))
        new = [pk for pk in sorted(set(video_ids)) if pk not in there]
        rows = [Rating(user=user, video_id=pk, stars=wanted, comment="", rated_at=now) for pk in new]
        Rating.objects.bulk_create(rows, ignore_conflicts=True)
        # Those that came between the two statements too.
        own.exclude(stars=wanted).update(stars=wanted, rated_at=now)
    return {*new, *(pk for pk, had in there.items() if had != wanted)}


def like_videos(*, user: User, video_ids: Sequence[int], is_favorite: bool) -> set[int]:
    """Makes the videos favourites, or no longer. Returns those that it changed. Two statements."""
    with change_batch(summary="Likes videos" if is_favorite else "No longer likes videos", user=user):
        own = Favorite.objects.filter(user=user, video__in=video_ids)
        there = set(own.values_list("video_id", flat=True))
        if not is_favorite:
            own.delete()
            return there
        now, new = timezone.now(), [pk for pk in sorted(set(video_ids)) if pk not in there]
        rows = [Favorite(user=user, video_id=pk, added_at=now) for pk in new]
        Favorite.objects.bulk_create(rows, ignore_conflicts=True)
    return set(new)
