"""Who is to be seen when in one video: for the seek bar, and for whoever puts it right."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.urls import reverse

from faces.addresses import crop_address
from faces.models import FaceTrack
from faces.models.track import TrackQuerySet, TrackStatus
from faces.services.matching import PROVIDER, subject_of
from library.models import Suggestion
from people.models import Creator

# Of a video; one with more has a crowd in it that nobody edits face by face.
MOST_TRACKS = 500


@dataclass(frozen=True, slots=True)
class Likely:
    """Who a face that nobody has named may be, and how like them it is (0 to 1)."""

    public_id: str
    name: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Appearance:
    """One appearance: `likeness` is what its name came from, None where a person gave it."""

    pk: int
    start_seconds: float
    end_seconds: float
    status: str
    likeness: float | None
    crop: str
    likely: Likely | None = None


@dataclass(slots=True)
class Lane:
    """All appearances of one person in a video. `kind` is person, unknown (a group that nobody has named), single (a
    face that is in no group) or aside."""

    kind: str
    name: str
    public_id: str = ""
    address: str = ""
    cluster_id: int | None = None
    appearances: list[Appearance] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return sum(one.end_seconds - one.start_seconds for one in self.appearances)

    @property
    def best(self) -> Appearance:
        """The longest one: its picture stands for the lane."""
        return max(self.appearances, key=lambda one: one.end_seconds - one.start_seconds)


def lanes_of(video_id: int) -> tuple[list[Lane], bool]:
    """People first, by how long they are to be seen, then groups of unknown faces, single ones, and those set aside;
    and whether these are all: at most 500 appearances. Three statements."""
    rows = _rows(video_id)
    listed = list(rows[: MOST_TRACKS + 1])
    likely = _likely(video_id, [track.pk for track in listed if track.status == TrackStatus.PENDING])
    lanes: dict[tuple[str, int], Lane] = {}
    for track in listed[:MOST_TRACKS]:
        key, lane = _lane_of(track)
        lanes.setdefault(key, lane).appearances.append(_appearance(track, likely.get(track.pk)))
    order = {"person": 0, "unknown": 1, "single": 2, "aside": 3}
    found = sorted(lanes.values(), key=lambda lane: (order[lane.kind], -lane.seconds, lane.name))
    return found, len(listed) <= MOST_TRACKS


def people_of(video_id: int) -> tuple[list[Lane], int]:
    """The named people of a video, who is to be seen longest first, and how many appearances nobody has named. Two
    statements."""
    lanes: dict[tuple[str, int], Lane] = {}
    for track in _rows(video_id).named()[:MOST_TRACKS]:
        key, lane = _lane_of(track)
        if lane.kind == "person":
            lanes.setdefault(key, lane).appearances.append(_appearance(track, None))
    pending = FaceTrack.objects.pending().filter(video=video_id)[: MOST_TRACKS + 1].count()
    return sorted(lanes.values(), key=lambda lane: (-lane.seconds, lane.name)), pending


def _rows(video_id: int) -> TrackQuerySet:
    rows = FaceTrack.objects.filter(video=video_id).select_related("creator").defer("embedding")
    return rows.order_by("start_seconds", "pk")


def _lane_of(track: FaceTrack) -> tuple[tuple[str, int], Lane]:
    """The key of the lane that it belongs to, and that lane when it is the first there."""
    creator = track.creator
    if creator is not None and creator.trashed_at is None:
        return ("person", creator.pk), Lane(
            "person", str(creator), str(creator.public_id), reverse("person", args=(creator.public_id,))
        )
    if track.status == TrackStatus.REJECTED:
        return ("aside", 0), Lane("aside", "Set aside")
    if track.cluster_id is not None:
        return ("unknown", track.cluster_id), Lane(
            "unknown", f"Unknown {track.cluster_id}", cluster_id=track.cluster_id
        )
    return ("single", track.pk), Lane("single", "Not named")


def _appearance(track: FaceTrack, likely: Likely | None) -> Appearance:
    return Appearance(
        track.pk,
        track.start_seconds,
        track.end_seconds,
        track.status,
        track.confidence if track.status == TrackStatus.MATCHED else None,
        crop_address(track.pk, track.crop.name or ""),
        likely,
    )


def _likely(video_id: int, track_ids: Iterable[int]) -> dict[int, Likely]:
    """Who is proposed for faces that nobody has named, by their tracks."""
    subjects = {subject_of(pk): pk for pk in track_ids}
    if not subjects:
        return {}
    rows = Suggestion.objects.open().filter(video=video_id, provider=PROVIDER, subject__in=list(subjects))
    proposed = list(rows.order_by("confidence").values_list("subject", "object_id", "confidence"))
    people = Creator.objects.in_use().in_bulk({creator_id for _, creator_id, _ in proposed})
    found = {}
    for subject, creator_id, likeness in proposed:
        creator = people.get(creator_id)
        if creator is not None:
            found[subjects[subject]] = Likely(str(creator.public_id), str(creator), likeness)
    return found
