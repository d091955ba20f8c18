"""What the pages ask about marks. Everything is bounded; a user sees only their own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Prefetch, Q, QuerySet

from library.models import Tag, User
from playback.models import Marker, MarkerLabelTag, MarkerPicture, MarkerTag

PAGE_SIZE = 48
MOST_LABELS = 50
PICTURES_OF_A_LABEL = 10
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class LabelGroup:
    """A label of a user: how many marks have it, the tags that it brings, and some of their pictures."""

    label: str
    count: int
    tags: list[Tag] = field(default_factory=list)
    pictures: list[MarkerPicture] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MarkerPage:
    """Marks with video, picture, export and `shown_tags` loaded; `next_id` is None on the last page."""

    markers: Sequence[Any]
    next_id: int | None


def with_everything(rows: "QuerySet[Marker]") -> "QuerySet[Any]":
    """With what lists show: two queries, whatever their length. `shown_tags` has the links, by the tag's name."""
    tags = MarkerTag.objects.filter(tag__trashed_at=None).select_related("tag").order_by("tag__name", "pk")
    rows = rows.select_related("video", "picture", "export")
    return rows.prefetch_related(Prefetch("marker_tags", tags, to_attr="shown_tags"))


def markers_of(user: User, video_id: int) -> list[Any]:
    """The user's marks of a video in the order of their times: at most 50 by rule. Two queries."""
    return list(with_everything(Marker.objects.filter(user=user, video=video_id)).order_by("start_seconds", "pk"))


def seek_bar_marks(markers: Sequence[Marker]) -> list[dict[str, Any]]:
    """The marks as the player's seek bar takes them."""
    return [
        {
            "id": marker.pk,
            "start": marker.start_seconds,
            "end": marker.end_seconds,
            "label": marker.label,
            "color": marker.color,
        }
        for marker in markers
    ]


def find_markers(
    user: User, *, text: str = "", label: str = "", tag_id: int | None = None, video_id: int | None = None,
    only_clips: bool = False,
) -> "QuerySet[Marker]":  # fmt: skip
    """The user's marks of videos that aren't in the trash: `text` in label, description or title, a label as it is
    written, a tag, a video, with `only_clips` those with an end."""
    rows = Marker.objects.filter(user=user, video__trashed_at=None)
    words = text[:_LONGEST_TEXT].replace("\0", " ").split()
    for word in words:
        rows = rows.filter(Q(label__icontains=word) | Q(description__icontains=word) | Q(video__title__icontains=word))
    if label:
        rows = rows.filter(label=label)
    if tag_id is not None:
        rows = rows.filter(pk__in=MarkerTag.objects.filter(tag=tag_id).order_by().values("marker"))
    if video_id is not None:
        rows = rows.filter(video=video_id)
    return rows.filter(end_seconds__isnull=False) if only_clips else rows


def list_markers(rows: "QuerySet[Marker]", *, before_id: int | None = None, limit: int = PAGE_SIZE) -> MarkerPage:
    """A page of them, the latest made first. Two queries."""
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    found = list(with_everything(rows).order_by("-pk")[: limit + 1])
    return MarkerPage(found[:limit], found[limit - 1].pk if len(found) > limit else None)


def suggest_labels(user: User, text: str = "", *, limit: int = MOST_LABELS) -> list[tuple[str, int]]:
    """The user's labels that have the text in them with how often each is used, the most used first. One query."""
    rows = Marker.objects.filter(user=user).exclude(label="")
    if text.strip():
        rows = rows.filter(label__icontains=text.strip()[:100].replace("\0", " "))
    counted = rows.order_by().values_list("label").annotate(n=Count("*"), last=Max("pk"))
    return [(label, n) for label, n, _ in counted.order_by("-n", "-last")[:limit]]


def label_groups(user: User, *, limit: int = MOST_LABELS) -> list[LabelGroup]:
    """The user's labels, the most used first, each with its tags and ten of its pictures, others each time. Those that
    only have tags come last. Four queries, whatever the number of labels and marks."""
    counts = dict(suggest_labels(user, limit=limit))
    tags: dict[str, list[Tag]] = {}
    rows = MarkerLabelTag.objects.filter(user=user, tag__trashed_at=None).select_related("tag")
    for row in rows.order_by("label", "tag__name")[: 20 * limit]:
        tags.setdefault(row.label, []).append(row.tag)
    labels = [*counts, *(label for label in tags if label not in counts)][:limit]
    pictures = _some_pictures(user, labels)
    return [LabelGroup(one, counts.get(one, 0), tags.get(one, []), pictures.get(one, [])) for one in labels]


def label_tags(user: User, label: str) -> list[Tag]:
    """The tags that a label of the user brings along, by name."""
    rows = Tag.objects.in_use().filter(marker_label_tags__user=user, marker_label_tags__label=label)
    return list(rows.order_by("name", "pk"))


def _some_pictures(user: User, labels: Sequence[str]) -> dict[str, list[MarkerPicture]]:
    """Random ones of each label. Two queries."""
    if not labels:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT named.label, chosen.id FROM unnest(%s::text[]) AS named(label),
                   LATERAL (SELECT picture.id FROM playback_marker AS mark
                              JOIN playback_markerpicture AS picture ON picture.marker_id = mark.id
                              JOIN library_video AS video ON video.id = mark.video_id AND video.trashed_at IS NULL
                             WHERE mark.user_id = %s AND mark.label = named.label
                             ORDER BY random() LIMIT %s) AS chosen
            """,
            [list(labels), user.pk, PICTURES_OF_A_LABEL],
        )
        pairs = cursor.fetchall()
    rows = MarkerPicture.objects.select_related("marker").in_bulk([pk for _, pk in pairs])
    found: dict[str, list[MarkerPicture]] = {}
    for label, pk in pairs:
        if pk in rows:
            found.setdefault(label, []).append(rows[pk])
    return found
