"""Credits that faces gave, and that go with them."""

from collections.abc import Iterable

from faces.models import FaceTrack
from library.models import User
from people.models import Credit
from people.services.credits import edit_credits

# (video, creator)
Pair = tuple[int, int]


def pairs_of(tracks: Iterable[FaceTrack]) -> set[Pair]:
    """Whom these appearances name, and where."""
    return {(track.video_id, track.creator_id) for track in tracks if track.creator_id is not None}


def take_back_credits(pairs: Iterable[Pair], *, user: User | None) -> None:
    """Credits that only these faces gave go: made by a face, and no other face of the video is that person's. A few
    statements for each person."""
    videos: dict[int, set[int]] = {}
    for video_id, creator_id in pairs:
        videos.setdefault(creator_id, set()).add(video_id)
    for creator_id, video_ids in sorted(videos.items()):
        still = FaceTrack.objects.named().filter(creator=creator_id, video__in=video_ids)
        by_face = Credit.objects.filter(creator=creator_id, video__in=video_ids, source="face")
        gone = set(by_face.values_list("video_id", flat=True)) - set(still.values_list("video_id", flat=True))
        if gone:
            edit_credits(video_ids=sorted(gone), remove=[creator_id], user=user, source="face")
