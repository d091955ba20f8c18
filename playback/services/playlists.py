"""Making and changing playlists. Each change is a batch; who writes to the order holds the playlist's row."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, F, IntegerField, Max, Value, When
from django.utils import timezone

from library.models import ChangeBatch, SavedSearch, Tag, User, Video
from library.models.names import clean_name
from library.services.changes import change_batch
from playback.exceptions import PlaylistError
from playback.models import Playlist, PlaylistItem, PlaylistLike, PlaylistProgress, PlaylistTag
from playback.models.playlist import Visibility

MOST_ITEMS = 5_000
MOST_TAGS = 50
LONGEST_NAME = 200


def create_playlist(
    *,
    user: User,
    name: str,
    description: str = "",
    visibility: str = Visibility.PRIVATE,
    saved_search: SavedSearch | None = None,
    video_ids: Sequence[int] = (),
) -> tuple[Playlist, ChangeBatch]:
    """Makes a playlist of these videos in their order, or a smart one of a saved search.

    Raises PlaylistError: a name that is empty or taken, a search of somebody else that isn't shared.
    """
    playlist = Playlist(user=user, is_smart=saved_search is not None)
    columns = {"name": name, "description": description, "visibility": visibility, "saved_search": saved_search}
    with change_batch(summary=f"Made the playlist “{clean_name(name)}”", user=user) as batch:
        _write(playlist, user, columns)
        playlist.refresh_from_db(fields=["public_id"])
        if video_ids:
            add_videos(playlist, video_ids=video_ids, user=user)
    return playlist, batch


def change_playlist(playlist: Playlist, *, user: User, **columns: Any) -> ChangeBatch | None:
    """Writes `name`, `description`, `visibility` or, of a smart one, `saved_search`. None: nothing changed."""
    _check_owner(playlist, user)
    with change_batch(summary=f"Changed the playlist “{playlist.name}”", user=user) as batch:
        _write(playlist, user, columns)
    return batch if batch.change_count else None


def edit_playlist(
    playlist: Playlist, *, user: User, tag_ids: Iterable[int] | None = None, **columns: Any
) -> ChangeBatch | None:
    """`change_playlist` and, with `tag_ids`, `set_playlist_tags` as one change. Raises PlaylistError."""
    _check_owner(playlist, user)
    with change_batch(summary=f"Changed the playlist “{playlist.name}”", user=user) as batch:
        if columns:
            change_playlist(playlist, user=user, **columns)
        if tag_ids is not None:
            set_playlist_tags(playlist, tag_ids=tag_ids, user=user)
    return batch if batch.change_count else None


def delete_playlist(playlist: Playlist, *, user: User) -> ChangeBatch:
    """Deletes one's own playlist with its order; its videos stay. An undo brings all of it back."""
    _check_owner(playlist, user)
    with change_batch(summary=f"Deleted the playlist “{playlist.name}”", user=user) as batch:
        playlist.delete()
    return batch


def add_videos(playlist: Playlist, *, video_ids: Iterable[int], user: User) -> tuple[int, ChangeBatch | None]:
    """Appends the videos that aren't in it yet, in their order; returns how many came in.

    Videos in the trash and unknown ids are passed over. Raises PlaylistError for a smart one and beyond MOST_ITEMS.
    """
    _check_by_hand(playlist, user)
    asked = list(dict.fromkeys(video_ids))
    with change_batch(user=user) as batch:
        _hold(playlist)
        there = set(Video.objects.in_library().filter(pk__in=asked).values_list("pk", flat=True))
        there -= set(PlaylistItem.objects.filter(playlist=playlist, video__in=asked).values_list("video_id", flat=True))
        new = [one for one in asked if one in there]
        last = PlaylistItem.objects.filter(playlist=playlist).aggregate(last=Max("position"))["last"]
        if PlaylistItem.objects.filter(playlist=playlist).count() + len(new) > MOST_ITEMS:
            raise PlaylistError(f"A playlist takes {MOST_ITEMS:,} videos at most.")
        first = 0 if last is None else last + 1
        rows = [PlaylistItem(playlist=playlist, video_id=one, position=first + n) for n, one in enumerate(new)]
        PlaylistItem.objects.bulk_create(rows, batch_size=1000)
        batch.summary = batch.summary or f"Added {_videos(len(new))} to “{playlist.name}”"
    return len(new), batch if new else None


def remove_videos(playlist: Playlist, *, video_ids: Iterable[int], user: User) -> ChangeBatch | None:
    """Takes videos out; the others keep their order. An undo puts them back where they were."""
    _check_by_hand(playlist, user)
    with change_batch(user=user) as batch:
        _hold(playlist)
        number = PlaylistItem.objects.filter(playlist=playlist, video__in=list(video_ids)).delete()[0]
        batch.summary = batch.summary or f"Took {_videos(number)} out of “{playlist.name}”"
    return batch if batch.change_count else None


def move_video(playlist: Playlist, *, video_id: int, after_id: int | None, user: User) -> ChangeBatch | None:
    """Puts a video right after another one, or first with None. None: it was there already.

    Said by neighbours, not by numbers, so that what another tab did meanwhile can't shift it: two moves at once are
    done one after the other. Only the rows between the old and the new place are written. Raises PlaylistError when
    one of the two is not in the list (any more).
    """
    _check_by_hand(playlist, user)
    with change_batch(summary=f"Changed the order of “{playlist.name}”", user=user) as batch:
        _hold(playlist)
        _shift(playlist, video_id, after_id)
    return batch if batch.change_count else None


def _shift(playlist: Playlist, video_id: int, after_id: int | None) -> None:
    items = PlaylistItem.objects.filter(playlist=playlist)
    places = dict(items.filter(video__in=[video_id, after_id or video_id]).values_list("video_id", "position"))
    if video_id not in places or (after_id is not None and after_id not in places):
        raise PlaylistError("The list was changed meanwhile: that video is not in it any more. Look again.")
    if after_id == video_id:
        return
    old, before = places[video_id], -1 if after_id is None else places[after_id]
    if before < old:
        first = items.filter(position__gt=before).order_by("position").values_list("position", flat=True).first()
        new = old if first is None else first
        between, by = items.filter(position__gte=new, position__lt=old), 1
    else:
        new = before
        between, by = items.filter(position__gt=old, position__lte=new), -1
    if new == old:
        return
    # One statement: the unique constraint looks at its end.
    place = Case(When(video=video_id, then=Value(new)), default=F("position") + by, output_field=IntegerField())
    (between | items.filter(video=video_id)).update(position=place)


def duplicate_playlist(playlist: Playlist, *, user: User, name: str = "") -> tuple[Playlist, ChangeBatch]:
    """A private playlist of one's own with the same videos in the same order, or of the same search; with its tags.

    Whoever calls this has made sure that the user may see the other one. Raises PlaylistError.
    """
    wanted = clean_name(name) or _free_name(user, playlist.name)
    search = playlist.saved_search if playlist.is_smart else None
    if playlist.is_smart and search is None:
        raise PlaylistError("The search of this playlist was deleted; there is nothing to copy.")
    with change_batch(summary=f"Copied the playlist “{playlist.name}”", user=user) as batch:
        copy, _ = create_playlist(user=user, name=wanted, description=playlist.description, saved_search=search)
        items = PlaylistItem.objects.filter(playlist=playlist).order_by("position", "pk")
        ids = list(items.values_list("video_id", flat=True))
        rows = [PlaylistItem(playlist=copy, video_id=one, position=n) for n, one in enumerate(ids)]
        PlaylistItem.objects.bulk_create(rows, batch_size=1000)
        tags = PlaylistTag.objects.filter(playlist=playlist).values_list("tag_id", flat=True)
        PlaylistTag.objects.bulk_create([PlaylistTag(playlist=copy, tag_id=one) for one in tags])
    return copy, batch


def set_playlist_tags(playlist: Playlist, *, tag_ids: Iterable[int], user: User) -> ChangeBatch | None:
    """The playlist's tags are exactly these. Raises PlaylistError for unknown ones."""
    _check_owner(playlist, user)
    wanted = sorted(set(tag_ids))
    if len(wanted) > MOST_TAGS or Tag.objects.in_use().filter(pk__in=wanted).count() != len(wanted):
        raise PlaylistError("One of the tags is gone or in the trash; choose again.")
    with change_batch(summary=f"Changed the tags of “{playlist.name}”", user=user) as batch:
        _hold(playlist)
        PlaylistTag.objects.filter(playlist=playlist).exclude(tag__in=wanted).delete()
        rows = [PlaylistTag(playlist=playlist, tag_id=one) for one in wanted]
        PlaylistTag.objects.bulk_create(rows, ignore_conflicts=True)
    return batch if batch.change_count else None


def like_playlist(playlist: Playlist, *, user: User, is_liked: bool) -> ChangeBatch | None:
    """Likes a playlist that the user may see, or does so no more."""
    words = f"Likes the playlist “{playlist.name}”" if is_liked else f"No longer likes “{playlist.name}”"
    with change_batch(summary=words, user=user) as batch:
        if is_liked:
            row = PlaylistLike(user=user, playlist=playlist, added_at=timezone.now())
            PlaylistLike.objects.bulk_create([row], ignore_conflicts=True)
        else:
            PlaylistLike.objects.filter(user=user, playlist=playlist).delete()
    return batch if batch.change_count else None


def record_playlist_place(*, user: User, playlist: Playlist, video_id: int, position_seconds: float = 0.0) -> None:
    """Remembers which video of a list a user is at, and where in it; the last call wins. No history is kept of it."""
    row = PlaylistProgress(
        user=user, playlist=playlist, video_id=video_id,
        position_seconds=max(0.0, position_seconds), watched_at=timezone.now(),
    )  # fmt: skip
    PlaylistProgress.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["user", "playlist"],
        update_fields=["video", "position_seconds", "watched_at"],
    )


def _hold(playlist: Playlist) -> None:
    """Locks the playlist until the transaction ends: everybody who writes its items does so first."""
    if not Playlist.objects.select_for_update(no_key=True).filter(pk=playlist.pk).exists():
        raise PlaylistError(f"The playlist “{playlist.name}” was deleted meanwhile.")


def _check_owner(playlist: Playlist, user: User) -> None:
    if playlist.user_id != user.pk:
        raise PlaylistError(f"“{playlist.name}” belongs to {playlist.user}: only they can change it.")


def _check_by_hand(playlist: Playlist, user: User) -> None:
    _check_owner(playlist, user)
    if playlist.is_smart:
        raise PlaylistError(f"“{playlist.name}” shows what its search finds; change the search to change it.")


def _write(playlist: Playlist, user: User, columns: dict[str, Any]) -> None:
    if "name" in columns:
        columns["name"] = clean_name(columns["name"])[:LONGEST_NAME]
        if not columns["name"]:
            raise PlaylistError("Give the playlist a name.")
    if columns.get("visibility", Visibility.PRIVATE) not in Visibility.values:
        raise PlaylistError("A playlist is private or public.")
    search = columns.get("saved_search")
    if search is not None:
        if not playlist.is_smart:
            raise PlaylistError(f"“{playlist.name}” is put together by hand; make a smart playlist for a search.")
        if search.user_id != user.pk and not search.is_shared:
            raise PlaylistError("That search belongs to somebody else.")
    if "description" in columns:
        columns["description"] = columns["description"].strip()
    for column, value in columns.items():
        setattr(playlist, column, value)
    try:
        with transaction.atomic():
            playlist.save(update_fields=list(columns) if playlist.pk else None)
    except IntegrityError as error:
        if "playback_playlist_name" not in str(error):
            raise
        raise PlaylistError(f"You have a playlist called “{playlist.name}” already.") from None


def _free_name(user: User, name: str) -> str:
    """ "Beach", "Beach (copy)", "Beach (copy 2)" ..., the first that is free."""
    own = set(Playlist.objects.filter(user=user).values_list("name", flat=True))
    base = name[: LONGEST_NAME - 12]
    candidates = [name, f"{base} (copy)", *(f"{base} (copy {n})" for n in range(2, len(own) + 3))]
    taken = {one.casefold() for one in own}
    return next(one for one in candidates if one.casefold() not in taken)


def _videos(number: int) -> str:
    return f"{number:,} {'video' if number == 1 else 'videos'}"
