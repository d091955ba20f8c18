"""Tags and notes on many videos at once."""

from collections.abc import Iterable, Mapping

from library.models import User, Video, VideoMetadata, VideoTag
from library.models.names import clean_name
from library.services.changes import change_batch
from library.services.links import Edited, LinkTable, Wish, edit_links

_TAGS = LinkTable(VideoTag, "tag", "tags")
_MOST_AT_ONCE = 5_000


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
    return edit_links(_TAGS, video_ids=video_ids, wish=Wish.of(add, remove, replace), user=user, source=source)


def set_metadata(
    *, video_ids: Iterable[int], values: Mapping[str, str], user: User | None, source: str = "manual"
) -> Edited:
    """Writes notes (name -> value) on videos; an empty value removes the note. One batch."""
    notes = {clean_name(key): value.strip() for key, value in values.items() if clean_name(key)}
    videos = sorted(set(video_ids))
    if not notes or not videos:
        return Edited(0, 0, 0)
    summary = f"Notes of {len(videos):,} video{'' if len(videos) == 1 else 's'}: {', '.join(list(notes)[:3])}"
    with change_batch(summary=summary, user=user, source=source) as batch:
        locked = Video.objects.filter(pk__in=videos).select_for_update(no_key=True).order_by("pk")
        videos = list(locked.values_list("pk", flat=True))
        there = {
            (row.video_id, row.key): row for row in VideoMetadata.objects.filter(video__in=videos, key__in=list(notes))
        }
        gone = [row for row in there.values() if not notes[row.key]]
        new, changed = [], []
        for video_id in videos:
            for key, value in notes.items():
                row = there.get((video_id, key))
                if row is None and value:
                    new.append(VideoMetadata(video_id=video_id, key=key, value=value))
                elif row is not None and value and row.value != value:
                    row.value = value
                    changed.append(row)
        VideoMetadata.objects.filter(pk__in=[row.pk for row in gone]).delete()
        VideoMetadata.objects.bulk_update(changed, ["value"], batch_size=_MOST_AT_ONCE)
        VideoMetadata.objects.bulk_create(new, batch_size=_MOST_AT_ONCE)
    touched = {row.video_id for row in (*gone, *new, *changed)}
    return Edited(len(touched), len(new), len(gone), batch if touched else None)
