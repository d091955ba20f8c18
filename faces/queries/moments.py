"""When somebody is to be seen, and with whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from faces.models import FaceSettings, FaceTrack
from faces.models.track import NAMED
from faces.services.matching import PROVIDER
from library.models import Suggestion, Video
from library.models.suggestion import SuggestedKind
from people.models import Creator

PAGE_SIZE = 24
MOST_ON_PAGE = 100
# Of one video; somebody who is in every picture of a long one has no more.
MOST_MOMENTS = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """From when to when in the video, by which track. `similarity` is that of the name, None where a person gave it;
    `is_likely` says that nobody confirmed it and it is only likely."""

    track_id: int
    start_seconds: float
    end_seconds: float
    similarity: float | None = None
    is_likely: bool = False


@dataclass(frozen=True, slots=True)
class VideoMoments:
    """A video and somebody's moments in it, in order."""

    video: Video
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class MomentsPage:
    """One page, the newest videos first."""

    videos: tuple[VideoMoments, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Together:
    """A video that shows two people. `spans` are when both are to be seen at once, none where they never meet."""

    video: Video
    spans: tuple[tuple[float, float], ...]

    @property
    def seconds(self) -> float:
        return sum(end - start for start, end in self.spans)


@dataclass(frozen=True, slots=True)
class TogetherPage:
    """One page, the longest together first."""

    videos: tuple[Together, ...]
    has_more: bool


def moments_of(*, creator: Creator, page: int = 1, per_page: int = PAGE_SIZE, with_likely: bool = True) -> MomentsPage:
    """The videos that somebody is to be seen in, with the moments. `with_likely` takes faces along that are like them
    by the settings' `appearance_threshold` and that nobody answered yet. Five statements."""
    per_page = min(per_page, MOST_ON_PAGE)
    first = (max(page, 1) - 1) * per_page
    named = FaceTrack.objects.named().filter(creator=creator, video__trashed_at=None)
    ids: QuerySet[FaceTrack, int] = named.order_by().values_list("video_id", flat=True)
    likely = _likely(creator) if with_likely else None
    rows = ids.union(likely.values_list("video_id", flat=True)) if likely is not None else ids.distinct()
    listed = list(rows.order_by("-video_id")[first : first + per_page + 1])
    shown = listed[:per_page]
    moments: dict[int, list[Moment]] = {}
    tracks = named.filter(video__in=shown).order_by("video_id", "start_seconds", "pk")
    for pk, video_id, start, end, similarity in tracks.values_list(
        "pk", "video_id", "start_seconds", "end_seconds", "confidence"
    ):
        moments.setdefault(video_id, []).append(Moment(pk, start, end, similarity))
    if likely is not None:
        for video_id, similarity, evidence in likely.filter(video__in=shown).values_list(
            "video_id", "confidence", "evidence"
        ):
            if {"track", "from", "to"} <= evidence.keys():
                moments.setdefault(video_id, []).append(
                    Moment(evidence["track"], evidence["from"], evidence["to"], similarity, is_likely=True)
                )
    videos = Video.objects.in_bulk(shown)
    found = [
        VideoMoments(videos[pk], tuple(sorted(moments.get(pk, []), key=_begin)[:MOST_MOMENTS]))
        for pk in shown
        if pk in videos
    ]
    return MomentsPage(tuple(found), len(listed) > per_page)


def _begin(moment: Moment) -> tuple[float, int]:
    return moment.start_seconds, moment.track_id


def _likely(creator: Creator) -> "QuerySet[Suggestion]":
    return Suggestion.objects.open().filter(
        provider=PROVIDER,
        kind=SuggestedKind.CREATOR,
        object_id=creator.pk,
        confidence__gte=FaceSettings.load().appearance_threshold,
        video__trashed_at=None,
    )


# Each track of the one beside each of the other's in the same video; how long they overlap.
_TOGETHER = """
SELECT one.video_id,
       SUM(GREATEST(0, LEAST(one.end_seconds, other.end_seconds) - GREATEST(one.start_seconds, other.start_seconds)))
  FROM faces_facetrack AS one
  JOIN faces_facetrack AS other ON other.video_id = one.video_id AND other.creator_id = %(other)s
       AND other.status = ANY(%(named)s)
  JOIN library_video AS video ON video.id = one.video_id AND video.trashed_at IS NULL
 WHERE one.creator_id = %(one)s AND one.status = ANY(%(named)s)
 GROUP BY one.video_id ORDER BY 2 DESC, 1 DESC LIMIT %(count)s OFFSET %(first)s
"""


def videos_together(*, one: Creator, other: Creator, page: int = 1, per_page: int = PAGE_SIZE) -> TogetherPage:
    """The videos in which the faces of both are named, those in which they are at once the longest first. Three
    statements."""
    per_page = min(per_page, MOST_ON_PAGE)
    first = (max(page, 1) - 1) * per_page
    with connection.cursor() as cursor:
        cursor.execute(
            _TOGETHER,
            {
                "one": one.pk,
                "other": other.pk,
                "named": [str(status) for status in NAMED],
                "count": per_page + 1,
                "first": first,
            },
        )
        listed = [int(row[0]) for row in cursor.fetchall()]
    shown = listed[:per_page]
    spans: dict[tuple[int, int], list[tuple[float, float]]] = {}
    both = FaceTrack.objects.named().filter(Q(creator=one) | Q(creator=other), video__in=shown)
    for video_id, creator_id, start, end in both.order_by("start_seconds").values_list(
        "video_id", "creator_id", "start_seconds", "end_seconds"
    ):
        spans.setdefault((video_id, creator_id or 0), []).append((start, end))
    videos = Video.objects.in_bulk(shown)
    found = [
        Together(videos[pk], shared_spans(spans.get((pk, one.pk), []), spans.get((pk, other.pk), [])))
        for pk in shown
        if pk in videos
    ]
    return TogetherPage(tuple(found), len(listed) > per_page)


def shared_spans(
    ones: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]
) -> tuple[tuple[float, float], ...]:
    """When spans of both lists run at once, in order, those that touch joined."""
    shared = sorted(
        (max(one[0], other[0]), min(one[1], other[1]))
        for one in ones
        for other in others
        if max(one[0], other[0]) < min(one[1], other[1])
    )
    joined: list[tuple[float, float]] = []
    for start, end in shared:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
