"""Making and changing marks, their tags, and the tags that a label brings along. Each change is a batch."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from library.models import ChangeBatch, Tag, User, Video
from library.models.names import HEX_COLOR, clean_name
from library.services.changes import change_batch
from library.words import position
from playback.exceptions import MarkerError
from playback.models import Marker, MarkerLabelTag, MarkerTag
from playback.services.markers import request_marker_pictures

MOST_PER_VIDEO = 50
LONGEST_LABEL = 100
MOST_TAGS = 50
DEFAULT_COLOR = "#FFFFFF"
# The player's clock may run a little past the length that the probe found: that is the end.
_SLACK_SECONDS = 0.5
# First key of PostgreSQL's advisory locks for "a user's marks of a video, or of a label, are changing".
_LOCK_CLASS = 7_341


def create_marker(
    *,
    user: User,
    video: Video,
    start_seconds: float,
    end_seconds: float | None = None,
    label: str = "",
    description: str = "",
    color: str = DEFAULT_COLOR,
    tag_ids: Iterable[int] = (),
) -> tuple[Marker, ChangeBatch]:
    """Makes a mark with its own tags and those of its label, and has its picture made.

    Raises MarkerError with a sentence: outside of the video, an end before the start, no colour, a label too long, more
    than MOST_PER_VIDEO of one user in one video, unknown tags.
    """
    marker = Marker(user=user, video=video, description=description.strip())
    _place(marker, start_seconds, end_seconds)
    marker.color, marker.label = _color(color), _label(label)
    with change_batch(summary=f"Marked {video} at {position(marker.start_seconds)}", user=user) as batch:
        # Two tabs at once count one after the other.
        _lock(f"video {user.pk} {video.pk}")
        if Marker.objects.filter(user=user, video=video).count() >= MOST_PER_VIDEO:
            raise MarkerError(f"A video takes {MOST_PER_VIDEO} of your marks; delete one to make another.")
        if marker.label:
            _lock(f"label {user.pk} {marker.label}")
        marker.save(force_insert=True)
        _add_tags(marker, _known_tags(tag_ids), is_from_label=False)
        _bring_label_tags([marker.pk], user, marker.label)
        request_marker_pictures(marker_ids=[marker.pk])
    return marker, batch


def change_marker(marker: Marker, *, user: User, **columns: Any) -> ChangeBatch | None:
    """Writes `start_seconds`, `end_seconds`, `label`, `description`, `color` of one's own mark; None: nothing changed.

    Another label brings its tags and takes those of the former one along: what the marks of a label have in common
    holds for every one of them. (System D left them; the tags then spoke of a label that the mark no longer had.) Own
    tags stay. Another place has another picture made. Raises MarkerError.
    """
    _check_owner(marker, user)
    before = {name: getattr(marker, name) for name in columns}
    if {"start_seconds", "end_seconds"} & set(columns):
        start = columns.pop("start_seconds", marker.start_seconds)
        end = columns.pop("end_seconds", marker.end_seconds)
        _place(marker, start, end)
    for name, value in columns.items():
        clean = {"color": _color, "label": _label}.get(name, str.strip)
        setattr(marker, name, clean(value))
    changed = [name for name, value in before.items() if getattr(marker, name) != value]
    if not changed:
        return None
    with change_batch(summary=f"Changed the mark {marker}", user=user) as batch:
        marker.save(update_fields=changed)
        if "label" in changed:
            follow_label(marker, before=before["label"])
        if {"start_seconds", "end_seconds"} & set(changed):
            request_marker_pictures(marker_ids=[marker.pk])
    return batch


def follow_label(marker: Marker, *, before: str) -> None:
    """After its label was changed: the tags of the former one go, those of the new one come. Within a batch."""
    for label in sorted({before, marker.label} - {""}):
        _lock(f"label {marker.user_id} {label}")
    MarkerTag.objects.filter(marker=marker, is_from_label=True).delete()
    _bring_label_tags([marker.pk], marker.user, marker.label)


def check_place(video: Video, *, start_seconds: Any, end_seconds: Any) -> None:
    """Raises MarkerError where a mark of the video can't be there."""
    _place(Marker(video=video), start_seconds, end_seconds)


def edit_marker(
    marker: Marker, *, user: User, tag_ids: Iterable[int] | None = None, **columns: Any
) -> ChangeBatch | None:
    """`change_marker` and, with `tag_ids`, `set_marker_tags` as one change. Raises MarkerError."""
    _check_owner(marker, user)
    with change_batch(summary=f"Changed the mark {marker}", user=user) as batch:
        change_marker(marker, user=user, **columns)
        if tag_ids is not None:
            set_marker_tags(marker, tag_ids=tag_ids, user=user)
    return batch if batch.change_count else None


def delete_marker(marker: Marker, *, user: User) -> ChangeBatch:
    """Removes one's own mark; an undo brings it back and has its picture made again within a day."""
    _check_owner(marker, user)
    with change_batch(summary=f"Deleted the mark {marker} of {marker.video}", user=user) as batch:
        marker.delete()
    return batch


def set_marker_tags(marker: Marker, *, tag_ids: Iterable[int], user: User) -> ChangeBatch | None:
    """The mark's own tags are exactly these; those that came with its label stay as they are. Raises MarkerError."""
    _check_owner(marker, user)
    wanted = _known_tags(tag_ids)
    with change_batch(summary=f"Changed the tags of the mark {marker}", user=user) as batch:
        Marker.objects.select_for_update(no_key=True).get(pk=marker.pk)
        MarkerTag.objects.filter(marker=marker, is_from_label=False).exclude(tag__in=wanted).delete()
        _add_tags(marker, wanted, is_from_label=False)
    return batch if batch.change_count else None


def set_label_tags(*, user: User, label: str, tag_ids: Iterable[int]) -> ChangeBatch | None:
    """The tags that come with a label are exactly these, for the user's marks that have it already too.

    On each of those marks the tags that came with the label are replaced; its own stay. Raises MarkerError.
    """
    name = _label(label)
    if not name:
        raise MarkerError("Give the label whose tags you mean.")
    wanted = _known_tags(tag_ids)
    with change_batch(summary=f"Changed the tags of the label {name}", user=user) as batch:
        _lock(f"label {user.pk} {name}")
        MarkerLabelTag.objects.filter(user=user, label=name).exclude(tag__in=wanted).delete()
        rows = [MarkerLabelTag(user=user, label=name, tag_id=one) for one in wanted]
        MarkerLabelTag.objects.bulk_create(rows, ignore_conflicts=True)
        ids = list(Marker.objects.filter(user=user, label=name).order_by("pk").values_list("pk", flat=True))
        MarkerTag.objects.filter(marker__in=ids, is_from_label=True).exclude(tag__in=wanted).delete()
        _bring_label_tags(ids, user, name)
    return batch if batch.change_count else None


def rename_label(*, user: User, label: str, to: str) -> ChangeBatch | None:
    """Gives all of the user's marks of a label another one; where that has tags of its own, both sets are joined.

    Raises MarkerError for an empty name.
    """
    old, new = _label(label), _label(to)
    if not old or not new:
        raise MarkerError("A label needs a name.")
    if old == new:
        return None
    with change_batch(summary=f"Renamed the label {old} to {new}", user=user) as batch:
        for one in sorted((old, new)):
            _lock(f"label {user.pk} {one}")
        ids = list(Marker.objects.filter(user=user, label__in=[old, new]).order_by("pk").values_list("pk", flat=True))
        Marker.objects.filter(pk__in=ids, label=old).update(label=new)
        has = MarkerLabelTag.objects.filter(user=user, label=new).values("tag")
        moved = MarkerLabelTag.objects.filter(user=user, label=old)
        moved.filter(tag__in=list(has.values_list("tag", flat=True))).delete()
        moved.update(label=new)
        _bring_label_tags(ids, user, new)
    return batch if batch.change_count else None


def find_marker(user: User, marker_id: int) -> Marker | None:
    """One's own mark of that id, with its video and picture, unless the video lies in the trash."""
    rows = Marker.objects.filter(user=user, pk=marker_id, video__trashed_at=None)
    return rows.select_related("video", "picture", "export").first()


def _check_owner(marker: Marker, user: User) -> None:
    if marker.user_id != user.pk:
        raise MarkerError("Only who made a mark can change it.")


def _place(marker: Marker, start: Any, end: Any) -> None:
    marker.start_seconds = _seconds(start, marker.video)
    marker.end_seconds = None if end is None else _seconds(end, marker.video)
    if marker.end_seconds is not None and marker.end_seconds <= marker.start_seconds:
        raise MarkerError("A mark ends after it begins.")


def _seconds(value: Any, video: Video) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if isinstance(value, bool) or not math.isfinite(seconds) or seconds < 0:
        raise MarkerError("A mark's time is a number of seconds from the start.")
    length = video.duration_seconds
    if length is not None and seconds > length + _SLACK_SECONDS:
        raise MarkerError(f"The video is {position(length)} long; a mark lies within it.")
    return round(seconds if length is None else min(seconds, length), 3)


def _color(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(HEX_COLOR, value.strip()):
        raise MarkerError("Give a colour as six hexadecimal digits, #6B7280 say.")
    return value.strip().upper()


def _label(value: Any) -> str:
    name = clean_name(str(value or ""))
    if len(name) > LONGEST_LABEL:
        raise MarkerError(f"A label has {LONGEST_LABEL} characters at most.")
    return name


def _known_tags(tag_ids: Iterable[int]) -> list[int]:
    ids = sorted(set(tag_ids))
    if len(ids) > MOST_TAGS:
        raise MarkerError(f"A mark takes {MOST_TAGS} tags at most.")
    if Tag.objects.in_use().filter(pk__in=ids).count() != len(ids):
        raise MarkerError("One of the tags is gone or in the trash; choose again.")
    return ids


def _add_tags(marker: Marker, tag_ids: Sequence[int], *, is_from_label: bool) -> None:
    rows = [MarkerTag(marker=marker, tag_id=one, is_from_label=is_from_label) for one in tag_ids]
    MarkerTag.objects.bulk_create(rows, ignore_conflicts=True)


def _bring_label_tags(marker_ids: Sequence[int], user: User, label: str) -> None:
    """The label's tags on marks that don't have them yet; those in the trash stay away."""
    if not label or not marker_ids:
        return
    tags = MarkerLabelTag.objects.filter(user=user, label=label, tag__trashed_at=None).order_by("tag")
    tag_ids = list(tags.values_list("tag", flat=True))
    rows = [MarkerTag(marker_id=one, tag_id=tag, is_from_label=True) for one in marker_ids for tag in tag_ids]
    MarkerTag.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def _lock(what: str) -> None:
    """Until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_CLASS, what])
